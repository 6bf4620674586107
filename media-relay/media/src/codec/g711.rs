//! G.711 (ITU-T G.711, as the software tools of G.191 do it): 8-bit µ-law and A-law, and 16-bit linear samples.

use audio_codec_algorithms::{
    convert_alaw_to_ulaw, convert_ulaw_to_alaw, decode_alaw, decode_ulaw, encode_alaw, encode_ulaw,
};

/// One of the two laws of G.711. A byte is a sample, 8,000 a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// µ-law: PCMU.
    Mu,
    /// A-law: PCMA.
    A,
}

impl Law {
    /// The byte of silence.
    pub const fn silence(self) -> u8 {
        match self {
            Self::Mu => 0xFF,
            Self::A => 0xD5,
        }
    }

    /// A byte's sample.
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Self::Mu => decode_ulaw(byte),
            Self::A => decode_alaw(byte),
        }
    }

    /// A sample's byte.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Mu => encode_ulaw(sample),
            Self::A => encode_alaw(sample),
        }
    }

    /// Decodes as many bytes as there is room for samples.
    pub fn decode_into(self, bytes: &[u8], samples: &mut [i16]) {
        samples.iter_mut().zip(bytes).for_each(|(sample, byte)| *sample = self.decode(*byte));
    }

    /// Encodes as many samples as there is room for bytes.
    pub fn encode_into(self, samples: &[i16], bytes: &mut [u8]) {
        bytes.iter_mut().zip(samples).for_each(|(byte, sample)| *byte = self.encode(*sample));
    }

    /// Changes bytes of this law into bytes of another, in place, by tables 3 and 4 of G.711: a byte that goes there and back
    /// and there again is the same as after the first time, which decoding and encoding would not do.
    pub fn translate(self, to: Self, bytes: &mut [u8]) {
        match (self, to) {
            (Self::Mu, Self::Mu) | (Self::A, Self::A) => {}
            (Self::Mu, Self::A) => bytes.iter_mut().for_each(|byte| *byte = convert_ulaw_to_alaw(*byte)),
            (Self::A, Self::Mu) => bytes.iter_mut().for_each(|byte| *byte = convert_alaw_to_ulaw(*byte)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWS: [Law; 2] = [Law::Mu, Law::A];

    /// The samples that the law can say, in order.
    fn levels(law: Law) -> Vec<i32> {
        let mut levels: Vec<_> = (0..=255).map(|byte| i32::from(law.decode(byte))).collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    }

    #[test]
    fn bytes_decode_as_the_recommendation_says() {
        // Tables 1a, 1b, 2a and 2b of G.711, on a scale of 16 bits.
        for (byte, mu, a) in [(0x00, -32_124, -5_504), (0x80, 32_124, 5_504), (0x2A, -5_372, -32_256)] {
            assert_eq!((Law::Mu.decode(byte), Law::A.decode(byte)), (mu, a), "{byte:#x}");
        }
        assert_eq!((Law::Mu.decode(0xFF), Law::Mu.decode(0x7F)), (0, 0));
        assert_eq!((Law::A.decode(0xD5), Law::A.decode(0x55)), (8, -8));
        assert_eq!((levels(Law::Mu).len(), levels(Law::A).len()), (255, 256));
    }

    #[test]
    fn every_byte_encodes_back_to_itself() {
        for law in LAWS {
            for byte in 0..=255 {
                let back = law.encode(law.decode(byte));
                // µ-law has two zeros.
                assert!(
                    back == byte || (law == Law::Mu && byte == 0x7F && back == 0xFF),
                    "{law:?} {byte:#x} {back:#x}"
                );
            }
        }
    }

    #[test]
    fn every_sample_becomes_a_level_beside_it() {
        for law in LAWS {
            let levels = levels(law);
            for sample in i16::MIN..=i16::MAX {
                let (sample, level) = (i32::from(sample), i32::from(law.decode(law.encode(sample))));
                let above = levels.partition_point(|level| *level < sample);
                let low = levels[above.saturating_sub(1)];
                let high = levels[above.min(levels.len() - 1)];
                assert!(level == low || level == high, "{law:?}: {sample} became {level}");
                // A step is a sixteenth of its segment, and the error half a step; the last bits are not looked at.
                let most = (sample.abs() + 132) / 32 + 8;
                assert!(
                    (level - sample).abs() <= most || sample.abs() > 32_000,
                    "{law:?}: {sample} became {level}"
                );
            }
        }
    }

    #[test]
    fn a_translated_byte_is_the_nearest_of_the_other_law_and_is_stable() {
        for (from, to) in [(Law::Mu, Law::A), (Law::A, Law::Mu)] {
            for byte in 0..=255 {
                let mut bytes = [byte];
                from.translate(to, &mut bytes);
                let (there, sample) = (bytes[0], from.decode(byte));
                let error = i32::from(to.decode(there)) - i32::from(sample);
                assert!(error.abs() <= i32::from(sample).abs() / 16 + 16, "{from:?} {byte:#x} {error}");
                to.translate(from, &mut bytes);
                from.translate(to, &mut bytes);
                assert_eq!(bytes[0], there, "{from:?} {byte:#x}");
            }
        }
    }

    #[test]
    fn silence_is_silent() {
        for law in LAWS {
            assert_eq!(law.encode(0), law.silence());
        }
    }
}
