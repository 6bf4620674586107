//! A platform that answers as it is told, and keeps what it hears.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    routing::{get, post},
};
use jiff::Timestamp;
use ringfall_control::{
    Notice, read,
    signature::{SIGNATURE_HEADER, Signed, verify},
};
use tokio::{net::TcpListener, sync::Notify};

/// What the trunk's notices and commands are signed with.
pub(crate) const SECRET: &str = "0123456789abcdef";

/// What the relay signs its own request with.
pub(crate) const RELAY_SECRET: &str = "relay-secret-of-16";

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

type Answer = Box<dyn Fn(&str, &Notice) -> (StatusCode, String) + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    trunks: String,
    answer: Answer,
    heard: Mutex<Vec<(String, Notice)>>,
    news: Notify,
}

impl Platform {
    /// `trunk` makes the trunk's JSON of the platform's base URL; `answer` the orders' JSON of a path and a notice.
    pub(crate) async fn start(
        trunk: impl FnOnce(&str) -> String,
        answer: impl Fn(&str, &Notice) -> (StatusCode, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let inner = Arc::new(Inner {
            trunks: format!(r#"{{"trunks":[{}]}}"#, trunk(&format!("http://{address}"))),
            answer: Box::new(answer),
            heard: Mutex::default(),
            news: Notify::new(),
        });
        let router = Router::new()
            .route("/relay/trunks", get(async |State(inner): State<Arc<Inner>>| inner.trunks.clone()))
            .route("/{path}", post(hear))
            .with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, inner }
    }

    /// Waits for a notice at a path that is as wanted.
    pub(crate) async fn hears(&self, path: &str, wanted: impl Fn(&Notice) -> bool) -> Notice {
        let waiting = async {
            loop {
                let news = self.inner.news.notified();
                let found = {
                    let heard = self.inner.heard.lock().expect("no panic");
                    let mut found = heard.iter().filter(|(at, notice)| at == path && wanted(notice));
                    found.next().map(|(_, notice)| notice.clone())
                };
                match found {
                    Some(notice) => return notice,
                    None => news.await,
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| unreachable!("nothing as wanted at {path}: {:#?}", self.heard()))
    }

    /// All that was heard, with the paths.
    pub(crate) fn heard(&self) -> Vec<(String, Notice)> {
        self.inner.heard.lock().expect("no panic").clone()
    }
}

async fn hear(
    State(inner): State<Arc<Inner>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let signature = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = SECRET.parse().expect("a secret");
    let now = Timestamp::now().as_second();
    if verify(&secret, signature, Signed::Notice { body: &body }, now).is_err() {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    let notice: Notice = read(&body, 65_536).expect("a notice");
    let answer = (inner.answer)(uri.path(), &notice);
    inner.heard.lock().expect("no panic").push((uri.path().to_owned(), notice));
    inner.news.notify_waiters();
    answer
}
