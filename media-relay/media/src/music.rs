//! Our own hold music: a calm arpeggio over eight chords that begins again where it ends. It is synthesised with whole numbers alone, so
//! that every machine makes the same samples.

use crate::mix::saturate;

/// Samples of the whole piece: 24 s at 8 kHz.
pub const HOLD_MUSIC_SAMPLES: usize = 192_000;

/// The chords, each for 3 s: the keys of a piano as MIDI counts them, low to high.
const CHORDS: [[u8; 6]; 8] = [
    [48, 55, 64, 67, 71, 74], // C major 9
    [57, 60, 64, 67, 71, 76], // A minor 9
    [53, 60, 65, 69, 72, 76], // F major 7
    [55, 62, 64, 67, 71, 74], // G 6
    [52, 59, 62, 67, 71, 74], // E minor 7
    [57, 60, 64, 67, 72, 76], // A minor 7
    [50, 57, 62, 65, 69, 76], // D minor 9
    [55, 60, 62, 65, 67, 74], // G 7 suspended
];

/// In which order the keys of a chord are struck, and how hard, in 16ths.
const STROKES: [(usize, i64); 12] = [
    (0, 15),
    (2, 10),
    (3, 11),
    (4, 12),
    (5, 13),
    (4, 10),
    (1, 13),
    (3, 10),
    (4, 11),
    (2, 10),
    (3, 11),
    (5, 9),
];

/// Samples from a stroke to the next: 250 ms.
const STROKE_SAMPLES: usize = 2_000;

/// Samples of a chord.
const CHORD_SAMPLES: usize = STROKE_SAMPLES * STROKES.len();

/// How long a struck key sounds: 2.5 s.
const RINGING_SAMPLES: usize = 20_000;

/// How long a key takes to sound in full: 15 ms.
const ATTACK_SAMPLES: i64 = 120;

/// How long it takes to fall silent at its end: 250 ms.
const RELEASE_SAMPLES: i64 = 2_000;

/// The overtones of a key: which, how loud in 256ths, and what is left of it after each sample in 65,536ths.
const OVERTONES: [(u32, i64, i64); 3] = [(1, 256, 65_527), (2, 72, 65_516), (3, 26, 65_496)];

/// The frequencies of the keys from C4 to B4, in mHz; an octave more is twice as much.
const OCTAVE_MILLIHERTZ: [u64; 12] = [
    261_626, 277_183, 293_665, 311_127, 329_628, 349_228, 369_994, 391_995, 415_305, 440_000, 466_164,
    493_883,
];

/// How loud a key is: the piece then has about the level of speech on a telephone.
const LOUDNESS: i64 = 3_400;

/// How loud the chord that lies under it is.
const PAD_LOUDNESS: i64 = 520;

/// One, for numbers between 0 and 1.
const ONE: i64 = 1 << 15;

/// The music, at 8 kHz. Its end leads into its beginning.
pub fn hold_music() -> Vec<i16> {
    let mut sound = vec![0; HOLD_MUSIC_SAMPLES];
    for (place, chord) in CHORDS.iter().enumerate() {
        let start = place * CHORD_SAMPLES;
        for (stroke, (key, force)) in STROKES.iter().enumerate() {
            strike(&mut sound, start + stroke * STROKE_SAMPLES, chord[*key], LOUDNESS * force / 16);
        }
        // The lowest two lie under the others.
        chord[..2].iter().for_each(|key| swell(&mut sound, start, key + 12));
    }
    sound.into_iter().map(saturate).collect()
}

/// Adds a struck key. What sounds beyond the end sounds at the beginning.
fn strike(sound: &mut [i32], start: usize, key: u8, loudness: i64) {
    for (overtone, share, left) in OVERTONES {
        let step = phase_step(key).wrapping_mul(overtone);
        let mut phase = 0_u32;
        let mut level = (loudness * share / 256) << 16;
        for sample in 0..RINGING_SAMPLES {
            let value = (level >> 16) * sine(phase) / ONE * edge(sample, RINGING_SAMPLES) / ONE;
            add(sound, start + sample, value);
            phase = phase.wrapping_add(step);
            level = (level >> 16) * left + (((level & 0xFFFF) * left) >> 16);
        }
    }
}

/// Adds a key that swells and fades over a chord and a little into the next.
fn swell(sound: &mut [i32], start: usize, key: u8) {
    let length = CHORD_SAMPLES + CHORD_SAMPLES / 3;
    let (step, mut phase) = (phase_step(key), 0_u32);
    for sample in 0..length {
        // Half a turn of the sine, from nothing to nothing.
        let turn = u32::try_from((sample as u64) * (1 << 31) / (length as u64)).unwrap_or_default();
        let value = PAD_LOUDNESS * sine(turn) / ONE * sine(phase) / ONE;
        add(sound, start + sample, value);
        phase = phase.wrapping_add(step);
    }
}

