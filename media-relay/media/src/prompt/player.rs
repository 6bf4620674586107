//! What one caller hears, and how far.

use std::{ops::Range, sync::Arc};

use super::Prompt;
use crate::codec::Law;

/// Pieces that follow each other without a gap: a prompt, an announcement put together, hold music. It is shared.
#[derive(Debug, Clone)]
pub struct Playlist {
    prompts: Arc<[Arc<Prompt>]>,
    is_endless: bool,
}

impl Playlist {
    /// Pieces to be played once.
    pub fn once(prompts: impl IntoIterator<Item = Arc<Prompt>>) -> Self {
        Self { prompts: prompts.into_iter().collect(), is_endless: false }
    }

    /// Pieces to be played again and again.
    pub fn endless(prompts: impl IntoIterator<Item = Arc<Prompt>>) -> Self {
        Self { prompts: prompts.into_iter().collect(), is_endless: true }
    }

    /// Encodes its pieces in both laws, if they are not: whoever plays it later does not have to.
    pub fn encode(&self) {
        for prompt in &*self.prompts {
            [Law::Mu, Law::A].into_iter().for_each(|law| _ = prompt.encoded(law));
        }
    }
}

/// A caller's place in a playlist: some bytes, however long the music.
#[derive(Debug, Clone)]
pub struct Player {
    playlist: Playlist,
    prompt: usize,
    sample: usize,
}

impl Player {
    /// At the beginning.
    pub const fn new(playlist: Playlist) -> Self {
        Self { playlist, prompt: 0, sample: 0 }
    }

    /// Writes the next bytes of a law, and silence after the end: how many are not silence of that kind.
    pub fn encoded(&mut self, law: Law, out: &mut [u8]) -> usize {
        let played =
            self.go_on(out.len(), |prompt, from, to| out[to].copy_from_slice(&prompt.encoded(law)[from]));
        out[played..].fill(law.silence());
        played
    }

    /// Writes the next samples, and silence after the end: how many are not silence of that kind.
    pub fn samples(&mut self, out: &mut [i16]) -> usize {
        let played =
            self.go_on(out.len(), |prompt, from, to| out[to].copy_from_slice(&prompt.samples()[from]));
        out[played..].fill(0);
        played
    }

    /// Whether all was played.
    pub fn is_over(&self) -> bool {
        self.playlist.prompts.get(self.prompt).is_none()
    }

    /// Goes on by so many samples if there are; each stretch of a piece is given with its place in what goes out.
    fn go_on(&mut self, wanted: usize, mut give: impl FnMut(&Prompt, Range<usize>, Range<usize>)) -> usize {
        let mut done = 0;
        while done < wanted {
            let Some(prompt) = self.playlist.prompts.get(self.prompt) else { break };
            let length = (prompt.samples().len() - self.sample).min(wanted - done);
            give(prompt, self.sample..self.sample + length, done..done + length);
            done += length;
            self.sample += length;
            if self.sample == prompt.samples().len() {
                self.sample = 0;
                self.prompt += 1;
                if self.playlist.is_endless {
                    self.prompt %= self.playlist.prompts.len();
                }
            }
        }
        done
    }
}
