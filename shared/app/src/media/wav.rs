//! The frame of a WAV file (RIFF, linear PCM).

/// The bytes before the samples.
const HEADER_BYTES: usize = 44;

/// One channel of 16-bit samples as a file.
pub(super) fn of_mono(samples: &[i16], sample_rate: u32) -> Vec<u8> {
    const SAMPLE_BYTES: u16 = 2;
    let data_bytes = u32::try_from(samples.len() * usize::from(SAMPLE_BYTES)).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(HEADER_BYTES + samples.len() * usize::from(SAMPLE_BYTES));
    file.extend(b"RIFF");
    file.extend((data_bytes + 36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // Linear PCM, one channel.
    file.extend(1_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(sample_rate.to_le_bytes());
    file.extend((sample_rate * u32::from(SAMPLE_BYTES)).to_le_bytes());
    file.extend(SAMPLE_BYTES.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(data_bytes.to_le_bytes());
    samples.iter().for_each(|sample| file.extend(sample.to_le_bytes()));
    file
}
