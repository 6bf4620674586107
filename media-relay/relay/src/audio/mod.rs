//! What is to be heard, as audio: texts, files, music, tones. Everything is had and decoded away from the threads that move packets, once, and
//! kept.

mod fetch;
mod reach;
mod speech;
mod tones;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use moka::future::Cache;
use ringfall_control::{notice::ProblemKind, order::Speech, text::HttpUrl};
use ringfall_media::{
    music::hold_music,
    prompt::{Playlist, Prompt, SAMPLE_RATE_HZ},
};

pub(crate) use self::speech::{SpeechSettings, prompt_file_name};
use self::{fetch::Fetcher, speech::Speaker};
use crate::call::Piece;

/// How much decoded audio is kept, in bytes.
const MOST_KEPT_BYTES: u64 = 256 << 20;

/// How long a file from a URL is kept before it is asked for again.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// Music is handed out in pieces of this length, so that it goes on where it was.
const MUSIC_STEP: Duration = Duration::from_secs(2);

/// What could not be had, for the next notice.
#[derive(Debug, Clone)]
pub(crate) struct Missing {
    /// What kind of thing.
    pub(crate) kind: ProblemKind,
    /// What was wrong with it.
    pub(crate) detail: String,
}

/// Everything that can be heard.
#[derive(Debug, Clone)]
pub(crate) struct Library(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    speaker: Speaker,
    fetcher: Fetcher,
    spoken: Cache<String, Arc<Prompt>>,
    fetched: Cache<String, Arc<Prompt>>,
    music: Vec<Arc<Prompt>>,
    ringback: Arc<Prompt>,
    out_of_order: Arc<Prompt>,
    beep: Arc<Prompt>,
    silence: Arc<Prompt>,
}

/// What is heard instead of the relay's own music.
#[derive(Debug, Clone, Default)]
pub(crate) struct LibrarySettings {
    /// How texts are spoken.
    pub(crate) speech: SpeechSettings,
    /// A file of the operator's own.
    pub(crate) music: Option<PathBuf>,
    /// Whether files may be fetched from this machine and from private networks.
    pub(crate) private_files: bool,
}

impl Library {
    /// Makes music and tones.
    ///
    /// # Errors
    /// The operator's music cannot be read.
    pub(crate) fn new(settings: LibrarySettings) -> io::Result<Self> {
        let music = match &settings.music {
            Some(path) => read_file(path)?,
            None => prompt(hold_music())?,
        };
        let weigh = |_: &String, prompt: &Arc<Prompt>| {
            // Samples, and their bytes in one law.
            u32::try_from(prompt.samples().len().saturating_mul(3)).unwrap_or(u32::MAX)
        };
        let cache = || Cache::builder().max_capacity(MOST_KEPT_BYTES / 2).weigher(weigh);
        Ok(Self(Arc::new(Inner {
            speaker: Speaker::new(settings.speech),
            fetcher: Fetcher::new(settings.private_files).map_err(io::Error::other)?,
            spoken: cache().build(),
            fetched: cache().time_to_live(FRESH_FOR).build(),
            music: in_steps(&music)?,
            ringback: Arc::new(prompt(tones::ringback())?),
            out_of_order: Arc::new(prompt(tones::out_of_order())?),
            beep: Arc::new(prompt(tones::beep())?),
            silence: Arc::new(prompt(vec![0; usize::try_from(SAMPLE_RATE_HZ).unwrap_or(8_000)])?),
        })))
    }

