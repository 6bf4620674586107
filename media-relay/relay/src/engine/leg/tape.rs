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

#[cfg(test)]
mod tests {
    use super::*;

    /// Packet number `place` of a sound whose every sample can be said in µ-law.
    fn packet(place: u32) -> Vec<u8> {
        (0..160_u32)
            .map(|at| Law::Mu.encode(i16::try_from((at * 37 + place * 101) % 8_000).unwrap_or(0)))
            .collect()
    }

    fn samples(packets: &[Vec<u8>]) -> Vec<i16> {
        packets.concat().iter().map(|byte| Law::Mu.decode(*byte)).collect()
    }

    #[test]
    fn a_tape_has_each_packet_once_in_order_after_a_delay_that_stays() {
        let mut tape = Tape::new(RecordingId(1), 40);
        let packets: Vec<_> = (0..30).map(packet).collect();
        let mut chunks = Vec::new();
        for (place, payload) in (0_u32..).zip(&packets) {
            // Two packets that came in the wrong order, and one that came twice.
            let payload = if place == 10 {
                &packets[11]
            } else if place == 11 {
                &packets[10]
            } else {
                payload
            };
            let place = match place {
                10 => 11,
                11 => 10,
                place => place,
            };
            tape.said(7, (place * 160).wrapping_sub(800), Law::Mu, payload);
            tape.heard(8, place * 160, Law::Mu, payload);
            if place == 20 {
                tape.heard(8, place * 160, Law::Mu, payload);
            }
            chunks.push(tape.read().expect("room"));
        }
        chunks.extend(std::iter::from_fn(|| tape.read()));
        assert_eq!(chunks.len(), 40);
        for side in 0..2 {
            let heard: Vec<i16> = chunks.iter().flat_map(|chunk| chunk[side]).collect();
            let start = heard.iter().position(|sample| *sample != 0).expect("a sound") - 1;
            assert_eq!(heard[start..start + 4_800], samples(&packets));
        }
    }

    #[test]
    fn another_source_is_heard_from_its_beginning() {
        let mut tape = Tape::new(RecordingId(1), 100);
        tape.said(1, 5_000_000, Law::Mu, &packet(1));
        let first: Vec<_> = (0..5).filter_map(|_| tape.read()).flat_map(|chunk| chunk[0]).collect();
        tape.said(2, 7, Law::A, &[0x2A; 160]);
        let second: Vec<_> = (0..5).filter_map(|_| tape.read()).flat_map(|chunk| chunk[0]).collect();
        assert!(first.windows(160).any(|window| window == samples(&[packet(1)])));
        assert_eq!(second.iter().filter(|sample| **sample == Law::A.decode(0x2A)).count(), 160);
    }
}
