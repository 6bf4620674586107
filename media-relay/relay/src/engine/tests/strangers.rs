//! Packets of others, protected packets, and telephones that move.

use std::net::{Ipv4Addr, UdpSocket};

use ringfall_media::{
    sdp::{AgreedSrtp, KeyAndSalt, Suite},
    srtp::{SrtpReceiver, SrtpSender},
};

use super::{
    World,
    bridge::{say_and_hear, talk},
    phone::{Phone, voice},
};
use crate::engine::{Count, EngineEvent};

/// A socket at another address than the phones have.
fn stranger() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 66), 0)).expect("a socket");
    socket.set_nonblocking(true).expect("a mode");
    socket
}

#[test]
fn strangers_get_nothing_in_and_nothing_out() {
    let world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    let (stranger, neighbour) = (stranger(), UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket"));
    neighbour.set_nonblocking(true).expect("a mode");
    // Before the call's own packets, with the right numbers in the header.
    for place in 0..20 {
        one.say_from(Some(&stranger), 0, &voice(6, place));
    }
    world.wait_until(|counters| counters.get(Count::FromStranger) == 20);
    assert_eq!(other.rest(), 0);
    talk(&mut one, &mut other, 10);
    // In the middle of the call: another address, and another program at the right address.
    for place in 0..20 {
        one.say_from(Some(&stranger), 0, &voice(6, place));
        one.say_from(Some(&neighbour), 0, &voice(7, place));
        say_and_hear(&mut one, &other, &voice(1, place));
        say_and_hear(&mut other, &one, &voice(2, place));
    }
    assert_eq!((one.rest(), other.rest()), (0, 0));
    assert!([stranger, neighbour].iter().all(|socket| socket.recv(&mut [0; 2_048]).is_err()));
}

#[test]
fn what_is_no_rtp_teaches_nothing_and_goes_nowhere() {
    let world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    let hostile: [&[u8]; 6] =
        [&[], &[0x80], b"OPTIONS sip:a SIP/2.0\r\n\r\n", &[0; 100], &[0x80; 1_600], &[0x9F, 0, 0, 0]];
    for bytes in hostile {
        one.rtp.send_to(bytes, one.theirs).expect("sent");
    }
    world.wait_until(|counters| counters.dropped() == 6 && counters.get(Count::Received) == 6);
    one.say(77, &voice(1, 1));
    world.wait_until(|counters| counters.get(Count::PayloadType) == 1);
    talk(&mut one, &mut other, 5);
    assert_eq!((one.rest(), other.rest()), (0, 0));
}

#[test]
fn a_telephone_whose_port_changes_is_found_again() {
    let mut world = World::with(|config| config.silent_after = std::time::Duration::from_secs(1));
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    talk(&mut one, &mut other, 5);
    world.wait_for(|event| matches!(event, EngineEvent::Silent { .. }).then_some(()));
    let moved = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    moved.set_read_timeout(one.rtp.read_timeout().expect("a timeout")).expect("a timeout");
    one.rtp = moved;
    // Its packets are heard as soon as there were several in a row; until the old one is let go of, the kernel keeps them away.
    other.rtp.set_nonblocking(true).expect("a mode");
    let mut tries = 0;
    while other.rtp.recv(&mut [0; 2_048]).is_err() {
        assert!(tries < 1_000, "it is not found");
        one.say(0, &voice(1, 1));
        std::thread::sleep(std::time::Duration::from_millis(5));
        tries += 1;
    }
    other.rtp.set_nonblocking(false).expect("a mode");
    other.rest();
    talk(&mut one, &mut other, 5);
}

#[test]
fn a_new_address_in_an_offer_holds_at_once() {
    let world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    talk(&mut one, &mut other, 5);
    let old = std::mem::replace(&mut one.rtp, UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket"));
    one.rtp.set_read_timeout(old.read_timeout().expect("a timeout")).expect("a timeout");
    world.engine.agree(one.leg, one.agreement(), None).expect("an agreement");
    say_and_hear(&mut other, &one, &voice(2, 1));
    talk(&mut one, &mut other, 5);
    old.set_nonblocking(true).expect("a mode");
    assert!(old.recv(&mut [0; 2_048]).is_err());
}

/// Secures a leg: what the phone then sends and receives with.
fn secure(world: &World, call: u64, leg: u32) -> (Phone, SrtpSender, SrtpReceiver) {
    let suite = Suite::AesCm128HmacSha1_80;
    let [send, receive] = [1, 2].map(|key| KeyAndSalt([key + u8::try_from(leg).expect("small"); 30]));
    let phone =
        world.phone(call, leg, |agreement| agreement.srtp = Some(AgreedSrtp { suite, send, receive }));
    (phone, SrtpSender::new(suite, &receive), SrtpReceiver::new(suite, &send))
}

#[test]
fn secure_legs_are_bridged_and_what_is_not_genuine_is_not_heard() {
    let world = World::start();
    let (mut one, mut protect, _) = secure(&world, 1, 1);
    let (other, _, mut unprotect) = secure(&world, 1, 2);
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    one.say(0, &voice(6, 6));
    world.wait_until(|counters| counters.get(Count::NotGenuine) == 1);
    let mut last = Vec::new();
    for place in 0..20 {
        let mut packet = one.packet(0, &voice(1, place));
        let length = packet.len();
        packet.resize(length + 10, 0);
        assert_eq!(protect.protect(&mut packet, length), Ok(length + 10));
        one.rtp.send_to(&packet, one.theirs).expect("sent");
        let mut heard = [0; 2_048];
        let (length, _) = other.rtp.recv_from(&mut heard).expect("a packet in time");
        assert_ne!(heard[12..172], voice(1, place)[..], "it goes out in the clear");
        let length = unprotect.unprotect(&mut heard[..length]).expect("genuine");
        assert_eq!(heard[12..length], voice(1, place)[..]);
        last = packet;
    }
    one.rtp.send_to(&last, one.theirs).expect("sent");
    world.wait_until(|counters| counters.get(Count::NotGenuine) == 2);
    assert_eq!(other.rest(), 0);
}
