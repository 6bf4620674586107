//! Tones: what a phone says instead of a voice, and how another one knows it again.

use std::f64::consts::TAU;

use ringfall_media::{codec::Law, prompt::write_wav};

/// Samples a second.
const RATE: f64 = 8_000.0;

/// Samples that are listened to at once: a tenth of a second, in which tones of whole tens of hertz do not disturb each other.
pub(crate) const BLOCK_SAMPLES: usize = 800;

/// How loud a tone is: about -13 dBm0.
const LOUDNESS: f64 = 6_000.0;

/// How much of a block's power is a tone's that is heard: two tones of one loudness at once are neither's.
const LEAST_SHARE: f64 = 0.8;

/// A pure tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tone {
    tens_of_hertz: u8,
}

impl Tone {
    /// A tone of 10 to 2,550 Hz, in tens of hertz.
    pub const fn of_tens_of_hertz(tens_of_hertz: u8) -> Self {
        Self { tens_of_hertz }
    }

    /// Its frequency.
    pub const fn hertz(self) -> u32 {
        self.tens_of_hertz as u32 * 10
    }

    /// So many tenths of a second of it, as a WAV file.
    pub fn wav(self, tenths: usize) -> Vec<u8> {
        write_wav(&self.samples(BLOCK_SAMPLES * tenths))
    }

    fn samples(self, count: usize) -> Vec<i16> {
        (0_u32..).take(count).map(|place| self.sample(place)).collect()
    }

    /// A tenth of a second of it, after which it begins anew.
    pub(crate) fn encoded(self, law: Law) -> Vec<u8> {
        self.samples(BLOCK_SAMPLES).into_iter().map(|sample| law.encode(sample)).collect()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a sine of that loudness stays far within 16 bits")]
    fn sample(self, place: u32) -> i16 {
        (LOUDNESS * (TAU * f64::from(self.hertz()) * f64::from(place) / RATE).sin()).round() as i16
    }

    /// Whether it is what is heard in a block (Goertzel's algorithm).
    pub(crate) fn is_heard_in(self, block: &[i16]) -> bool {
        let twice_cosine = 2.0 * (TAU * f64::from(self.hertz()) / RATE).cos();
        let (mut last, mut before, mut power) = (0.0, 0.0, 0.0);
        for sample in block {
            let sample = f64::from(*sample);
            power += sample * sample;
            (last, before) = (sample + twice_cosine * last - before, last);
        }
        let found = last * last + before * before - twice_cosine * last * before;
        let count = f64::from(u32::try_from(block.len()).unwrap_or(u32::MAX));
        found * 2.0 > LEAST_SHARE * power * count && power > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(tone: Tone, law: Law) -> Vec<i16> {
        tone.encoded(law).into_iter().map(|byte| law.decode(byte)).collect()
    }

    #[test]
    fn a_tone_is_known_again_among_all_others_in_both_laws() {
        let tones = || (30..=130).step_by(3).map(Tone::of_tens_of_hertz);
        for law in [Law::Mu, Law::A] {
            for said in tones() {
                let block = heard(said, law);
                let known: Vec<_> = tones().filter(|tone| tone.is_heard_in(&block)).collect();
                assert_eq!(known, [said], "{} Hz", said.hertz());
            }
        }
    }

    #[test]
    fn silence_two_at_once_and_half_a_block_are_nobodys() {
        let (one, other) = (Tone::of_tens_of_hertz(60), Tone::of_tens_of_hertz(100));
        let silence = vec![0; BLOCK_SAMPLES];
        let both: Vec<i16> = one.samples(800).iter().zip(other.samples(800)).map(|(a, b)| a + b).collect();
        let mut half = one.samples(800);
        half[400..].fill(0);
        for block in [&silence, &both, &half] {
            assert!(!one.is_heard_in(block) && !other.is_heard_in(block));
        }
    }
}