fn add(sound: &mut [i32], place: usize, value: i64) {
    let place = place % sound.len();
    sound[place] += i32::try_from(value).unwrap_or_default();
}

/// How much of a sound is left at its edges, of [`ONE`].
fn edge(sample: usize, length: usize) -> i64 {
    let after = i64::try_from(sample).unwrap_or_default();
    let before = i64::try_from(length - sample).unwrap_or_default();
    ONE.min(after * ONE / ATTACK_SAMPLES).min(before * ONE / RELEASE_SAMPLES)
}

/// How far a key's wave goes in a sample, of a turn of 2^32.
fn phase_step(key: u8) -> u32 {
    let (octave, note) = (key / 12, usize::from(key % 12));
    let millihertz = (OCTAVE_MILLIHERTZ[note] << octave) >> 5;
    u32::try_from((millihertz << 32) / 8_000_000).unwrap_or_default()
}

/// The sine of a phase (a turn is 2^32), of [`ONE`], by a polynomial of the fifth degree: within 1/5,000.
fn sine(phase: u32) -> i64 {
    // The quarters before and after the middle of the turn lie mirrored on those around its beginning.
    let signed = phase.cast_signed();
    let mirrored = if (signed ^ (signed << 1)) < 0 { i32::MIN.wrapping_sub(signed) } else { signed };
    // Now -ONE to ONE is a quarter turn back and ahead.
    let x = i64::from(mirrored >> 15);
    let square = x * x / ONE;
    x * (51_468 - square * (21_077 - square * 2_383 / ONE) / ONE) / ONE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a, 64 bits.
    fn hash(samples: &[i16]) -> u64 {
        let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
        bytes
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
    }

    fn loudness(samples: &[i16]) -> u64 {
        let squares: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
        (squares / samples.len() as u64).isqrt()
    }

    fn greatest_step(samples: &[i16]) -> i32 {
        samples
            .windows(2)
            .map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs())
            .max()
            .unwrap_or_default()
    }

    #[test]
    fn the_music_is_the_same_on_every_machine() {
        let music = hold_music();
        assert_eq!((music.len(), hash(&music)), (HOLD_MUSIC_SAMPLES, 16_150_859_144_120_829_555));
    }

    #[test]
    fn the_music_is_as_loud_as_speech_and_never_cut() {
        let music = hold_music();
        let highest = music.iter().map(|sample| sample.unsigned_abs()).max();
        assert!(highest.is_some_and(|highest| (6_000..20_000).contains(&highest)), "{highest:?}");
        for (second, samples) in music.chunks(8_000).enumerate() {
            let loudness = loudness(samples);
            assert!((1_200..4_500).contains(&loudness), "second {second}: {loudness}");
        }
    }

    #[test]
    fn the_end_leads_into_the_beginning() {
        let music = hold_music();
        let seam = [&music[HOLD_MUSIC_SAMPLES - 400..], &music[..400]].concat();
        assert!(greatest_step(&seam) <= greatest_step(&music), "a click at the seam");
        // What rings on from the last chord is heard in the first bar.
        assert!(loudness(&music[..100]) > 300, "{}", loudness(&music[..100]));
        let (before, after) = (loudness(&music[HOLD_MUSIC_SAMPLES - 2_000..]), loudness(&music[..2_000]));
        assert!(before < 3 * after && after < 3 * before, "{before} {after}");
    }

    #[test]
    fn the_sine_is_one() {
        for (phase, value) in
            [(0, 0), (1 << 30, ONE), (1 << 31, 0), (3 << 30, -ONE), (1 << 29, 23_170), (0x1555_5555, 16_384)]
        {
            assert!((sine(phase) - value).abs() <= 8, "{phase:#x}: {}", sine(phase));
        }
        for phase in (0..u32::MAX).step_by(10_007 * 997) {
            let (sine, cosine) = (sine(phase), sine(phase.wrapping_add(1 << 30)));
            assert!((sine * sine + cosine * cosine - ONE * ONE).abs() < ONE * ONE / 2_000, "{phase:#x}");
        }
    }

    #[test]
    fn keys_have_their_frequencies() {
        // 440 Hz, and its octaves.
        let turns_a_second = |key| (u64::from(phase_step(key)) * 8_000_000) >> 32;
        for (key, millihertz) in [(69, 440_000), (57, 220_000), (81, 880_000), (60, 261_626)] {
            assert!(turns_a_second(key).abs_diff(millihertz) <= 2, "{key}: {}", turns_a_second(key));
        }
    }
}
