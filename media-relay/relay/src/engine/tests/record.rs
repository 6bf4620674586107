//! Recordings.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use ringfall_media::{
    codec::{Codec, Law},
    prompt::Playlist,
};

use super::{World, play::prompt};
use crate::engine::{EngineError, EngineEvent, LegId, PlaybackId, RecordingId};

/// A packet's time.
const FRAME: Duration = Duration::from_millis(20);

const HOUR: Duration = Duration::from_secs(3_600);

/// What a recording came to.
fn wait_for_recording(world: &mut World) -> (RecordingId, Duration, Option<String>) {
    world.wait_for(|event| match event {
        EngineEvent::Recorded { recording, length, problem, .. } => Some((recording, length, problem)),
        _ => None,
    })
}

/// Both sides of a file.
fn read(path: &Path) -> [Vec<f64>; 2] {
    let bytes = std::fs::read(path).expect("a file");
    assert_eq!((&bytes[..4], &bytes[36..40]), (&b"RIFF"[..], &b"data"[..]));
    let length = u32::from_le_bytes(bytes[40..44].try_into().expect("a word"));
    assert_eq!(usize::try_from(length), Ok(bytes.len() - 44));
    let side = |offset: usize| {
        let frames = bytes[44..].chunks_exact(4);
        frames.map(|frame| f64::from(i16::from_le_bytes([frame[offset], frame[offset + 1]]))).collect()
    };
    [side(0), side(2)]
}

/// The best correlation of a sound with any stretch of another.
fn correlation(sound: &[f64], within: &[f64]) -> f64 {
    let product = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
    let likeness = |one: &[f64], other: &[f64]| {
        let norm = (product(one, one) * product(other, other)).sqrt();
        if norm > 0.0 { product(one, other) / norm } else { 0.0 }
    };
    // What is unlike at its beginning need not be looked at to its end.
    let stretches =
        within.windows(sound.len()).filter(|stretch| likeness(&sound[..48], &stretch[..48]) > 0.9);
    stretches.map(|stretch| likeness(sound, stretch)).fold(0.0, f64::max)
}

/// A tone that is like no other part of itself: it rises.
fn chirp(packets: u32, from_hertz: f64) -> Vec<i16> {
    let sample = |at: u32| {
        let time = f64::from(at) / 8_000.0;
        let turn = (from_hertz + time * 150.0) * time * std::f64::consts::TAU;
        #[expect(clippy::cast_possible_truncation, reason = "a sample is within 16 bits")]
        let sample = (turn.sin() * 8_000.0) as i16;
        sample
    };
    (0..packets * 160).map(sample).collect()
}

#[test]
fn a_recording_has_what_the_leg_said_on_the_left_and_what_it_heard_on_the_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("call.wav");
    let mut world = World::start();
    let (mut caller, mut buyer) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(caller.leg, buyer.leg).expect("a bridge");
    world.engine.record(RecordingId(5), caller.leg, path.clone(), HOUR).expect("a recording");
    let (said, heard) = (chirp(60, 300.0), chirp(60, 900.0));
    let begun = Instant::now();
    for (place, (said, heard)) in (0..).zip(said.chunks(160).zip(heard.chunks(160))) {
        for (phone, samples) in [(&mut caller, said), (&mut buyer, heard)] {
            let payload: Vec<_> = samples.iter().map(|sample| Law::Mu.encode(*sample)).collect();
            phone.say(0, &payload);
        }
        // The pace of a telephone.
        std::thread::sleep((FRAME * place).saturating_sub(begun.elapsed()));
    }
    std::thread::sleep(FRAME * 15);
    world.engine.stop_recording(RecordingId(5), caller.leg);
    let (recording, length, problem) = wait_for_recording(&mut world);
    assert_eq!((recording, problem), (RecordingId(5), None));
    let sides = read(&path);
    assert_eq!(Duration::from_millis(u64::try_from(sides[0].len()).expect("small") / 8), length);
    for (sound, side) in [said, heard].iter().zip(&sides) {
        // On a busy machine the phone stutters, and so does the recording: not every piece can be whole.
        let sound: Vec<_> = sound.iter().map(|sample| f64::from(*sample)).collect();
        let pieces = sound.chunks(800).filter(|piece| correlation(piece, side) >= 0.99).count();
        assert!(pieces >= 6, "{pieces} of 12 pieces are as they were said");
    }
}

#[test]
fn a_prompt_that_a_leg_hears_is_recorded_and_a_recording_ends_at_its_longest() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("prompt.wav");
    let mut world = World::start();
    let phone = world.phone(1, 1, |_| {});
    world
        .engine
        .record(RecordingId(1), phone.leg, path.clone(), Duration::from_millis(600))
        .expect("a recording");
    let (prompt, _) = prompt(10);
    let samples: Vec<_> = prompt.samples().iter().map(|sample| f64::from(*sample)).collect();
    world.engine.play(phone.leg, PlaybackId(1), Playlist::once([prompt])).expect("a leg");
    let (_, length, problem) = wait_for_recording(&mut world);
    assert_eq!((length, problem), (Duration::from_millis(600), None));
    let [left, right] = read(&path);
    assert!(left.iter().all(|sample| sample.abs() < 1.0));
    let correlation = correlation(&samples[160..1_120], &right);
    assert!(correlation >= 0.99, "{correlation}");
}

#[test]
fn closing_a_leg_or_the_engine_finishes_the_file_and_a_bad_path_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let [first, second] = ["first.wav", "second.wav"].map(|name| folder.path().join(name));
    let mut world = World::start();
    let phones = [world.phone(1, 1, |_| {}), world.phone(2, 1, |_| {})];
    let nowhere = folder.path().join("no/such/folder.wav");
    world.engine.record(RecordingId(1), phones[0].leg, nowhere, HOUR).expect("a recording");
    let (recording, _, problem) = wait_for_recording(&mut world);
    assert!(recording == RecordingId(1) && problem.is_some(), "{problem:?}");
    world.engine.record(RecordingId(2), phones[0].leg, first.clone(), HOUR).expect("a recording");
    world.engine.record(RecordingId(3), phones[1].leg, second.clone(), HOUR).expect("a recording");
    assert!(world.engine.counters().recordings <= 2);
    world.engine.close(phones[0].leg);
    assert_eq!(wait_for_recording(&mut world).0, RecordingId(2));
    let World { engine, mut events } = world;
    drop(engine);
    let told = std::iter::from_fn(|| events.try_recv().ok());
    assert!(
        told.into_iter()
            .any(|event| matches!(event, EngineEvent::Recorded { recording: RecordingId(3), .. }))
    );
    [first, second].iter().for_each(|path| _ = read(path));
}

#[test]
fn what_cannot_be_recorded_is_refused() {
    let world = World::start();
    let opus = world.phone(1, 1, |agreement| agreement.format.codec = Codec::Opus);
    let record = |leg| world.engine.record(RecordingId(1), leg, "unused.wav".into(), HOUR);
    assert!(matches!(record(opus.leg), Err(EngineError::PassesThrough(Codec::Opus))));
    assert!(matches!(record(LegId { call: 9, leg: 9 }), Err(EngineError::Unknown(_))));
}
