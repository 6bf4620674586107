//! Recordings, for whoever knows their names: 128 random bits, told to the platform alone.

use std::path::PathBuf;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing,
};
use ringfall_control::recording::is_name;
use tokio::{fs::File, io::AsyncReadExt};

use crate::Bucket;

/// How much is read at once.
const CHUNK_BYTES: usize = 64 << 10;

#[derive(Debug, Clone)]
struct Kept {
    folder: PathBuf,
    bucket: Option<Bucket>,
}

/// The recordings of a folder, and of the bucket that they go into, at `/recordings/{name}`.
pub(crate) fn router(folder: PathBuf, bucket: Option<Bucket>) -> Router {
    Router::new().route("/recordings/{name}", routing::get(get)).with_state(Kept { folder, bucket })
}

async fn get(State(Kept { folder, bucket }): State<Kept>, Path(name): Path<String>) -> Response {
    if !is_name(&name) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match (File::open(folder.join(&name)).await, bucket) {
        (Ok(file), _) => from_disk(file).await,
        (Err(_), Some(bucket)) => to_bucket(&bucket, &name).await,
        (Err(_), None) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn from_disk(file: File) -> Response {
    let length = file.metadata().await.map(|known| known.len()).unwrap_or_default();
    // As long as it is now: one that is still being written is cut there.
    let file = file.take(length);
    let chunks = futures::stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        std::io::Result::Ok((read > 0).then_some((chunk, file)))
    });
    let headers =
        [(header::CONTENT_TYPE, "audio/wav".to_owned()), (header::CONTENT_LENGTH, length.to_string())];
    (headers, Body::from_stream(chunks)).into_response()
}

/// Whether it is there is the bucket's to say. The link is made anew each time, and nobody is to keep it.
async fn to_bucket(bucket: &Bucket, name: &str) -> Response {
    match bucket.link(name).await {
        Ok(link) => {
            ([(header::CACHE_CONTROL, "no-store")], Redirect::temporary(link.as_str())).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "no link into the bucket of recordings can be made");
            (StatusCode::SERVICE_UNAVAILABLE, "the bucket of recordings cannot be reached now\n")
                .into_response()
        }
    }
}