    /// What is there at once, without waiting: none if a piece is still to be had. Moves the place in the music on.
    pub(crate) fn at_once(&self, pieces: &[Piece], music_at: &mut usize) -> Option<Playlist> {
        if let [Piece::Ringback] = pieces {
            return Some(Playlist::endless([self.0.ringback.clone()]));
        }
        let mut prompts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Speech(_) | Piece::File(_) => return None,
                other => self.add_own(other, music_at, &mut prompts),
            }
        }
        Some(Playlist::once(prompts))
    }

    /// All pieces, with what could not be had left out and told.
    pub(crate) async fn all(
        &self,
        pieces: Vec<Piece>,
        mut music_at: usize,
    ) -> (Playlist, usize, Vec<Missing>) {
        let (mut prompts, mut missing) = (Vec::new(), Vec::new());
        for piece in pieces {
            let had = match &piece {
                Piece::Speech(speech) => self.speech(speech).await,
                Piece::File(url) => self.file(url).await,
                own => {
                    self.add_own(own, &mut music_at, &mut prompts);
                    continue;
                }
            };
            match had {
                Ok(prompt) => prompts.push(prompt),
                Err(reason) => missing.push(reason),
            }
        }
        (Playlist::once(prompts), music_at, missing)
    }

    fn add_own(&self, piece: &Piece, music_at: &mut usize, prompts: &mut Vec<Arc<Prompt>>) {
        match piece {
            Piece::Music(length) => {
                let steps = length.as_millis().div_ceil(MUSIC_STEP.as_millis());
                for _ in 0..steps.min(1_000) {
                    prompts.extend(self.0.music.get(*music_at % self.0.music.len().max(1)).cloned());
                    *music_at += 1;
                }
            }
            Piece::Silence(length) => {
                let seconds = usize::try_from(length.as_secs()).unwrap_or_default().min(3_600);
                prompts.extend(std::iter::repeat_n(self.0.silence.clone(), seconds));
            }
            Piece::Ringback => prompts.push(self.0.ringback.clone()),
            Piece::OutOfOrder => prompts.push(self.0.out_of_order.clone()),
            Piece::Beep => prompts.push(self.0.beep.clone()),
            Piece::Speech(_) | Piece::File(_) => {}
        }
    }

    async fn speech(&self, speech: &Speech) -> Result<Arc<Prompt>, Missing> {
        let key = prompt_file_name(speech.language.as_deref(), &speech.text);
        let had = self.0.spoken.try_get_with(key, async {
            let file = self.0.speaker.speak(speech).await?;
            decode(file).await
        });
        had.await.map_err(|detail: Arc<String>| Missing {
            kind: ProblemKind::Speech,
            detail: format!("{}: {detail}", excerpt(&speech.text)),
        })
    }

    async fn file(&self, url: &HttpUrl) -> Result<Arc<Prompt>, Missing> {
        let had = self.0.fetched.try_get_with(url.as_str().to_owned(), async {
            let file = self.0.fetcher.fetch(url.as_str()).await?;
            decode(file).await
        });
        had.await.map_err(|detail: Arc<String>| Missing {
            kind: ProblemKind::Audio,
            detail: format!("{}: {detail}", excerpt(url.as_str())),
        })
    }
}

/// Decoding takes as long as it takes, on a thread of its own.
async fn decode(file: Vec<u8>) -> Result<Arc<Prompt>, String> {
    let decoded = tokio::task::spawn_blocking(move || Prompt::read(&file)).await;
    let decoded = decoded.map_err(|_| "decoding it failed".to_owned())?;
    decoded.map(Arc::new).map_err(|error| error.to_string())
}

fn excerpt(text: &str) -> String {
    text.chars().take(96).collect()
}

fn prompt(samples: Vec<i16>) -> io::Result<Prompt> {
    Prompt::new(samples).map_err(io::Error::other)
}

fn read_file(path: &std::path::Path) -> io::Result<Prompt> {
    let unusable = |reason: &dyn std::fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{} cannot be played: {reason}", path.display()))
    };
    let file = std::fs::read(path).map_err(|error| unusable(&error))?;
    Prompt::read(&file).map_err(|error| unusable(&error))
}

/// The music in pieces, the last one as long as it is. Each is encoded on its own, once, for all callers.
fn in_steps(music: &Prompt) -> io::Result<Vec<Arc<Prompt>>> {
    let samples = usize::try_from(MUSIC_STEP.as_millis()).unwrap_or(2_000) * 8;
    music.samples().chunks(samples).map(|step| prompt(step.to_vec()).map(Arc::new)).collect()
}

#[cfg(test)]
mod tests;
