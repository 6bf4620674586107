use super::*;

const AUDIO: Content = Content { ticks: 160, is_event: false, octets: 160 };

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn clock() -> OutputClock {
    OutputClock::new(0xAAAA, 65_534, u32::MAX - 200, 8_000)
}

/// A packet of another leg.
fn theirs(ssrc: u32, sequence: u16, timestamp: u32) -> Header {
    Header { marker: false, payload_type: 0, sequence, timestamp, ssrc }
}

/// Plays as many packets of our own from a time on, and gives the last.
fn play(clock: &mut OutputClock, packets: u64, from: u64) -> Header {
    (0..packets).map(|place| clock.play(0, 160, 160, at(from + place * 20))).last().expect("a packet")
}

fn forward(clock: &mut OutputClock, header: Header, now: u64) -> Header {
    clock.forward(&header, 8, AUDIO, at(now)).expect("in order")
}

/// How far a header is ahead of another: packets and ticks.
fn ahead(after: Header, before: Header) -> (u16, u32) {
    (after.sequence.wrapping_sub(before.sequence), after.timestamp.wrapping_sub(before.timestamp))
}

#[test]
fn our_own_audio_counts_on_and_is_marked_where_it_begins() {
    let mut clock = clock();
    let first = clock.play(0, 160, 160, at(0));
    assert_eq!(
        (first.marker, first.sequence, first.timestamp, first.ssrc),
        (true, 65_534, u32::MAX - 200, 0xAAAA)
    );
    // Timers that run late and catch up do not change the audio's own pace.
    let second = clock.play(0, 160, 160, at(55));
    let third = clock.play(0, 160, 160, at(56));
    assert_eq!((ahead(second, first), ahead(third, second)), ((1, 160), (1, 160)));
    assert!(!second.marker && third.sequence == 0);
    let after_a_pause = clock.play(0, 160, 160, at(1_056));
    assert!(after_a_pause.marker);
    assert_eq!(ahead(after_a_pause, third), (1, 8_000));
}

#[test]
fn from_hold_music_to_the_bridge_nothing_runs_backwards() {
    let mut clock = clock();
    let music = play(&mut clock, 100, 0);
    // The buyer's numbers are lower, or higher, or about to turn: no matter.
    for (ssrc, sequence, timestamp) in [(1, 5, 9), (2, 65_535, u32::MAX), (3, 30_000, 1 << 31)] {
        let mut clock = clock.clone();
        let first = forward(&mut clock, theirs(ssrc, sequence, timestamp), 2_000);
        assert_eq!((ahead(first, music), first.marker, first.ssrc), ((1, 160), true, 0xAAAA));
        let second =
            forward(&mut clock, theirs(ssrc, sequence.wrapping_add(1), timestamp.wrapping_add(160)), 2_020);
        assert_eq!((ahead(second, first), second.marker, second.payload_type), ((1, 160), false, 8));
        let music_again = clock.play(0, 160, 160, at(2_040));
        assert_eq!((ahead(music_again, second), music_again.marker), ((1, 160), true));
    }
}

#[test]
fn silence_between_two_sources_is_as_long_as_it_was() {
    let mut clock = clock();
    let music = play(&mut clock, 10, 0);
    let voice = forward(&mut clock, theirs(1, 1, 1), 180 + 5_000);
    assert_eq!(ahead(voice, music), (1, 40_000));
}

#[test]
fn loss_and_disorder_of_the_source_are_handed_on() {
    let mut clock = clock();
    let first = forward(&mut clock, theirs(1, 100, 0), 0);
    let third = forward(&mut clock, theirs(1, 102, 320), 40);
    let second = forward(&mut clock, theirs(1, 101, 160), 41);
    assert_eq!((ahead(third, first), ahead(second, first)), ((2, 320), (1, 160)));
    let fourth = forward(&mut clock, theirs(1, 103, 480), 60);
    assert_eq!(ahead(fourth, first), (3, 480));
    assert_eq!(clock.forward(&theirs(1, 103, 480), 8, AUDIO, at(61)), None, "a duplicate");
    assert_eq!(clock.forward(&theirs(1, 101, 640), 8, AUDIO, at(61)), None, "late, but said to be newer");
}

