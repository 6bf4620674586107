use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response as Answer},
    routing::any,
};

use super::*;

const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0";
const MP3: &[u8] = b"\xff\xfb\x90\x64\0\0\0\0\0\0\0\0\0\0\0\0";

/// Serves one answer to whatever is asked.
async fn server<A>(answer: A) -> AudioUrl
where
    A: Fn(Method) -> Answer + Clone + Send + Sync + 'static,
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hold", listener.local_addr().expect("an address"));
    let serve = async move |State(answer): State<A>, method: Method| answer(method);
    let router = Router::new().fallback(any(serve)).with_state(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url.parse().expect("a URL")
}

async fn of_file(content_type: &'static str, file: &'static [u8]) -> Result<(), AudioFault> {
    let url = server(move |_| ([(header::CONTENT_TYPE, content_type)], file).into_response()).await;
    fetched(&url).await
}

async fn fetched(url: &AudioUrl) -> Result<(), AudioFault> {
    AudioProbe::new(Reach::Anywhere).fetch(url).await
}

fn not_audio(what: &str) -> Result<(), AudioFault> {
    Err(AudioFault::NotAudio(what.to_owned()))
}

#[tokio::test]
async fn a_sound_is_known_by_its_type_or_by_how_it_begins() {
    for (content_type, file) in [
        ("audio/mpeg", &b"anything"[..]),
        ("Audio/X-WAV; rate=8000", b""),
        ("application/octet-stream", WAV),
        ("binary/octet-stream", MP3),
        ("application/octet-stream", b"ID3\x04\0\0\0\0\0\0"),
    ] {
        assert_eq!(of_file(content_type, file).await, Ok(()), "{content_type}");
    }
    let untyped = server(|_| {
        let mut answer = WAV.into_response();
        answer.headers_mut().remove(header::CONTENT_TYPE);
        answer
    });
    assert_eq!(fetched(&untyped.await).await, Ok(()));
}

#[tokio::test]
async fn what_is_no_sound_is_said_so() {
    let octets = "application/octet-stream";
    for (content_type, file, what) in [
        ("text/html; charset=utf-8", WAV, "text/html"),
        ("video/mp4", MP3, "video/mp4"),
        (octets, b"RIFF\x24\0\0\0AVI LIST".as_slice(), octets),
        (octets, b"\xff\xf1\x50\x80", octets),
        (octets, b"", octets),
    ] {
        assert_eq!(of_file(content_type, file).await, not_audio(what), "{content_type}");
    }
}

#[tokio::test]
async fn an_answer_without_the_file_is_a_fault() {
    for status in [404, 403, 500, 204] {
        let code = StatusCode::from_u16(status).expect("a status");
        let url = server(move |_| (code, [(header::CONTENT_TYPE, "audio/wav")], WAV).into_response()).await;
        assert_eq!(fetched(&url).await, Err(AudioFault::Status(status)));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hold.wav?signature=secret", listener.local_addr().expect("an address"));
    drop(listener);
    let fault = fetched(&url.parse().expect("a URL")).await.expect_err("nobody listens");
    assert!(matches!(fault, AudioFault::Unreachable(_)) && !fault.to_string().contains("secret"), "{fault}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_head_is_asked_by_get() {
    for status in [StatusCode::METHOD_NOT_ALLOWED, StatusCode::FORBIDDEN] {
        let url = server(move |method| match method {
            Method::GET => ([(header::CONTENT_TYPE, "audio/wav")], WAV).into_response(),
            _ => status.into_response(),
        });
        assert_eq!(fetched(&url.await).await, Ok(()), "{status}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hold.wav", listener.local_addr().expect("an address"));
    let probe = AudioProbe::with_patience(Reach::Anywhere, Duration::from_millis(100));
    let fault = probe.fetch(&url.parse().expect("a URL")).await.expect_err("no answer");
    assert_eq!(fault.to_string(), "it cannot be fetched: no answer within 100ms");
}

#[tokio::test]
async fn a_redirect_is_followed_and_not_for_ever() {
    let file = server(|_| ([(header::CONTENT_TYPE, "audio/wav")], WAV).into_response()).await;
    let to_file =
        server(move |_| (StatusCode::FOUND, [(header::LOCATION, file.to_string())]).into_response()).await;
    assert_eq!(fetched(&to_file).await, Ok(()));
    let to_itself = server(|_| (StatusCode::FOUND, [(header::LOCATION, "/again")]).into_response()).await;
    let fault = fetched(&to_itself).await.expect_err("a circle").to_string();
    assert!(fault.contains("redirected too often"), "{fault}");
}

#[tokio::test]
async fn what_is_not_on_the_public_internet_is_not_asked_for() {
    let url = server(|_| ([(header::CONTENT_TYPE, "audio/wav")], WAV).into_response()).await;
    let probe = AudioProbe::new(Reach::PublicOnly);
    assert_eq!(probe.fetch(&url).await, Err(AudioFault::Private));
    let by_name = url.to_string().replace("127.0.0.1", "localhost").parse().expect("a URL");
    assert_eq!(probe.fetch(&by_name).await, Err(AudioFault::Private));
}
