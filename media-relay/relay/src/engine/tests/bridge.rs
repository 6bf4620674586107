//! Two legs that hear each other.

use ringfall_media::{
    codec::{Codec, Law},
    dtmf::EventReceiver,
    sdp::Direction,
};

use super::{
    World,
    digits::{digits, press},
    phone::{Phone, voice},
};
use crate::engine::{Count, EngineError, EngineEvent, LegId};

/// Says packets in both directions in step, and checks that each is heard whole, once and in order.
pub(super) fn talk(one: &mut Phone, other: &mut Phone, packets: u8) {
    for place in 0..packets {
        say_and_hear(one, other, &voice(1, place));
        say_and_hear(other, one, &voice(2, place));
    }
}

/// Says a packet on one leg and checks that it is what the other hears next.
pub(super) fn say_and_hear(from: &mut Phone, to: &Phone, payload: &[u8]) {
    from.say(0, payload);
    assert_eq!(to.hear().1, payload, "from {} to {}", from.leg, to.leg);
}

#[test]
fn two_legs_hear_each_other_bit_by_bit_and_in_order() {
    let world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    talk(&mut one, &mut other, 100);
    assert_eq!((one.rest(), other.rest()), (0, 0));
}

#[test]
fn no_leg_goes_deaf_after_more_than_its_socket_holds() {
    let world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    for _ in 0..20 {
        (0..100).for_each(|place| one.say(0, &voice(1, place)));
    }
    // However many of them got through, and if the socket is still full: sooner or later what is said is heard.
    let mut said = 0..u8::MAX;
    loop {
        let last = voice(9, said.next().expect("it is deaf"));
        one.say(0, &last);
        if other.hears_soon(&last) {
            break;
        }
    }
    talk(&mut one, &mut other, 10);
}

#[test]
fn laws_are_translated_and_payload_types_are_those_that_each_leg_agreed_on() {
    let world = World::start();
    let mut one = world.phone(1, 1, |_| {});
    let mut other = world.phone(1, 2, |agreement| {
        agreement.format.codec = Codec::Pcma;
        (agreement.format.payload_type, agreement.receive_payload_type) = (8, 8);
        if let Some(digits) = &mut agreement.digits {
            (digits.send_payload_type, digits.receive_payload_type) = (96, 97);
        }
    });
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    let mut expected = voice(1, 0);
    Law::Mu.translate(Law::A, &mut expected);
    one.say(0, &voice(1, 0));
    let (header, payload) = other.hear();
    assert_eq!((header.payload_type, payload), (8, expected));
    let mut expected = voice(2, 0);
    Law::A.translate(Law::Mu, &mut expected);
    other.say(8, &voice(2, 0));
    let (header, payload) = one.hear();
    assert_eq!((header.payload_type, payload), (0, expected));
    // A digit goes across too.
    press(&mut one, 101, digits("7")[0]);
    let mut receiver = EventReceiver::default();
    let (header, payload) = other.hear();
    assert_eq!((header.payload_type, receiver.received(&header, &payload)), (96, Some(digits("7")[0])));
}

#[test]
fn a_leg_on_hold_neither_hears_nor_is_heard_and_then_does_again() {
    let world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    talk(&mut one, &mut other, 5);
    for (direction, hears, is_heard) in [
        (Direction::RecvOnly, false, true),
        (Direction::SendOnly, true, false),
        (Direction::Inactive, false, false),
        (Direction::SendRecv, true, true),
    ] {
        let mut agreement = other.agreement();
        agreement.direction = direction;
        world.engine.agree(other.leg, agreement, None).expect("an agreement");
        let held = world.engine.counters().get(Count::OnHold);
        one.say(0, &voice(3, 1));
        other.say(0, &voice(4, 1));
        if hears {
            assert_eq!(other.hear().1, voice(3, 1), "{direction:?}");
        }
        if is_heard {
            assert_eq!(one.hear().1, voice(4, 1), "{direction:?}");
        }
        let holds = held + u64::from(!hears) + u64::from(!is_heard);
        world.wait_until(|counters| counters.get(Count::OnHold) == holds);
        assert_eq!((one.rest(), other.rest()), (0, 0), "{direction:?}");
    }
}

