//! What a phone hears: whose tone, and for how long.

use std::{collections::BTreeMap, net::SocketAddr};

use ringfall_media::codec::Law;

use crate::tone::{BLOCK_SAMPLES, Tone};

/// What was heard since a call began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// Packets of audio.
    pub packets: u64,
    /// Where they come from.
    pub from: Option<SocketAddr>,
    tenths: BTreeMap<Tone, u32>,
}

impl Heard {
    /// For how many tenths of a second a tone was all that was heard.
    pub fn tenths_of(&self, tone: Tone) -> u32 {
        self.tenths.get(&tone).copied().unwrap_or_default()
    }

    /// The tones that were heard.
    pub fn tones(&self) -> impl Iterator<Item = Tone> {
        self.tenths.keys().copied()
    }
}

/// Listens for the tones that it knows.
#[derive(Debug)]
pub(crate) struct Ear {
    known: Box<[Tone]>,
    block: Vec<i16>,
    heard: Heard,
}

impl Ear {
    pub(crate) fn new(known: &[Tone]) -> Self {
        Self { known: known.into(), block: Vec::with_capacity(BLOCK_SAMPLES), heard: Heard::default() }
    }

    /// Takes a packet's audio.
    pub(crate) fn take(&mut self, from: SocketAddr, law: Law, audio: &[u8]) -> &Heard {
        self.heard.packets += 1;
        self.heard.from = Some(from);
        for byte in audio {
            self.block.push(law.decode(*byte));
            if self.block.len() == BLOCK_SAMPLES {
                self.judge();
            }
        }
        &self.heard
    }

    fn judge(&mut self) {
        if let Some(tone) = self.known.iter().find(|tone| tone.is_heard_in(&self.block)) {
            *self.heard.tenths.entry(*tone).or_default() += 1;
        }
        self.block.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_counted_by_tenths_of_a_second_whatever_the_packets() {
        let (one, other) = (Tone::of_tens_of_hertz(60), Tone::of_tens_of_hertz(100));
        let from = ([192, 0, 2, 1], 4_000).into();
        let mut ear = Ear::new(&[one, other]);
        let said =
            [one.encoded(Law::A).repeat(3), vec![Law::A.silence(); 800], other.encoded(Law::A)].concat();
        said.chunks(160).for_each(|packet| _ = ear.take(from, Law::A, packet));
        let heard = ear.take(from, Law::A, &[]);
        assert_eq!((heard.tenths_of(one), heard.tenths_of(other), heard.packets), (3, 1, 26));
        assert_eq!(heard.tones().collect::<Vec<_>>(), [one, other]);
    }
}
