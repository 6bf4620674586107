//! Digits in both directions.

use ringfall_media::dtmf::{Digit, EventPayload, EventReceiver};

use super::{
    World,
    phone::{Phone, voice},
};
use crate::engine::{Count, EngineEvent};

pub(super) fn digits(text: &str) -> Vec<Digit> {
    text.chars().map(|key| Digit::from_char(key).expect("a digit")).collect()
}

/// Presses a key for 60 ms, as telephones do: the same timestamp throughout, the end three times.
pub(super) fn press(phone: &mut Phone, payload_type: u8, digit: Digit) {
    let told = (1..=3).map(|place| (place * 160, false)).chain([(480, true); 3]);
    let packets: Vec<_> = told
        .map(|(duration_ticks, is_end)| {
            let payload = EventPayload { event: digit.event(), is_end, volume: 10, duration_ticks };
            phone.packet(payload_type, &payload.to_bytes())
        })
        .collect();
    for packet in &packets {
        let mut packet = packet.clone();
        packet[4..8].copy_from_slice(&packets[0][4..8]);
        phone.rtp.send_to(&packet, phone.theirs).expect("sent");
    }
}

fn next_digit(world: &mut World) -> char {
    world.wait_for(|event| match event {
        EngineEvent::Digit { digit, .. } => Some(digit.as_char()),
        _ => None,
    })
}

#[test]
fn a_key_is_told_once_by_rtp_or_by_info_or_by_both() {
    let mut world = World::start();
    let mut phone = world.phone(1, 1, |_| {});
    phone.say(0, &voice(1, 0));
    for digit in digits("1") {
        press(&mut phone, 101, digit);
    }
    assert_eq!(next_digit(&mut world), '1');
    world.engine.told_by_info(phone.leg, digits("1")[0]).expect("a leg");
    world.engine.told_by_info(phone.leg, digits("2")[0]).expect("a leg");
    assert_eq!(next_digit(&mut world), '2');
    for digit in digits("33#") {
        press(&mut phone, 101, digit);
    }
    assert_eq!([next_digit(&mut world), next_digit(&mut world), next_digit(&mut world)], ['3', '3', '#']);
}

#[test]
fn more_keys_than_fingers_can_press_are_refused() {
    let mut world = World::start();
    let mut phone = world.phone(1, 1, |_| {});
    let mut pressed = 0;
    while world.engine.counters().get(Count::DigitsRefused) == 0 {
        assert!(pressed < 1_000, "all are told");
        for digit in digits(&"12".repeat(8)) {
            // Its end alone: it may be all that arrives.
            let payload = EventPayload { event: digit.event(), is_end: true, volume: 10, duration_ticks: 80 };
            phone.say(101, &payload.to_bytes());
            pressed += 1;
        }
        world.wait_until(|counters| counters.get(Count::Received) == pressed);
    }
    assert_eq!(next_digit(&mut world), '1');
}

#[test]
fn digits_are_pressed_towards_a_leg() {
    let world = World::start();
    let phone = world.phone(1, 1, |agreement| {
        if let Some(digits) = &mut agreement.digits {
            digits.send_payload_type = 96;
        }
    });
    world.engine.press(phone.leg, digits("42")).expect("digits");
    let (mut receiver, mut heard) = (EventReceiver::default(), Vec::new());
    while heard.len() < 2 {
        let (header, payload) = phone.hear();
        assert_eq!(header.payload_type, 96);
        heard.extend(receiver.received(&header, &payload));
    }
    assert_eq!(heard, digits("42"));
}
