//! MP3 files, decoded by `rusty_mp3`.

use rusty_mp3::Mp3Decoder;

use super::file::{AudioError, Pcm};

/// How many bytes are given to the decoder at once, so that it never holds much audio.
const PIECE_BYTES: usize = 16 * 1024;

/// Whether a file begins like MP3: with a tag, or with a frame of layer III.
pub(super) fn is_mp3(file: &[u8]) -> bool {
    let frames = after_tag(file);
    file.starts_with(b"ID3") || matches!(frames, [0xFF, second, ..] if second & 0xE6 == 0xE2)
}

/// Reads a file. Frames whose rate or number of channels is not that of the first are damage, and are left out.
pub(super) fn read(file: &[u8]) -> Result<Pcm, AudioError> {
    let mut decoder = Mp3Decoder::new();
    let mut audio: Option<(Pcm, u16)> = None;
    for piece in after_tag(file).chunks(PIECE_BYTES) {
        decoder.push(piece);
        while let Ok(frame) = decoder.next_frame() {
            let (pcm, channels) = match &mut audio {
                Some(audio) => audio,
                None if !matches!(frame.channels, 1 | 2) => return Err(AudioError::Channels(frame.channels)),
                None => audio.insert((Pcm::new(frame.sample_rate)?, frame.channels)),
            };
            if (pcm.rate_hz, *channels) != (frame.sample_rate, frame.channels) {
                continue;
            }
            for samples in frame.samples.chunks_exact(usize::from(*channels)) {
                let sum: f32 = samples.iter().sum();
                pcm.push(sum / f32::from(*channels) * 32_768.0)?;
            }
        }
    }
    audio.map(|(pcm, _)| pcm).ok_or(AudioError::Empty)
}

/// What follows an ID3v2 tag. Its pictures can look like frames, so that it has to be left out whole.
fn after_tag(file: &[u8]) -> &[u8] {
    let Some([b'I', b'D', b'3', _, _, flags, s0, s1, s2, s3]) = file.first_chunk() else { return file };
    // Seven bits of each byte count (ID3v2.4 §3.1). A footer repeats the head.
    let size = [s0, s1, s2, s3].into_iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7F));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    file.get(10 + size + footer..).unwrap_or_default()
}
