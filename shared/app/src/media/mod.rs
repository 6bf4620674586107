//! Sounds of our own that providers fetch: the music for callers who wait, made when it is first asked for and kept as long as the process.

mod synthesis;
mod tune;
mod wav;

use std::sync::LazyLock;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use ringfall_providers::callback::HOLD_MUSIC_PATH;
use sha2::{Digest, Sha256};

/// Providers ask again after a day: what is served changes with our releases at most, and then bears another tag.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// A sound as it is served.
struct Sound {
    file: Bytes,
    tag: HeaderValue,
}

static HOLD_MUSIC: LazyLock<Sound> = LazyLock::new(|| {
    let file = wav::of_mono(&synthesis::round(), synthesis::SAMPLE_RATE);
    let digest = hex::encode(&Sha256::digest(&file)[..16]);
    let tag = HeaderValue::from_str(&format!("\"{digest}\"")).expect("hexadecimal digits are visible");
    Sound { file: file.into(), tag }
});

/// The sounds' routes. They need no key: callers hear them.
pub fn router() -> Router {
    Router::new().route(HOLD_MUSIC_PATH, get(hold_music))
}

async fn hold_music(headers: HeaderMap) -> Response {
    let Sound { file, tag } = &*HOLD_MUSIC;
    let of_its_kind = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, CACHED)];
    if has_already(&headers, tag) {
        return (StatusCode::NOT_MODIFIED, of_its_kind).into_response();
    }
    (of_its_kind, [(header::CONTENT_TYPE, "audio/wav")], file.clone()).into_response()
}

/// Whether `If-None-Match` names the tag (RFC 9110 §13.1.2).
fn has_already(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let named = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut named = named.flat_map(|value| value.split(',')).map(str::trim);
    named.any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named).as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::Request,
    };
    use ringfall_domain::config::QueuePolicy;
    use tower::ServiceExt;

    use super::*;

    async fn asked(method: &str, known: Option<&str>) -> Response {
        let mut request = Request::builder().method(method).uri("/media/hold-music.wav");
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        router().oneshot(request.body(Body::empty()).expect("a request")).await.expect("it never fails")
    }

    async fn body(response: Response) -> Bytes {
        to_bytes(response.into_body(), 1 << 20).await.expect("a body")
    }

    #[tokio::test]
    async fn the_music_is_a_wav_file_that_lasts_as_long_as_a_step_of_the_hold() {
        let response = asked("GET", None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "audio/wav");
        assert_eq!(response.headers()[header::CACHE_CONTROL], CACHED);
        let file = body(response).await;
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
        assert_eq!((&file[..4], &file[8..16], &file[36..40]), (&b"RIFF"[..], &b"WAVEfmt "[..], &b"data"[..]));
        assert_eq!(
            (number(4) + 8, number(40) + 44),
            (number(40) + 44, u32::try_from(file.len()).expect("small"))
        );
        // One channel of linear PCM, 8,000 samples a second of two bytes each.
        assert_eq!((number(20), number(24), number(28), number(32)), (0x1_0001, 8_000, 16_000, 0x10_0002));
        assert_eq!(number(40), QueuePolicy::OWN_MUSIC_SECONDS * 16_000);
    }

    /// Every machine makes the same bytes. Whoever changes the tune changes this.
    #[test]
    fn the_music_is_the_same_everywhere() {
        assert_eq!(HOLD_MUSIC.tag, "\"2b89e6b12ed47edd0907baed50e3da2a\"");
    }

    #[tokio::test]
    async fn who_has_the_music_already_is_not_sent_it_again() {
        let response = asked("HEAD", None).await;
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "384044");
        let tag = response.headers()[header::ETAG].to_str().expect("a text").to_owned();
        assert_eq!(body(response).await.len(), 0);
        for (known, status) in [
            (tag.clone(), 304),
            (format!("\"other\", W/{tag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
        ] {
            let response = asked("GET", Some(&known)).await;
            assert_eq!(response.status(), status, "{known}");
            assert_eq!(response.headers()[header::ETAG], tag);
        }
    }
}
