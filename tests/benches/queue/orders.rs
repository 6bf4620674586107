//! Twilio's REST API, as far as it is ordered to redirect calls: when each order came.

use std::time::Instant;

use anyhow::{Context, Result};
use axum::{
    Form, Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    task::JoinHandle,
};

/// A call is to be redirected.
#[derive(Debug)]
pub(crate) struct Order {
    /// The index of the call.
    pub(crate) index: usize,
    /// Where it goes on.
    pub(crate) url: String,
    /// When that was ordered.
    pub(crate) at: Instant,
}

/// The stand-in; it ends when it is dropped.
pub(crate) struct Orders {
    url: String,
    received: tokio::sync::Mutex<UnboundedReceiver<Order>>,
    server: JoinHandle<()>,
}

impl Orders {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (tell, received) = mpsc::unbounded_channel();
        // No leg is known here: whoever asks hears so.
        let router = Router::new()
            .route("/2010-04-01/Accounts/{account}/Calls.json", get(|| async { Json(json!({"calls": []})) }))
            .route("/2010-04-01/Accounts/{account}/Calls/{file}", post(order))
            .with_state(tell);
        let server = tokio::spawn(async move {
            // It serves until the benchmark drops it.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, received: received.into(), server })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The next order.
    pub(crate) async fn next(&self) -> Result<Order> {
        self.received.lock().await.recv().await.context("nobody takes orders any more")
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn order(
    State(tell): State<UnboundedSender<Order>>,
    Path((_, file)): Path<(String, String)>,
    Form(form): Form<Vec<(String, String)>>,
) -> Json<Value> {
    let at = Instant::now();
    let sid = file.trim_end_matches(".json");
    let index = sid.get(2..).and_then(|digits| usize::from_str_radix(digits, 16).ok());
    let url = form.into_iter().find_map(|(name, value)| (name == "Url").then_some(value));
    if let (Some(index), Some(url)) = (index, url) {
        // The benchmark may be over.
        let _ = tell.send(Order { index, url, at });
    }
    Json(json!({"sid": sid, "status": "in-progress"}))
}
