//! A leg that is recorded: what it says and what it hears, each out of a jitter buffer, read at an even pace.

use ringfall_media::{codec::Law, jitter::JitterBuffer};

use crate::engine::{
    RecordingId,
    recorder::{CHUNK_SAMPLES, Chunk},
};

/// The most samples of a packet that are looked at, as many as the jitter buffer takes.
const MOST_SAMPLES: usize = 1_024;

/// A leg's tape.
#[derive(Debug)]
pub(in crate::engine) struct Tape {
    pub(in crate::engine) recording: RecordingId,
    said: Track,
    heard: Track,
    chunks_left: u64,
}

#[derive(Debug, Default)]
struct Track {
    ssrc: u32,
    buffer: JitterBuffer,
}

impl Tape {
    /// A tape for so many chunks.
    pub(in crate::engine) fn new(recording: RecordingId, chunks: u64) -> Self {
        Self { recording, said: Track::default(), heard: Track::default(), chunks_left: chunks }
    }

    /// Puts a packet of the leg's own in its place.
    #[cold]
    pub(in crate::engine) fn said(&mut self, ssrc: u32, timestamp: u32, law: Law, payload: &[u8]) {
        self.said.insert(ssrc, timestamp, law, payload);
    }

    /// Puts a packet that was sent to the leg in its place.
    #[cold]
    pub(in crate::engine) fn heard(&mut self, ssrc: u32, timestamp: u32, law: Law, payload: &[u8]) {
        self.heard.insert(ssrc, timestamp, law, payload);
    }

    /// Reads the next chunk: what the leg said, and what it heard. None when the tape is full.
    pub(in crate::engine) fn read(&mut self) -> Option<Chunk> {
        self.chunks_left = self.chunks_left.checked_sub(1)?;
        let mut chunk = [[0; CHUNK_SAMPLES]; 2];
        self.said.buffer.read(&mut chunk[0]);
        self.heard.buffer.read(&mut chunk[1]);
        Some(chunk)
    }
}

impl Track {
    fn insert(&mut self, ssrc: u32, timestamp: u32, law: Law, payload: &[u8]) {
        if self.ssrc != ssrc {
            self.ssrc = ssrc;
            self.buffer.restart();
        }
        let mut samples = [0; MOST_SAMPLES];
        let length = payload.len().min(MOST_SAMPLES);
        law.decode_into(payload, &mut samples[..length]);
        self.buffer.insert(timestamp, &samples[..length]);
    }
}