#[test]
fn a_bridge_ends_with_part_or_with_another_bridge() {
    let world = World::start();
    let [mut caller, mut first, mut second] = [1, 2, 3].map(|leg| world.phone(1, leg, |_| {}));
    world.engine.bridge(caller.leg, first.leg).expect("a bridge");
    talk(&mut caller, &mut first, 3);
    world.engine.bridge(caller.leg, second.leg).expect("a bridge");
    talk(&mut caller, &mut second, 3);
    first.say(0, &voice(7, 7));
    world.engine.part(second.leg);
    second.say(0, &voice(8, 8));
    caller.say(0, &voice(9, 9));
    world.wait_until(|counters| counters.get(Count::Received) == 15 && counters.bridged_legs == 0);
    assert_eq!((caller.rest(), first.rest(), second.rest()), (0, 0, 0));
}

#[test]
fn a_leg_that_is_listened_to_does_not_hear_until_both_are_bridged() {
    let mut world = World::start();
    let [mut caller, mut first, mut second] = [1, 2, 3].map(|leg| world.phone(1, leg, |_| {}));
    world.engine.listen(caller.leg, first.leg).expect("it is heard");
    let hears = |world: &World, from: &mut Phone, to: &Phone| {
        let heard = world.engine.counters().get(Count::Received);
        from.say(0, &voice(1, 1));
        world.wait_until(|counters| counters.get(Count::Received) == heard + 1);
        to.rest() == 1
    };
    assert!(hears(&world, &mut first, &caller) && !hears(&world, &mut caller, &first));
    // What is agreed on again makes no bridge of it.
    world.engine.agree(caller.leg, caller.agreement(), None).expect("an agreement");
    assert!(hears(&world, &mut first, &caller) && !hears(&world, &mut caller, &first));
    world.engine.listen(caller.leg, second.leg).expect("it is heard");
    assert!(!hears(&world, &mut first, &caller) && hears(&world, &mut second, &caller));
    world.engine.bridge(caller.leg, second.leg).expect("a bridge");
    assert!(hears(&world, &mut second, &caller) && hears(&world, &mut caller, &second));
    world.engine.part(caller.leg);
    assert!(!hears(&world, &mut second, &caller) && !hears(&world, &mut caller, &second));
    assert_eq!(world.engine.counters().bridged_legs, 0);
    assert!(matches!(world.engine.listen(caller.leg, caller.leg), Err(EngineError::OtherCall(..))));
    let mut first_heard = std::collections::BTreeSet::new();
    for _ in 0..3 {
        first_heard.insert(world.wait_for(|event| match event {
            EngineEvent::Heard { leg } => Some(leg),
            _ => None,
        }));
    }
    assert_eq!(first_heard.len(), 3, "each is told once");
}

#[test]
fn what_cannot_be_bridged_is_refused() {
    let world = World::start();
    let one = world.phone(1, 1, |_| {});
    let opus = world.phone(1, 2, |agreement| agreement.format.codec = Codec::Opus);
    let strange = world.phone(2, 1, |_| {});
    let bridge = |other| world.engine.bridge(one.leg, other);
    assert!(matches!(bridge(opus.leg), Err(EngineError::NoRoute(_))));
    assert!(matches!(bridge(strange.leg), Err(EngineError::OtherCall(..))));
    assert!(matches!(bridge(one.leg), Err(EngineError::OtherCall(..))));
    assert!(matches!(bridge(LegId { call: 1, leg: 7 }), Err(EngineError::Unknown(_))));
    let new = LegId { call: 1, leg: 3 };
    world.engine.open(new, None).expect("a leg");
    assert!(matches!(bridge(new), Err(EngineError::NotAgreed(_))));
    assert!(matches!(world.engine.open(new, None), Err(EngineError::Open(_))));
    // A bridge whose codecs part ways is parted.
    let mut other = world.phone(1, 4, |_| {});
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    let mut agreement = other.agreement();
    agreement.format.codec = Codec::G722;
    assert!(matches!(world.engine.agree(other.leg, agreement, None), Err(EngineError::NoRoute(_))));
    other.say(0, &voice(1, 1));
    world.wait_until(|counters| counters.get(Count::Received) == 1 && counters.bridged_legs == 0);
    assert_eq!(one.rest(), 0);
}
