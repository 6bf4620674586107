//! Prompts and hold music: files into 8 kHz audio once, encoded once for each law, and played to any number of callers at once, each
//! with a cursor of its own.

mod file;
mod mp3;
mod player;
mod resample;
mod wav;

use std::{sync::OnceLock, time::Duration};

pub use file::{AudioError, MOST_FILE_BYTES, MOST_LENGTH};
pub use player::{Player, Playlist};
pub use wav::write_wav;

use crate::codec::Law;

/// Samples per second of all that we play.
pub const SAMPLE_RATE_HZ: u32 = 8_000;

/// A piece of audio: never empty, never changed. It is shared; what is encoded from it is encoded when it is first asked for.
#[derive(Debug)]
pub struct Prompt {
    samples: Box<[i16]>,
    mu: OnceLock<Box<[u8]>>,
    a: OnceLock<Box<[u8]>>,
}

impl Prompt {
    /// A piece of 8 kHz audio.
    ///
    /// # Errors
    /// It is empty, or longer than [`MOST_LENGTH`].
    pub fn new(samples: Vec<i16>) -> Result<Self, AudioError> {
        if samples.is_empty() {
            return Err(AudioError::Empty);
        }
        if length(samples.len()) > MOST_LENGTH {
            return Err(AudioError::TooLong);
        }
        Ok(Self { samples: samples.into(), mu: OnceLock::new(), a: OnceLock::new() })
    }

    /// A piece from a file: WAV (PCM of 8, 16, 24 or 32 bits, float, A-law, µ-law) or MP3, at any rate from 4 to 192 kHz, mono or stereo.
    /// It takes as long as it takes: never during a call.
    ///
    /// # Errors
    /// The file is of another kind, damaged, empty, or too large.
    pub fn read(file: &[u8]) -> Result<Self, AudioError> {
        Self::new(file::read(file)?)
    }

    /// Its samples.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// Its bytes in a law: one for each sample.
    pub fn encoded(&self, law: Law) -> &[u8] {
        let encoded = match law {
            Law::Mu => &self.mu,
            Law::A => &self.a,
        };
        encoded.get_or_init(|| self.samples.iter().map(|sample| law.encode(*sample)).collect())
    }

    /// How long it is.
    pub fn length(&self) -> Duration {
        length(self.samples.len())
    }
}

fn length(samples: usize) -> Duration {
    Duration::from_micros(u64::try_from(samples).unwrap_or(u64::MAX / 125).saturating_mul(125))
}

#[cfg(test)]
mod tests;
