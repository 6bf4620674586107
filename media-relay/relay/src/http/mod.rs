//! The relay's HTTP: commands of the platform, recordings, health and metrics.

mod commands;
pub(crate) mod recordings;

use std::{io, path::PathBuf, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    routing::get,
};
use ringfall_control::limits::MOST_BODY_BYTES;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};

use crate::{Bucket, driver::Inbox, engine::Engine, metrics::Metrics, trunks::Trunks};

/// What the handlers need.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// To the thread of SIP.
    pub(crate) inbox: mpsc::UnboundedSender<Inbox>,
    /// Whose commands are believed.
    pub(crate) trunks: watch::Receiver<Arc<Trunks>>,
    /// What is told at `/metrics`.
    pub(crate) metrics: Metrics,
    /// What is told of the audio.
    pub(crate) engine: Engine,
    /// Where recordings are.
    pub(crate) recordings: PathBuf,
    /// Where they are once they are there no more.
    pub(crate) bucket: Option<Bucket>,
    /// Whether no more calls are taken.
    pub(crate) draining: watch::Receiver<bool>,
}

/// Answers until the relay stops.
pub(crate) async fn serve(listener: TcpListener, door: Door) -> io::Result<()> {
    let recordings = recordings::router(door.recordings.clone(), door.bucket.clone());
    let router = Router::new()
        .merge(commands::routes())
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .with_state(door)
        .merge(recordings);
    axum::serve(listener, router).await
}

/// 200 while calls are taken, 503 while the relay is being drained.
async fn health(State(door): State<Door>) -> (StatusCode, &'static str) {
    if *door.draining.borrow() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

async fn metrics(State(door): State<Door>) -> ([(&'static str, &'static str); 1], String) {
    let text = door.metrics.text(&door.engine.counters());
    ([("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}
