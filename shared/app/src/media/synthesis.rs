//! From notes to samples, in whole numbers alone, so that every machine makes the same bytes.

use super::tune::{HALF_BEATS, Note, notes};

/// Samples per second: what a telephone carries.
pub(super) const SAMPLE_RATE: u32 = 8_000;
const SECOND: usize = 8_000;
const HALF_BEAT: usize = SECOND / 2;
/// One round.
const SAMPLES: usize = HALF_BEATS * HALF_BEAT;

/// 2³² · f / 8,000 for the twelve notes from C (1,046.5 Hz, pitch 84) on, equally tempered to an A of 440 Hz: by how much the phase
/// grows from sample to sample, where 2³² is a whole turn.
const STEPS: [u32; 12] = [
    561_836_623,
    595_245_168,
    630_640_287,
    668_140_110,
    707_869_788,
    749_961_916,
    794_556_973,
    841_803_789,
    891_860_047,
    944_892_805,
    1_001_079_055,
    1_060_606_313,
];
const FIRST_PITCH: usize = 84;
/// A note swells for so long: without it one would hear a click.
const ATTACK: usize = SECOND / 40;

/// The samples of one round. What has not died away at its end goes on at its beginning, so that rounds follow each other without a seam.
pub(super) fn round() -> Vec<i16> {
    let mut sums = vec![0_i64; SAMPLES];
    for note in notes() {
        add(&mut sums, note);
    }
    sums.into_iter()
        .map(|sum| i16::try_from(sum).unwrap_or(if sum < 0 { i16::MIN } else { i16::MAX }))
        .collect()
}

fn add(sums: &mut [i64], note: Note) {
    let (begins_at, length) = (note.begins_at * HALF_BEAT, note.lasts * HALF_BEAT);
    let step = STEPS[note.pitch % 12] >> (FIRST_PITCH / 12 - note.pitch / 12);
    let mut phase = 0_u32;
    for at in 0..length {
        let sound = voice(phase) * envelope(at, length) / ONE * note.loudness / ONE;
        sums[(begins_at + at) % SAMPLES] += sound;
        phase = phase.wrapping_add(step);
    }
}

/// What counts as 1.
const ONE: i64 = 1 << 15;

/// A soft tone: its second harmonic a fifth as loud as itself, its third a sixteenth.
fn voice(phase: u32) -> i64 {
    sine(phase) + sine(phase.wrapping_mul(2)) / 5 + sine(phase.wrapping_mul(3)) / 16
}

/// Swells in a line and dies away by the square of the time that is left.
fn envelope(at: usize, length: usize) -> i64 {
    let part =
        |of: usize, whole: usize| i64::try_from(of << 15).unwrap_or(0) / i64::try_from(whole).unwrap_or(1);
    let left = part(length - at, length);
    part(at.min(ATTACK), ATTACK) * left / ONE * left / ONE
}

/// The sine of a phase, where 2³² is a whole turn. In each quarter x·(π/2 − x²·(π − 5/2 − x²·(π/2 − 3/2))), which is off by less than a
/// thousandth.
fn sine(phase: u32) -> i64 {
    let quarter = phase >> 30;
    let within = i64::from((phase & 0x3fff_ffff) >> 15);
    let x = if quarter.is_multiple_of(2) { within } else { ONE - within };
    let square = x * x / ONE;
    let value = x * (51_472 - square * (21_024 - square * 2_320 / ONE) / ONE) / ONE;
    if quarter < 2 { value } else { -value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_one_within_a_thousandth() {
        for (phase, expected) in
            [(0, 0), (1 << 30, ONE), (1 << 31, 0), (3 << 30, -ONE), (1 << 29, 23_170), (0xaaaa_aaaa, -28_378)]
        {
            let found = sine(phase);
            assert!((found - expected).abs() <= ONE / 1_000, "{phase:x}: {found}, expected {expected}");
        }
    }

    #[test]
    fn a_note_swells_and_dies_away() {
        assert_eq!((envelope(0, SECOND), envelope(SECOND - 1, SECOND)), (0, 0));
        assert!(envelope(ATTACK, SECOND) > ONE * 9 / 10);
        assert!((ATTACK..SECOND).is_sorted_by_key(|at| -envelope(at, SECOND)));
    }

    /// The largest step between two samples, and the one from the last to the first.
    #[test]
    fn one_round_follows_the_other_without_a_seam() {
        let samples = round();
        let step = |pair: &[i16]| (i32::from(pair[1]) - i32::from(pair[0])).abs();
        let largest = samples.windows(2).map(step).max().expect("samples");
        let seam = step(&[samples[SAMPLES - 1], samples[0]]);
        assert!(seam <= largest, "{seam} against {largest}");
        assert!(
            samples[SAMPLES - 1] != 0,
            "the last notes still sound at the end, and go on at the beginning"
        );
    }

    #[test]
    fn it_is_heard_throughout_and_never_too_loud() {
        let samples = round();
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().expect("samples");
        assert!((8_000..20_000).contains(&peak), "{peak}");
        for (index, second) in samples.chunks(SECOND).enumerate() {
            let power: i64 = second.iter().map(|sample| i64::from(*sample).pow(2)).sum();
            let mean = power / i64::try_from(SECOND).expect("small");
            assert!(mean.isqrt() > 800, "second {index}: {}", mean.isqrt());
        }
    }
}
