//! The sounds that documents play: fetched once, as a provider does, and as long as they say themselves.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use reqwest::header;
use tokio::sync::Mutex;

/// The header of a WAV file with linear samples: bytes per second at 28, bytes of sound at 40.
const HEADER_BYTES: usize = 44;

/// The sounds that were fetched.
#[derive(Debug)]
pub(super) struct Sounds {
    http: reqwest::Client,
    /// In whole seconds, by URL.
    lengths: Mutex<BTreeMap<String, u32>>,
}

impl Sounds {
    /// None yet.
    pub(super) fn new(http: reqwest::Client) -> Self {
        Self { http, lengths: Mutex::default() }
    }

    /// How long a sound lasts, in whole seconds.
    ///
    /// # Errors
    /// It cannot be fetched, or is no WAV file.
    pub(super) async fn seconds(&self, url: &str) -> anyhow::Result<u32> {
        // Held meanwhile: whoever else wants the same sound waits for it.
        let mut lengths = self.lengths.lock().await;
        if let Some(seconds) = lengths.get(url) {
            return Ok(*seconds);
        }
        let answer = self.http.get(url).send().await.with_context(|| format!("no answer from {url}"))?;
        let (status, kind) = (answer.status(), answer.headers().get(header::CONTENT_TYPE).cloned());
        ensure!(status.is_success(), "{url} answered {status}");
        ensure!(kind.is_some_and(|kind| kind == "audio/wav"), "{url} is no WAV file by its type");
        let file = answer.bytes().await.with_context(|| format!("{url} broke off"))?;
        let seconds = seconds_of(&file).with_context(|| format!("{url} is no WAV file"))?;
        lengths.insert(url.to_owned(), seconds);
        Ok(seconds)
    }
}

fn seconds_of(file: &[u8]) -> Option<u32> {
    let header =
        file.get(..HEADER_BYTES).filter(|header| header.starts_with(b"RIFF") && &header[8..12] == b"WAVE")?;
    let number = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let (per_second, bytes) = (number(28)?, number(40)?);
    let is_whole = usize::try_from(bytes).is_ok_and(|bytes| file.len() == HEADER_BYTES + bytes);
    bytes.checked_div(per_second).filter(|_| is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_lasts_as_long_as_its_header_says_if_it_is_all_there() {
        let mut file = b"RIFF....WAVE".to_vec();
        file.resize(HEADER_BYTES + 6, 0);
        file[28] = 2;
        file[40] = 6;
        assert_eq!(seconds_of(&file), Some(3));
        assert_eq!(seconds_of(&file[..file.len() - 1]), None);
        assert_eq!(seconds_of(b"RIFF"), None);
        file[28] = 0;
        assert_eq!(seconds_of(&file), None);
    }
}
