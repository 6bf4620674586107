//! Fetching the trunks from the platform, again and again; the last good list stays.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use reqwest::{Client, StatusCode, header};
use ringfall_control::{
    TrunkList,
    limits::MOST_TRUNK_LIST_BYTES,
    read,
    signature::{SIGNATURE_HEADER, Signed, sign},
    text::Secret,
    trunk::TRUNKS_PATH,
};
use tokio::{sync::watch, time::sleep};
use url::Url;

use crate::trunks::Trunks;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where trunks come from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The platform's public base URL.
    pub(crate) platform: Url,
    /// What the relay signs with.
    pub(crate) secret: Secret,
    /// How often to ask.
    pub(crate) every: Duration,
    /// Where the last good list is kept, for a start without the platform.
    pub(crate) file: Option<PathBuf>,
    /// Whether the relay is on a public address.
    pub(crate) is_public: bool,
}

/// Fetches trunks.
#[derive(Debug)]
pub(crate) struct Fetching {
    source: Source,
    client: Client,
    etag: Option<header::HeaderValue>,
}

impl Fetching {
    pub(crate) fn new(source: Source) -> Result<Self, reqwest::Error> {
        let client =
            Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { source, client, etag: None })
    }

    /// Keeps the trunks as the platform has them, for as long as somebody looks at them.
    pub(crate) async fn run(mut self, trunks: watch::Sender<Arc<Trunks>>) {
        let mut is_warned = false;
        if let Some(kept) = self.kept().await {
            self.publish(kept, &trunks);
        }
        while !trunks.is_closed() {
            match self.fetch().await {
                Ok(Some(list)) => {
                    self.keep(&list).await;
                    self.publish(list, &trunks);
                    is_warned = false;
                }
                Ok(None) => is_warned = false,
                Err(reason) if !std::mem::replace(&mut is_warned, true) => {
                    tracing::warn!(reason, "the trunks cannot be fetched; the last good list stays");
                }
                Err(_) => {}
            }
            // Before the first list there is nobody to talk with.
            let is_first = trunks.borrow().len() == 0;
            sleep(if is_first { self.source.every.min(Duration::from_secs(1)) } else { self.source.every })
                .await;
        }
    }

    /// The list; none if it has not changed.
    pub(crate) async fn fetch(&mut self) -> Result<Option<TrunkList>, String> {
        let base = self.source.platform.as_str().trim_end_matches('/');
        let signed = Signed::Request { method: "GET", path: TRUNKS_PATH, body: b"" };
        let signature = sign(&self.source.secret, signed, Timestamp::now().as_second());
        let mut request = self.client.get(format!("{base}{TRUNKS_PATH}")).header(SIGNATURE_HEADER, signature);
        if let Some(etag) = &self.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let mut response = request.send().await.map_err(|error| whole(&error))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(None),
            other => return Err(format!("the platform answers {} for {TRUNKS_PATH}", other.as_u16())),
        }
        let etag = response.headers().get(header::ETAG).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.to_string())? {
            if body.len() + chunk.len() > MOST_TRUNK_LIST_BYTES {
                return Err("the list of trunks is too large".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let list = read(&body, MOST_TRUNK_LIST_BYTES).map_err(|error| error.to_string())?;
        self.etag = etag;
        Ok(Some(list))
    }

    fn publish(&self, list: TrunkList, trunks: &watch::Sender<Arc<Trunks>>) {
        let (new, refused) = Trunks::new(list, self.source.is_public);
        for reason in refused {
            tracing::error!(reason, "a trunk is left out");
        }
        tracing::info!(trunks = new.len(), "the trunks have changed");
        trunks.send_replace(Arc::new(new));
    }

    async fn kept(&self) -> Option<TrunkList> {
        let body = tokio::fs::read(self.source.file.as_ref()?).await.ok()?;
        read(&body, MOST_TRUNK_LIST_BYTES).ok()
    }

    async fn keep(&self, list: &TrunkList) {
        let Some(path) = self.source.file.clone() else { return };
        let body = ringfall_control::write(list);
        let written = tokio::task::spawn_blocking(move || replace(&path, body.as_bytes())).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "the list of trunks cannot be kept");
        }
    }
}

/// What lies below an error of the client, which itself says little.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(below) = source {
        text = format!("{text}: {below}");
        source = below.source();
    }
    text
}

/// Writes a file whole or not at all; it holds secrets.
fn replace(path: &Path, body: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&new)?.write_all(body)?;
    std::fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::HeaderMap, response::IntoResponse, routing::get};
    use ringfall_control::signature::verify;

    use super::*;
    use crate::trunks::tests::trunk;

    async fn list(headers: HeaderMap) -> impl IntoResponse {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let signed = Signed::Request { method: "GET", path: TRUNKS_PATH, body: b"" };
        let secret = "relay-secret-of-16".parse().expect("a secret");
        if verify(&secret, text(SIGNATURE_HEADER), signed, Timestamp::now().as_second()).is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        if text("if-none-match") == "\"one\"" {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        let list = TrunkList { trunks: vec![trunk("one", "192.0.2.0/24", "+18005550111")] };
        ([("etag", "\"one\"")], ringfall_control::write(&list)).into_response()
    }

    fn fetching(port: u16, secret: &str, file: Option<PathBuf>) -> Fetching {
        let platform = format!("http://127.0.0.1:{port}/").parse().expect("a URL");
        let secret = secret.parse().expect("a secret");
        let every = Duration::from_millis(20);
        Fetching::new(Source { platform, secret, every, file, is_public: true }).expect("a client")
    }

    #[tokio::test]
    async fn the_list_is_fetched_signed_kept_and_asked_for_again_only_if_it_changed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().route(TRUNKS_PATH, get(list));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let mut right = fetching(port, "relay-secret-of-16", None);
        assert_eq!(right.fetch().await.expect("a list").expect("new").trunks.len(), 1);
        assert_eq!(right.fetch().await, Ok(None));
        let wrong = fetching(port, "another-secret-of-16", None).fetch().await;
        assert_eq!(wrong, Err("the platform answers 401 for /relay/trunks".to_owned()));

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("trunks.json");
        let published = async |fetching: Fetching| {
            let (sender, mut receiver) = watch::channel(Arc::default());
            let run = tokio::spawn(fetching.run(sender));
            let found = receiver.wait_for(|trunks: &Arc<Trunks>| trunks.len() == 1).await.is_ok();
            run.abort();
            found
        };
        assert!(published(fetching(port, "relay-secret-of-16", Some(file.clone()))).await);
        server.abort();
        // Without the platform, the last good list is what there is.
        assert!(published(fetching(1, "relay-secret-of-16", Some(file))).await);
    }
}
