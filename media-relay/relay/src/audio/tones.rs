//! Tones, as North America's network makes them (ANSI T1.401): sums of two sines.

use std::f64::consts::TAU;

const RATE: f64 = 8_000.0;

/// Samples in a millisecond.
const PER_MILLISECOND: usize = 8;

/// How loud one sine is: about -16 dBm0.
const LOUDNESS: f64 = 4_500.0;

/// A line that rings: 440 and 480 Hz for 2 s, then 4 s of silence.
pub(super) fn ringback() -> Vec<i16> {
    let mut samples = tone([440.0, 480.0], 2_000);
    samples.resize(6_000 * PER_MILLISECOND, 0);
    samples
}

/// The network cannot go on: 480 and 620 Hz, a quarter of a second on and off, for 5 s.
pub(super) fn out_of_order() -> Vec<i16> {
    let mut once = tone([480.0, 620.0], 250);
    once.resize(500 * PER_MILLISECOND, 0);
    once.repeat(10)
}

/// Speak now: 1,000 Hz for 300 ms.
pub(super) fn beep() -> Vec<i16> {
    let mut samples = vec![0; 200 * PER_MILLISECOND];
    samples.extend(tone([1_000.0, 1_000.0], 300));
    samples
}

#[expect(clippy::cast_possible_truncation, reason = "two sines of that loudness stay far within 16 bits")]
fn tone(hertz: [f64; 2], milliseconds: u32) -> Vec<i16> {
    let sample = |place: u32| {
        let at = f64::from(place) / RATE;
        hertz.iter().map(|hertz| LOUDNESS * (TAU * hertz * at).sin()).sum::<f64>().round() as i16
    };
    (0..milliseconds * 8).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How loud a frequency is in samples, as the loudness of its sine.
    fn loudness(samples: &[i16], hertz: f64) -> f64 {
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (place, sample) in (0_u32..).zip(samples) {
            let angle = TAU * hertz * f64::from(place) / RATE;
            real += f64::from(*sample) * angle.cos();
            imaginary += f64::from(*sample) * angle.sin();
        }
        2.0 * real.hypot(imaginary) / f64::from(u32::try_from(samples.len()).expect("a second"))
    }

    fn is_of(samples: &[i16], hertz: [f64; 2]) -> bool {
        let share = |hertz| loudness(samples, hertz) / LOUDNESS;
        hertz.iter().all(|hertz| share(*hertz) > 0.9) && share(700.0) < 0.05
    }

    #[test]
    fn tones_have_their_pitch_and_their_rhythm() {
        assert!(is_of(&ringback()[..8_000], [440.0, 480.0]));
        assert_eq!(ringback().len(), 48_000);
        assert!(ringback()[16_000..].iter().all(|sample| *sample == 0));
        assert!(is_of(&out_of_order()[..2_000], [480.0, 620.0]));
        assert!(out_of_order()[2_000..4_000].iter().all(|sample| *sample == 0));
        assert_eq!(out_of_order().len(), 40_000);
        assert!(is_of(&beep()[1_600..], [1_000.0, 1_000.0]));
        assert!(ringback().iter().all(|sample| sample.unsigned_abs() <= 9_000));
    }
}