#[test]
fn a_packet_from_before_the_bridge_does_not_run_back_into_the_music() {
    let mut clock = clock();
    play(&mut clock, 10, 0);
    forward(&mut clock, theirs(1, 100, 1_600), 200);
    assert_eq!(clock.forward(&theirs(1, 99, 1_440), 8, AUDIO, at(201)), None);
}

#[test]
fn a_source_that_counts_anew_goes_on_from_where_it_was() {
    let mut clock = clock();
    let before = forward(&mut clock, theirs(1, 100, 1 << 20), 0);
    // Only the timestamps jump: back, or far ahead.
    let back = forward(&mut clock, theirs(1, 101, 7), 20);
    assert_eq!((ahead(back, before), back.marker), ((1, 160), true));
    let ahead_of_time = forward(&mut clock, theirs(1, 102, 7 + 8_000 * 60), 40);
    assert_eq!(ahead(ahead_of_time, back), (1, 160));
    // The sequence numbers jump.
    let jumped = forward(&mut clock, theirs(1, 40_000, 7), 60);
    assert_eq!(ahead(jumped, ahead_of_time), (1, 160));
    // The source changes its SSRC.
    let other = forward(&mut clock, theirs(2, 1, 7), 80);
    assert_eq!(ahead(other, jumped), (1, 160));
    let on = forward(&mut clock, theirs(2, 2, 167), 100);
    assert_eq!((ahead(on, other), on.marker), ((1, 160), false));
}

#[test]
fn a_source_that_is_silent_for_a_minute_keeps_its_time() {
    let mut clock = clock();
    let before = forward(&mut clock, theirs(1, 1, 0), 0);
    let after = forward(&mut clock, theirs(1, 2, 60 * 8_000), 60_000);
    assert_eq!(ahead(after, before), (1, 60 * 8_000));
}

#[test]
fn timestamps_within_one_event_are_never_rewritten() {
    let mut clock = clock();
    let voice = forward(&mut clock, theirs(1, 10, 8_000), 0);
    let event = |clock: &mut OutputClock, sequence, ticks, now| {
        let content = Content { ticks, is_event: true, octets: 4 };
        clock.forward(&theirs(1, sequence, 8_160), 101, content, at(now)).expect("in order")
    };
    let begun = event(&mut clock, 11, 160, 20);
    // Audio goes on beside the event, as some do it.
    let beside = forward(&mut clock, theirs(1, 12, 8_320), 40);
    let ends: Vec<_> = (13..16).map(|sequence| event(&mut clock, sequence, 480, 60)).collect();
    assert_eq!((ahead(begun, voice), ahead(beside, voice)), ((1, 160), (2, 320)));
    for (place, end) in (0..).zip(&ends) {
        assert_eq!(ahead(*end, begun), (2 + place, 0), "end packets have sequence numbers of their own");
    }
    let after = forward(&mut clock, theirs(1, 16, 8_640), 80);
    assert_eq!(ahead(after, voice), (6, 640));
}

#[test]
fn what_follows_an_event_begins_after_its_end() {
    let mut clock = clock();
    let voice = forward(&mut clock, theirs(1, 10, 8_000), 0);
    let content = Content { ticks: 1_600, is_event: true, octets: 4 };
    clock.forward(&theirs(1, 11, 8_160), 101, content, at(20)).expect("in order");
    let music = clock.play(0, 160, 160, at(30));
    assert_eq!(ahead(music, voice), (2, 160 + 1_600));
}

#[test]
fn a_report_tells_what_was_sent_and_when() {
    let mut clock = clock();
    assert!(!clock.has_sent());
    let last = play(&mut clock, 10, 0);
    let info = clock.sender_info(77, at(180 + 100));
    assert_eq!((info.ntp, info.packets, info.octets), (77, 10, 1_600));
    assert_eq!(info.rtp_timestamp, last.timestamp.wrapping_add(800));
}
