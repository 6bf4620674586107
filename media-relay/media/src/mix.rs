//! Several voices in one: a whisper over a caller, two legs in one recording.

/// How loud a voice is, in 256ths of what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain(pub u16);

impl Gain {
    /// As loud as it was.
    pub const FULL: Self = Self(256);
    /// A quarter, 12 dB less: a voice that others speak over.
    pub const UNDER: Self = Self(64);

    fn of(self, sample: i16) -> i32 {
        (i32::from(sample) * i32::from(self.0)) >> 8
    }
}

/// Adds voices up, each with its gain, into `out`. What would be louder than a sample can be is as loud as it can be. A voice that is
/// shorter than `out` is silent at its end.
pub fn mix(voices: &[(&[i16], Gain)], out: &mut [i16]) {
    for (place, sample) in out.iter_mut().enumerate() {
        let voice =
            |(samples, gain): &(&[i16], Gain)| samples.get(place).map_or(0, |sample| gain.of(*sample));
        *sample = saturate(voices.iter().map(voice).fold(0, i32::saturating_add));
    }
}

/// The nearest sample.
pub fn saturate(sample: i32) -> i16 {
    i16::try_from(sample).unwrap_or(if sample < 0 { i16::MIN } else { i16::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(voices: &[(&[i16], Gain)]) -> [i16; 3] {
        let mut out = [9; 3];
        mix(voices, &mut out);
        out
    }

    #[test]
    fn voices_add_up_and_stay_within_a_sample() {
        let full = Gain::FULL;
        assert_eq!(mixed(&[]), [0; 3]);
        assert_eq!(mixed(&[(&[1, 2, 3], full), (&[10, -20], full)]), [11, -18, 3]);
        assert_eq!(
            mixed(&[(&[30_000, -30_000, i16::MIN], full), (&[30_000, -30_000, 1], full)]),
            [32_767, -32_768, -32_767]
        );
        // What two voices are too loud for, a third takes back: it is the sum that is cut.
        let voices: [(&[i16], _); 3] = [(&[30_000; 3], full), (&[30_000; 3], full), (&[-30_000; 3], full)];
        assert_eq!(mixed(&voices), [30_000; 3]);
        let loud: (&[i16], _) = (&[i16::MAX; 3], Gain(u16::MAX));
        assert_eq!(mixed(&[loud; 3]), [i16::MAX; 3]);
    }

    #[test]
    fn a_whisper_is_heard_over_the_caller() {
        assert_eq!(mixed(&[(&[4_000; 3], Gain::UNDER), (&[100; 3], Gain::FULL)]), [1_100; 3]);
    }
}
