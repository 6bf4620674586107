//! Which kind of file it is, and its way to 8 kHz.

use std::time::Duration;

use super::{SAMPLE_RATE_HZ, mp3, resample, wav};

/// The largest file: ten minutes of stereo at 48 kHz and 16 bits are 115 MB, so this is about half of that.
pub const MOST_FILE_BYTES: usize = 64 << 20;

/// The longest piece.
pub const MOST_LENGTH: Duration = Duration::from_secs(600);

/// The rates that are taken, in Hz.
pub(super) const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Why a file cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// It is neither WAV nor MP3.
    #[error("the file is neither WAV nor MP3")]
    UnknownKind,
    /// It has more than [`MOST_FILE_BYTES`].
    #[error("the file has more than {} MiB", MOST_FILE_BYTES >> 20)]
    TooLarge,
    /// It is longer than [`MOST_LENGTH`].
    #[error("the audio is longer than {} minutes", MOST_LENGTH.as_secs() / 60)]
    TooLong,
    /// It has no audio.
    #[error("the file has no audio")]
    Empty,
    /// A WAV file without a format, or one that contradicts itself.
    #[error("the WAV file's `fmt ` part is missing or damaged")]
    DamagedFormat,
    /// A WAV file in an encoding that is not spoken.
    #[error(
        "the WAV file's encoding (number {0}) is not PCM of 8, 16, 24 or 32 bits, float of 32 or 64 bits, A-law or µ-law"
    )]
    UnknownEncoding(u16),
    /// Neither mono nor stereo.
    #[error("{0} channels; one or two can be played")]
    Channels(u16),
    /// A rate that makes no sense.
    #[error("{0} samples a second; {min} to {max} can be played", min = RATES_HZ.start(), max = RATES_HZ.end())]
    Rate(u32),
}

/// Audio as a file has it, mixed down to one channel.
#[derive(Debug)]
pub(super) struct Pcm {
    pub(super) rate_hz: u32,
    /// On the scale of 16 bits: ±32,768.
    pub(super) samples: Vec<f32>,
}

impl Pcm {
    /// No audio yet, at a rate that is taken.
    pub(super) fn new(rate_hz: u32) -> Result<Self, AudioError> {
        if RATES_HZ.contains(&rate_hz) {
            Ok(Self { rate_hz, samples: Vec::new() })
        } else {
            Err(AudioError::Rate(rate_hz))
        }
    }

    /// Adds a sample; what is no number is silence.
    pub(super) fn push(&mut self, sample: f32) -> Result<(), AudioError> {
        if self.samples.len() >= self.most_samples() {
            return Err(AudioError::TooLong);
        }
        self.samples.push(if sample.is_finite() { sample } else { 0.0 });
        Ok(())
    }

    fn most_samples(&self) -> usize {
        let seconds = usize::try_from(MOST_LENGTH.as_secs()).unwrap_or_default();
        usize::try_from(self.rate_hz).unwrap_or_default().saturating_mul(seconds)
    }
}

/// The 8 kHz audio of a file.
pub(super) fn read(file: &[u8]) -> Result<Vec<i16>, AudioError> {
    if file.len() > MOST_FILE_BYTES {
        return Err(AudioError::TooLarge);
    }
    let pcm = if file.starts_with(b"RIFF") {
        wav::read(file)?
    } else if mp3::is_mp3(file) {
        mp3::read(file)?
    } else {
        return Err(AudioError::UnknownKind);
    };
    if pcm.samples.is_empty() {
        return Err(AudioError::Empty);
    }
    let samples = if pcm.rate_hz == SAMPLE_RATE_HZ { pcm.samples } else { resample::to_8_khz(&pcm)? };
    Ok(samples.into_iter().map(nearest).collect())
}

/// The nearest sample; what would be louder than a sample can be is as loud as it can be.
#[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest sample that there is")]
pub(super) fn nearest(sample: f32) -> i16 {
    sample.round() as i16
}
