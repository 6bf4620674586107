//! Recordings, for whoever knows their names: 128 random bits, told to the platform alone.

use std::path::PathBuf;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing,
};
use tokio::io::AsyncReadExt;

/// How much is read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// The recordings of a folder, at `/recordings/{name}`.
pub(crate) fn router(folder: PathBuf) -> Router {
    Router::new().route("/recordings/{name}", routing::get(get)).with_state(folder)
}

async fn get(State(folder): State<PathBuf>, Path(name): Path<String>) -> Response {
    if !is_name(&name) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Ok(file) = tokio::fs::File::open(folder.join(&name)).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
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

/// Only what the relay names itself: no way leads out of the folder.
fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(".wav").unwrap_or_default();
    stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_relays_own_names_are_names() {
        assert!(is_name("0123456789abcdef0123456789abcdef.wav"));
        for name in [
            "",
            ".wav",
            "../../etc/passwd",
            "0123456789abcdef0123456789abcde/.wav",
            "0123456789ABCDEF0123456789ABCDEF.wav",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
