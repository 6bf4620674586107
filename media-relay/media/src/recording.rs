//! A recording of both legs as a stereo WAV file: the caller on the left, the other leg on the right, each sample at its time.
//!
//! The file is written as the call goes: first the header of a file without an end, then the frames as they become whole, and when the
//! call is over the final header over the first one. A file whose writer died is still one that programs play.

use std::{collections::VecDeque, time::Duration};

/// Samples of each leg per second.
const SAMPLE_RATE: u32 = 8_000;

/// Bytes of a frame: a sample of each leg.
const FRAME_BYTES: u32 = 4;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 44;

/// How far one leg's audio may be ahead before the other is taken to be silent, in frames: 1 s.
const MOST_AHEAD: u64 = 8_000;

/// How much the time of a piece may differ from the end of the one before, and still follow it without a gap, in frames: 20 ms.
const TOLERANCE: u64 = 160;

/// A leg's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The caller.
    Left,
    /// Who the caller talks to.
    Right,
}

/// A recording under way. Times are those of the ticks at which audio is read, on the same clock as its start.
#[derive(Debug, Clone)]
pub struct Recording {
    started: Duration,
    most_frames: u64,
    /// Frames that are not handed out yet, from `written` on.
    frames: VecDeque<[i16; 2]>,
    written: u64,
    /// Where each side's audio ends.
    ends: [u64; 2],
}

impl Recording {
    /// A recording that begins now and is cut at the longest time, which is itself cut at what a WAV file can hold (37 hours).
    pub fn new(now: Duration, longest: Duration) -> Self {
        let most_frames = frames(longest).min(u64::from((u32::MAX - 64) / FRAME_BYTES));
        Self { started: now, most_frames, frames: VecDeque::new(), written: 0, ends: [0; 2] }
    }

    /// Adds a piece of a side's audio whose first sample belongs to a time. Gaps are silence; what overlaps an earlier piece is left out.
    pub fn add(&mut self, side: Side, at: Duration, samples: &[i16]) {
        let side = side as usize;
        let said = frames(at.saturating_sub(self.started));
        let end = self.ends[side];
        let start = if said.abs_diff(end) <= TOLERANCE { end } else { said };
        for (frame, sample) in (start..self.most_frames).zip(samples) {
            if frame >= end {
                self.put(frame, side, *sample);
            }
        }
        let length = u64::try_from(samples.len()).unwrap_or_default();
        self.ends[side] = end.max((start + length).min(self.most_frames));
    }

    /// The bytes of the file that are whole by now and were not taken before.
    pub fn take(&mut self) -> Vec<u8> {
        let [left, right] = self.ends;
        let whole = left.min(right).max(left.max(right).saturating_sub(MOST_AHEAD));
        self.take_until(whole)
    }

    /// The last bytes of the file, up to the end of the longer side.
    pub fn finish(&mut self) -> Vec<u8> {
        let [left, right] = self.ends;
        self.take_until(left.max(right))
    }

    /// How long it is, as far as it was taken.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.written * 1_000 / u64::from(SAMPLE_RATE))
    }

    /// The header of a file that is still being written: as long as can be.
    pub fn open_header() -> [u8; HEADER_BYTES] {
        header(u32::MAX - 64)
    }

    /// The header of the file as it was taken so far.
    pub fn header(&self) -> [u8; HEADER_BYTES] {
        header(u32::try_from(self.written).unwrap_or_default().saturating_mul(FRAME_BYTES))
    }

    fn put(&mut self, frame: u64, side: usize, sample: i16) {
        // A side that is far behind has missed its time: that was taken as silence.
        let Some(place) = frame.checked_sub(self.written).and_then(|place| usize::try_from(place).ok())
        else {
            return;
        };
        if place >= self.frames.len() {
            self.frames.resize(place + 1, [0; 2]);
        }
        self.frames[place][side] = sample;
    }

    fn take_until(&mut self, frame: u64) -> Vec<u8> {
        let count = usize::try_from(frame.saturating_sub(self.written)).unwrap_or_default();
        if count > self.frames.len() {
            self.frames.resize(count, [0; 2]);
        }
        self.written = self.written.max(frame);
        self.frames.drain(..count).flatten().flat_map(i16::to_le_bytes).collect()
    }
}

fn frames(time: Duration) -> u64 {
    u64::try_from(time.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000).unwrap_or(u64::MAX)
}

