//! Two legs that hear each other.

use super::{
    World,
    phone::{Phone, voice},
};

/// Says packets in both directions in step, and checks that each is heard whole, once and in order.
pub(super) fn talk(one: &mut Phone, other: &mut Phone, packets: u8) {
    for place in 0..packets {
        for (from, to) in [(1, 2), (2, 1)] {
            let (speaker, listener) =
                if from == 1 { (&mut *one, &mut *other) } else { (&mut *other, &mut *one) };
            speaker.say(0, &voice(from, place));
            let (header, payload) = listener.hear();
            assert_eq!(
                (header.payload_type, payload),
                (0, voice(from, place)),
                "from {from} to {to}: {place}"
            );
        }
    }
}

#[test]
fn two_legs_hear_each_other_bit_by_bit_and_in_order() {
    let world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    talk(&mut one, &mut other, 100);
    assert_eq!((one.rest(), other.rest()), (0, 0));
}
