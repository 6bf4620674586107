//! Prompts and music.

use std::sync::Arc;

use ringfall_media::{
    codec::{Codec, Law},
    prompt::{Playlist, Prompt},
    rtp::Header,
    sdp::Direction,
};

use super::{
    World,
    bridge::say_and_hear,
    phone::{Phone, SAMPLES, voice},
};
use crate::engine::{Count, EngineError, EngineEvent, LegId, PlaybackId};

/// A prompt of so many packets whose bytes in µ-law are known, and those.
pub(super) fn prompt(packets: u8) -> (Arc<Prompt>, Vec<u8>) {
    let bytes: Vec<_> = (0..packets).flat_map(|place| voice(0x80, place)).collect();
    let prompt = Prompt::new(bytes.iter().map(|byte| Law::Mu.decode(*byte)).collect()).expect("a prompt");
    let encoded = prompt.encoded(Law::Mu).to_vec();
    (Arc::new(prompt), encoded)
}

fn hear(phone: &Phone, packets: u8) -> (Vec<Header>, Vec<u8>) {
    let (headers, payloads): (Vec<_>, Vec<_>) = (0..packets).map(|_| phone.hear()).unzip();
    (headers, payloads.concat())
}

fn wait_for_end(world: &mut World) -> PlaybackId {
    world.wait_for(|event| match event {
        EngineEvent::Played { playback, .. } => Some(playback),
        _ => None,
    })
}

/// Checks that neither sequence numbers nor timestamps ever run backwards, under one source.
fn check_onward(headers: &[Header]) {
    for pair in headers.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        assert_eq!((after.ssrc, after.sequence), (before.ssrc, before.sequence.wrapping_add(1)));
        let step = after.timestamp.wrapping_sub(before.timestamp);
        assert!((u32::from(SAMPLES)..80_000).contains(&step), "{before:?} {after:?}");
    }
}

#[test]
fn a_prompt_is_heard_whole_and_its_end_is_told() {
    let mut world = World::start();
    let phone = world.phone(1, 1, |_| {});
    let (prompt, bytes) = prompt(10);
    world.engine.play(phone.leg, PlaybackId(7), Playlist::once([prompt])).expect("a leg");
    let (headers, heard) = hear(&phone, 10);
    assert_eq!(heard, bytes);
    assert!(headers[0].marker && headers[1..].iter().all(|header| !header.marker));
    check_onward(&headers);
    assert_eq!(wait_for_end(&mut world), PlaybackId(7));
    assert_eq!(phone.rest(), 0);
}

#[test]
fn what_is_played_before_the_answer_waits_for_it() {
    let mut world = World::start();
    let leg = LegId { call: 1, leg: 1 };
    let local = world.engine.open(leg, None).expect("a leg");
    let (prompt, bytes) = prompt(3);
    world.engine.play(leg, PlaybackId(1), Playlist::once([prompt])).expect("a leg");
    let phone = Phone::new(leg, &local);
    world.engine.agree(leg, phone.agreement(), None).expect("an agreement");
    assert_eq!(hear(&phone, 3).1, bytes);
    assert_eq!(wait_for_end(&mut world), PlaybackId(1));
}

#[test]
fn prompt_music_and_the_other_leg_follow_each_other_on_one_clock() {
    let world = World::start();
    let (caller, mut buyer) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    let (prompt, bytes) = prompt(5);
    world.engine.play(caller.leg, PlaybackId(1), Playlist::endless([prompt])).expect("a leg");
    let (mut headers, heard) = hear(&caller, 12);
    assert_eq!(heard, bytes.iter().copied().cycle().take(heard.len()).collect::<Vec<_>>());
    world.engine.bridge(caller.leg, buyer.leg).expect("a bridge");
    // What was on its way is over when the first packet of the buyer is heard.
    buyer.say(0, &voice(1, 0));
    loop {
        let (header, payload) = caller.hear();
        headers.push(header);
        if payload == voice(1, 0) {
            assert!(header.marker);
            break;
        }
    }
    for place in 1..20 {
        buyer.say(0, &voice(1, place));
        let (header, payload) = caller.hear();
        assert_eq!(payload, voice(1, place));
        headers.push(header);
    }
    check_onward(&headers);
}

