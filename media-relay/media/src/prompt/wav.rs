//! WAV files. Written here rather than taken from a crate: none under our terms reads A-law and µ-law, which is what telephone systems
//! export.

use super::{
    SAMPLE_RATE_HZ,
    file::{AudioError, Pcm},
};
use crate::codec::Law;

/// The encoding that says that the real one stands further on.
const EXTENSIBLE: u16 = 0xFFFE;

/// What the `fmt ` part says.
#[derive(Debug, Clone, Copy)]
struct Format {
    encoding: Encoding,
    channels: u16,
    rate_hz: u32,
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
    Float64,
    G711(Law),
}

/// Reads a file that begins with `RIFF`.
pub(super) fn read(file: &[u8]) -> Result<Pcm, AudioError> {
    let mut format = None;
    let mut rest = match file.split_at_checked(12) {
        Some((head, rest)) if head.ends_with(b"WAVE") => rest,
        _ => return Err(AudioError::UnknownKind),
    };
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let [name @ .., s0, s1, s2, s3] = head;
        let said = usize::try_from(u32::from_le_bytes([*s0, *s1, *s2, *s3])).unwrap_or(usize::MAX);
        // A writer that could not go back to the header leaves 0 or the largest number: then it goes on to the end.
        let is_open = name == b"data" && (said == 0 || said > after.len());
        let length = if is_open { after.len() } else { said.min(after.len()) };
        let (part, others) = after.split_at(length);
        match name {
            b"fmt " => format = Some(Format::read(part)?),
            b"data" => return format.ok_or(AudioError::DamagedFormat)?.decode(part),
            _ => {}
        }
        rest = if length % 2 == 1 { others.get(1..).unwrap_or_default() } else { others };
    }
    Err(if format.is_some() { AudioError::Empty } else { AudioError::DamagedFormat })
}

impl Format {
    fn read(part: &[u8]) -> Result<Self, AudioError> {
        let [e0, e1, c0, c1, r0, r1, r2, r3, _, _, _, _, _, _, b0, b1] =
            *part.first_chunk().ok_or(AudioError::DamagedFormat)?;
        let (mut number, bits) = (u16::from_le_bytes([e0, e1]), u16::from_le_bytes([b0, b1]));
        if number == EXTENSIBLE {
            let [low, high] =
                *part.get(24..).and_then(<[u8]>::first_chunk).ok_or(AudioError::DamagedFormat)?;
            number = u16::from_le_bytes([low, high]);
        }
        let channels = u16::from_le_bytes([c0, c1]);
        if !matches!(channels, 1 | 2) {
            return Err(AudioError::Channels(channels));
        }
        let encoding = match (number, bits) {
            (1, 8) => Encoding::Unsigned8,
            (1, 16) => Encoding::Signed16,
            (1, 24) => Encoding::Signed24,
            (1, 32) => Encoding::Signed32,
            (3, 32) => Encoding::Float32,
            (3, 64) => Encoding::Float64,
            (6, _) => Encoding::G711(Law::A),
            (7, _) => Encoding::G711(Law::Mu),
            _ => return Err(AudioError::UnknownEncoding(number)),
        };
        Ok(Self { encoding, channels, rate_hz: u32::from_le_bytes([r0, r1, r2, r3]) })
    }

    /// The audio of a `data` part; half a frame at its end is left out.
    fn decode(self, part: &[u8]) -> Result<Pcm, AudioError> {
        let mut pcm = Pcm::new(self.rate_hz)?;
        let bytes = self.encoding.bytes();
        for frame in part.chunks_exact(bytes * usize::from(self.channels)) {
            let sum: f32 = frame.chunks_exact(bytes).map(|sample| self.encoding.sample(sample)).sum();
            pcm.push(sum / f32::from(self.channels))?;
        }
        Ok(pcm)
    }
}

impl Encoding {
    const fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 | Self::G711(_) => 1,
            Self::Signed16 => 2,
            Self::Signed24 => 3,
            Self::Signed32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }

    /// A sample on the scale of 16 bits.
    #[expect(clippy::cast_possible_truncation, reason = "no more than the 24 bits of a float are heard")]
    fn sample(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::Unsigned8, [byte]) => (f32::from(*byte) - 128.0) * 256.0,
            (Self::G711(law), [byte]) => f32::from(law.decode(*byte)),
            (Self::Signed16, [b0, b1]) => f32::from(i16::from_le_bytes([*b0, *b1])),
            (Self::Signed24, [b0, b1, b2]) => i32::from_le_bytes([0, *b0, *b1, *b2]) as f32 / 65_536.0,
            (Self::Signed32, [b0, b1, b2, b3]) => i32::from_le_bytes([*b0, *b1, *b2, *b3]) as f32 / 65_536.0,
            (Self::Float32, [b0, b1, b2, b3]) => f32::from_le_bytes([*b0, *b1, *b2, *b3]) * 32_768.0,
            (Self::Float64, [b0, b1, b2, b3, b4, b5, b6, b7]) => {
                (f64::from_le_bytes([*b0, *b1, *b2, *b3, *b4, *b5, *b6, *b7]) * 32_768.0) as f32
            }
            _ => 0.0,
        }
    }
}

/// A WAV file of 8 kHz audio: 16 bits, mono.
pub fn write_wav(samples: &[i16]) -> Vec<u8> {
    let audio_bytes = u32::try_from(samples.len().saturating_mul(2)).unwrap_or(u32::MAX - 64);
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&audio_bytes.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    for word in [16, 1 << 16 | 1, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * 2, 16 << 16 | 2] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&audio_bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}
