//! Whether a provider would get a sound whose address an agency has given: it is asked for as a provider would, and of its content no more is
//! read than tells what it is.

use std::{error::Error, time::Duration};

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{CONTENT_TYPE, RANGE},
    redirect::{Attempt, Policy},
};
use ringfall_domain::config::AudioUrl;

use crate::{
    carrier::CarrierError,
    rest::{LateClient, Reach},
};

/// Nobody waits longer for the answer, over all that is asked.
const PATIENCE: Duration = Duration::from_secs(3);
/// Providers follow redirects, and so do we.
const MOST_REDIRECTS: usize = 5;
/// What tells a sound from anything else.
const MOST_BYTES: usize = 16;

/// Why a sound cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudioFault {
    /// No connection, or no answer in time.
    #[error("it cannot be fetched: {0}")]
    Unreachable(String),
    /// An answer without it.
    #[error("it cannot be fetched: the answer is status {0}")]
    Status(u16),
    /// Something else is there.
    #[error("{0} is there, and no WAV or MP3 file")]
    NotAudio(String),
    /// It may not be asked for.
    #[error("its address is not on the public internet")]
    Private,
}

/// Asks for sounds.
#[derive(Debug, Clone)]
pub struct AudioProbe {
    direct: LateClient,
    proxied: LateClient,
    reach: Reach,
    patience: Duration,
}

impl AudioProbe {
    /// A probe that goes so far.
    pub fn new(reach: Reach) -> Self {
        Self::with_patience(reach, PATIENCE)
    }

    fn with_patience(reach: Reach, patience: Duration) -> Self {
        let settings = move || Client::builder().redirect(Policy::custom(move |next| follow(reach, next)));
        let direct = LateClient::new(move || reach.direct(settings()));
        Self { direct, proxied: LateClient::new(settings), reach, patience }
    }

    /// Makes what is otherwise made when it is first needed.
    ///
    /// # Errors
    /// The machine's TLS settings cannot be read.
    pub fn prepare(&self) -> Result<(), CarrierError> {
        self.direct.get().and(self.proxied.get()).map(drop)
    }

    /// Asks for a sound, and gives up after 3 s.
    ///
    /// # Errors
    /// What came instead.
    pub async fn fetch(&self, url: &AudioUrl) -> Result<(), AudioFault> {
        let url = Url::parse(url.as_str()).map_err(|error| AudioFault::Unreachable(error.to_string()))?;
        if self.reach.refuses(&url) {
            return Err(AudioFault::Private);
        }
        let client = if self.reach.may_use_proxy(&url) { &self.proxied } else { &self.direct };
        let client = client.get().map_err(|error| AudioFault::Unreachable(error.to_string()))?;
        let late = || AudioFault::Unreachable(format!("no answer within {:?}", self.patience));
        tokio::time::timeout(self.patience, ask(client, url)).await.unwrap_or_else(|_| Err(late()))
    }
}

/// Each address on the way is judged as the first one was; names are judged again by what they resolve to.
fn follow(reach: Reach, next: Attempt<'_>) -> reqwest::redirect::Action {
    if next.previous().len() > MOST_REDIRECTS {
        return next.error("it is redirected too often");
    }
    if reach.refuses(next.url()) {
        return next.error("it is redirected to an address that is not on the public internet");
    }
    next.follow()
}

/// Not every server answers `HEAD` as it answers `GET`: only a good answer to it is believed.
async fn ask(client: &Client, url: Url) -> Result<(), AudioFault> {
    match client.head(url.clone()).send().await {
        Ok(answer)
            if answer.status() == StatusCode::OK && content_type(&answer).is_some_and(|is| is_audio(&is)) =>
        {
            return Ok(());
        }
        Err(error) if error.is_connect() || error.is_redirect() => return Err(unreachable(&error)),
        Ok(_) | Err(_) => {}
    }
    let range = format!("bytes=0-{}", MOST_BYTES - 1);
    let answer = client.get(url).header(RANGE, range).send().await.map_err(|error| unreachable(&error))?;
    judge(answer).await
}

async fn judge(answer: Response) -> Result<(), AudioFault> {
    let status = answer.status();
    if !status.is_success() || status == StatusCode::NO_CONTENT {
        return Err(AudioFault::Status(status.as_u16()));
    }
    match content_type(&answer) {
        Some(is) if is_audio(&is) => Ok(()),
        Some(is) if !tells_nothing(&is) => Err(AudioFault::NotAudio(is)),
        _ if begins_as_audio(&beginning(answer).await?) => Ok(()),
        is => Err(AudioFault::NotAudio(is.unwrap_or_else(|| "something without a content type".to_owned()))),
    }
}

/// The media type in lower case, without its parameters.
fn content_type(answer: &Response) -> Option<String> {
    let value = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default().trim();
    Some(media_type.chars().take(100).collect::<String>().to_ascii_lowercase()).filter(|is| !is.is_empty())
}

fn is_audio(media_type: &str) -> bool {
    media_type.starts_with("audio/")
}

/// What stores of files call a file of which nobody has said what it is.
fn tells_nothing(media_type: &str) -> bool {
    matches!(media_type, "application/octet-stream" | "binary/octet-stream")
}

async fn beginning(mut answer: Response) -> Result<Vec<u8>, AudioFault> {
    let mut bytes = Vec::new();
    while bytes.len() < MOST_BYTES {
        match answer.chunk().await.map_err(|error| unreachable(&error))? {
            Some(chunk) => bytes.extend_from_slice(&chunk[..chunk.len().min(MOST_BYTES)]),
            None => break,
        }
    }
    Ok(bytes)
}

/// A RIFF file of the kind WAVE, an MP3 file with an ID3v2 tag, or a frame of MPEG audio: eleven bits set (ISO/IEC 11172-3 §2.4.1.3), and a layer.
fn begins_as_audio(bytes: &[u8]) -> bool {
    match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] | [b'I', b'D', b'3', ..] => true,
        [0xff, second, ..] => second & 0xe0 == 0xe0 && second & 0x06 != 0,
        _ => false,
    }
}

/// The innermost reason: the outer ones only say that a request failed. No address: it may hold a signature.
fn unreachable(error: &reqwest::Error) -> AudioFault {
    if error.is_timeout() {
        return AudioFault::Unreachable("time-out".to_owned());
    }
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    AudioFault::Unreachable(innermost.to_string())
}

#[cfg(test)]
#[path = "audio_tests.rs"]
mod tests;