#[test]
fn while_a_prompt_plays_into_a_bridge_the_other_is_not_heard_and_then_is_again() {
    let mut world = World::start();
    let (caller, mut buyer) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(caller.leg, buyer.leg).expect("a bridge");
    say_and_hear(&mut buyer, &caller, &voice(1, 0));
    let (prompt, bytes) = prompt(5);
    world.engine.play(caller.leg, PlaybackId(2), Playlist::once([prompt])).expect("a leg");
    let first = caller.hear().1;
    buyer.say(0, &voice(1, 1));
    world.wait_until(|counters| counters.get(Count::TalkedOver) == 1);
    assert_eq!([first, hear(&caller, 4).1].concat(), bytes);
    assert_eq!(wait_for_end(&mut world), PlaybackId(2));
    say_and_hear(&mut buyer, &caller, &voice(1, 2));
}

#[test]
fn silence_breaks_off_without_a_word_and_another_prompt_replaces_the_first() {
    let mut world = World::start();
    let phone = world.phone(1, 1, |_| {});
    let (music, _) = prompt(50);
    world.engine.play(phone.leg, PlaybackId(1), Playlist::endless([music])).expect("a leg");
    phone.hear();
    let (prompt, bytes) = prompt(2);
    world.engine.play(phone.leg, PlaybackId(2), Playlist::once([Arc::clone(&prompt)])).expect("a leg");
    while phone.hear().1 != bytes[bytes.len() - usize::from(SAMPLES)..] {}
    assert_eq!(wait_for_end(&mut world), PlaybackId(2));
    world.engine.play(phone.leg, PlaybackId(3), Playlist::endless([prompt])).expect("a leg");
    phone.hear();
    world.engine.silence(phone.leg).expect("a leg");
    let played = || world.engine.counters().get(Count::Played);
    world.wait_until(|counters| counters.get(Count::Played) > 0);
    let before = played();
    assert!(world.events.try_recv().is_err());
    assert!(played() - before <= 2, "it plays on");
}

#[test]
fn on_hold_a_prompt_goes_on_unheard() {
    let mut world = World::start();
    let phone = world.phone(1, 1, |agreement| agreement.direction = Direction::RecvOnly);
    let (prompt, _) = prompt(3);
    world.engine.play(phone.leg, PlaybackId(4), Playlist::once([prompt])).expect("a leg");
    assert_eq!(wait_for_end(&mut world), PlaybackId(4));
    assert_eq!(phone.rest(), 0);
    // It is not even tried.
    world.engine.close(phone.leg);
    world.wait_until(|counters| counters.legs == 0);
    let counters = world.engine.counters();
    assert_eq!((counters.get(Count::Played), counters.get(Count::NotSent)), (0, 0));
}

#[test]
fn packets_are_as_long_as_agreed() {
    for milliseconds in [10, 30, 60] {
        let world = World::start();
        let phone = world.phone(1, 1, |agreement| agreement.packet_time_ms = milliseconds);
        let (prompt, bytes) = prompt(6);
        world.engine.play(phone.leg, PlaybackId(1), Playlist::once([prompt])).expect("a leg");
        let heard: Vec<_> = (0..120 / milliseconds).map(|_| phone.hear().1).collect();
        assert!(heard.iter().all(|packet| packet.len() == usize::from(milliseconds) * 8));
        assert_eq!(heard.concat(), bytes);
    }
}

#[test]
fn what_only_passes_through_cannot_be_played_to() {
    let world = World::start();
    let phone = world.phone(1, 1, |agreement| agreement.format.codec = Codec::Opus);
    let play = world.engine.play(phone.leg, PlaybackId(1), Playlist::once([prompt(1).0]));
    assert!(matches!(play, Err(EngineError::PassesThrough(Codec::Opus))));
}

#[test]
fn a_whisper_is_heard_over_the_other_leg_and_then_the_other_leg_alone() {
    let mut world = World::start();
    let (caller, mut buyer) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(caller.leg, buyer.leg).expect("a bridge");
    let (whisper, _) = prompt(3);
    world.engine.whisper(caller.leg, PlaybackId(8), Playlist::once([whisper])).expect("a leg");
    // Whether mixed or alone: until it is over, nothing is heard as it was said.
    let mut heard = Vec::new();
    while world.events.try_recv() != Ok(EngineEvent::Played { leg: caller.leg, playback: PlaybackId(8) }) {
        buyer.say(0, &voice(1, 0));
        heard.push(caller.hear());
    }
    assert_ne!(heard[0].1, voice(1, 0));
    buyer.say(0, &voice(1, 1));
    assert!(caller.hears_soon(&voice(1, 1)));
    check_onward(&heard.into_iter().map(|(header, _)| header).collect::<Vec<_>>());
}