/// A header for so many bytes of audio: PCM, 16 bits, two channels.
fn header(audio_bytes: u32) -> [u8; HEADER_BYTES] {
    let words = [
        u32::from_le_bytes(*b"RIFF"),
        audio_bytes.saturating_add(36),
        u32::from_le_bytes(*b"WAVE"),
        u32::from_le_bytes(*b"fmt "),
        16,
        2 << 16 | 1,
        SAMPLE_RATE,
        SAMPLE_RATE * FRAME_BYTES,
        16 << 16 | FRAME_BYTES,
        u32::from_le_bytes(*b"data"),
        audio_bytes,
    ];
    let mut bytes = [0; HEADER_BYTES];
    for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(10_000 + milliseconds)
    }

    fn recording() -> Recording {
        Recording::new(at(0), HOUR)
    }

    /// The frames of a file's bytes.
    fn read(bytes: &[u8]) -> Vec<[i16; 2]> {
        let sample = |bytes: &[u8]| i16::from_le_bytes([bytes[0], bytes[1]]);
        bytes.chunks_exact(4).map(|frame| [sample(frame), sample(&frame[2..])]).collect()
    }

    #[test]
    fn both_sides_stand_at_their_times() {
        let mut recording = recording();
        recording.add(Side::Left, at(0), &[1; 1_600]);
        recording.add(Side::Right, at(100), &[2; 800]);
        let frames = read(&recording.take());
        assert_eq!(frames.len(), 1_600);
        assert_eq!((frames[0], frames[799], frames[800], frames[1_599]), ([1, 0], [1, 0], [1, 2], [1, 2]));
        assert_eq!(recording.length(), Duration::from_millis(200));
    }

    #[test]
    fn ticks_that_are_a_little_off_make_no_gap_and_long_gaps_are_silence() {
        let mut recording = recording();
        recording.add(Side::Left, at(0), &[1; 160]);
        recording.add(Side::Left, at(33), &[1; 160]);
        recording.add(Side::Left, at(200), &[3; 160]);
        // Older than what stands there already: left out.
        recording.add(Side::Left, at(100), &[9; 160]);
        let frames = read(&recording.finish());
        assert_eq!(frames.len(), 1_760);
        assert_eq!(
            (frames[319], frames[320], frames[1_599], frames[1_600]),
            ([1, 0], [0, 0], [0, 0], [3, 0])
        );
    }

    #[test]
    fn a_silent_side_does_not_hold_the_file_up() {
        let mut recording = recording();
        recording.add(Side::Left, at(0), &[1; 8_000]);
        assert_eq!(recording.take(), [0; 0]);
        recording.add(Side::Left, at(1_000), &[1; 80]);
        assert_eq!(read(&recording.take()), [[1, 0]; 80]);
        // The other side's past is written; its present is not lost.
        recording.add(Side::Right, at(0), &[2; 160]);
        assert_eq!(read(&recording.finish())[..80], [[1, 2]; 80]);
        assert_eq!(recording.frames.len(), 0);
    }

    #[test]
    fn the_header_is_that_of_the_file() {
        let mut recording = recording();
        recording.add(Side::Right, at(0), &[5; 160]);
        let audio = recording.finish();
        let header = recording.header();
        assert_eq!((&header[..4], &header[8..16], audio.len()), (&b"RIFF"[..], &b"WAVEfmt "[..], 640));
        assert_eq!(header[4..8], 676_u32.to_le_bytes());
        assert_eq!(header[20..36], [1, 0, 2, 0, 0x40, 0x1F, 0, 0, 0, 0x7D, 0, 0, 4, 0, 16, 0]);
        assert_eq!((&header[36..40], &header[40..]), (&b"data"[..], &640_u32.to_le_bytes()[..]));
        assert_eq!(Recording::open_header()[..4], header[..4]);
    }

    #[test]
    fn a_recording_ends_at_its_longest() {
        let mut recording = Recording::new(at(0), Duration::from_millis(100));
        recording.add(Side::Left, at(90), &[1; 160]);
        recording.add(Side::Left, at(500_000_000), &[1; 160]);
        recording.add(Side::Right, at(0), &[1; 10_000]);
        assert_eq!(recording.finish().len(), 800 * 4);
        assert_eq!(recording.finish(), [0; 0]);
    }
}
