//! Files from URLs, within limits.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, redirect::Policy};
use ringfall_media::prompt::MOST_FILE_BYTES;
use tokio::sync::Semaphore;
use url::Url;

use super::reach::{PublicNames, names_private};

/// How long a file may take in all.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many files are fetched at once.
const MOST_AT_ONCE: usize = 16;

/// Fetches files.
#[derive(Debug)]
pub(super) struct Fetcher {
    client: Client,
    private: bool,
    places: Semaphore,
}

impl Fetcher {
    /// `private`: also from this machine and private networks.
    pub(super) fn new(private: bool) -> Result<Self, reqwest::Error> {
        // A redirection could lead anywhere.
        let client = Client::builder().no_proxy().timeout(PATIENCE).redirect(Policy::none());
        let client = if private { client } else { client.dns_resolver(Arc::new(PublicNames)) };
        Ok(Self { client: client.build()?, private, places: Semaphore::new(MOST_AT_ONCE) })
    }

    /// A file's bytes, or what is wrong.
    pub(super) async fn fetch(&self, url: &str) -> Result<Vec<u8>, String> {
        let url: Url = url.parse().map_err(|error| format!("no URL: {error}"))?;
        if !self.private && names_private(&url) {
            return Err("the address is not on the public internet".to_owned());
        }
        let _place = self.places.acquire().await.map_err(|_| "the relay is stopping".to_owned())?;
        let mut response = self.client.get(url).send().await.map_err(|error| reason(&error))?;
        if !response.status().is_success() {
            return Err(format!("the server answers {}", response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
            if bytes.len() + chunk.len() > MOST_FILE_BYTES {
                return Err(format!("the file has more than {} MiB", MOST_FILE_BYTES >> 20));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// Without the URL, which stands before it already; with what lies below.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("not had within {} s", PATIENCE.as_secs());
    }
    let mut source: &dyn std::error::Error = error;
    while let Some(below) = source.source() {
        source = below;
    }
    source.to_string()
}
