//! An HTTP server on this machine that answers as a provider's API would, from a script.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, LOCATION, RETRY_AFTER},
};
use serde_json::{Value, json};

/// One answer of the script.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Json(u16, Value),
    Text(u16, String),
    TooManyRequests { retry_after: &'static str },
    Redirect { to: String },
    Silence,
}

impl Reply {
    /// A refusal as Twilio words it.
    pub(crate) fn refusal(status: u16, code: u32) -> Self {
        Self::Json(status, json!({"code": code, "message": "…", "status": status}))
    }
}

/// A request as the server got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    headers: Arc<Mutex<Vec<HeaderMap>>>,
}

/// The server. Once its script is at its end, it answers 404.
pub(crate) struct Server {
    pub(crate) url: String,
    script: Script,
}

impl Server {
    pub(crate) async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script =
            Script { replies: Arc::new(Mutex::new(replies.into_iter().collect())), ..Script::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, script }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().expect("no test panics here").clone()
    }

    /// Their headers, in the same order.
    pub(crate) fn headers(&self) -> Vec<HeaderMap> {
        self.script.headers.lock().expect("no test panics here").clone()
    }
}

async fn answer(State(script): State<Script>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a whole body");
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    script.seen.lock().expect("no test panics here").push(Seen {
        line: format!("{} {}", parts.method, parts.uri),
        authorization: authorization.unwrap_or("").to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    script.headers.lock().expect("no test panics here").push(parts.headers);
    let reply = script.replies.lock().expect("no test panics here").pop_front();
    let (response, body) = match reply {
        Some(Reply::Json(status, value)) => (Response::builder().status(status), value.to_string()),
        Some(Reply::Text(status, text)) => (Response::builder().status(status), text),
        Some(Reply::TooManyRequests { retry_after }) => {
            (Response::builder().status(429).header(RETRY_AFTER, retry_after), String::new())
        }
        Some(Reply::Redirect { to }) => (Response::builder().status(302).header(LOCATION, to), String::new()),
        Some(Reply::Silence) => std::future::pending().await,
        None => (Response::builder().status(404), String::new()),
    };
    response.body(Body::from(body)).expect("a response")
}
