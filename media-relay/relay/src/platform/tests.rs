use std::net::SocketAddr;

use axum::{Router, http::HeaderMap, response::IntoResponse, routing::post};
use ringfall_control::signature::verify;

use super::*;

/// One whose secret is `0123456789abcdef`.
fn trunk() -> Trunk {
    crate::trunks::tests::trunk("one", "192.0.2.0/24", "+18005550111")
}

fn notice() -> Notice {
    Notice::new("c1".parse().expect("an id"), Timestamp::UNIX_EPOCH)
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn url(address: SocketAddr, path: &str) -> HttpUrl {
    format!("http://{address}{path}").parse().expect("a URL")
}

fn platform(deadline: Duration) -> Platform {
    knowing(Vec::new(), deadline)
}

/// One where these trunks are known.
fn knowing(trunks: Vec<Trunk>, deadline: Duration) -> Platform {
    let (trunks, _) = Trunks::new(ringfall_control::TrunkList { trunks }, false);
    Platform::new(deadline, Metrics::new(), watch::channel(Arc::new(trunks)).1).expect("a client")
}

async fn signed_only(headers: HeaderMap, body: String) -> impl IntoResponse {
    let header = headers.get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let now = Timestamp::now().as_second();
    match verify(&trunk().secret, header, Signed::Notice { body: body.as_bytes() }, now) {
        Ok(()) => (StatusCode::OK, r#"{"instructions":["answer","hangup"]}"#),
        Err(_) => (StatusCode::UNAUTHORIZED, ""),
    }
}

#[tokio::test]
async fn questions_are_signed_and_answered_with_orders() {
    let address = serve(Router::new().route("/voice", post(signed_only))).await;
    let orders = platform(Duration::from_secs(5)).ask(&trunk(), &url(address, "/voice"), &notice()).await;
    assert_eq!(orders, Ok(vec![Order::Answer, Order::Hangup]));
    let other = Trunk { secret: "another-secret-of-16".parse().expect("a secret"), ..trunk() };
    let refused = platform(Duration::from_secs(5)).ask(&other, &url(address, "/voice"), &notice()).await;
    assert_eq!(refused, Err(Unanswered));
    // A secret that is being changed: the platform may know only the one before.
    let changed = Trunk { previous_secret: Some(trunk().secret), ..other };
    let orders = platform(Duration::from_secs(5)).ask(&changed, &url(address, "/voice"), &notice()).await;
    assert_eq!(orders, Ok(vec![Order::Answer, Order::Hangup]));
}

#[tokio::test]
async fn a_call_that_came_before_its_secret_was_changed_signs_with_what_is_known_now() {
    let address = serve(Router::new().route("/voice", post(signed_only))).await;
    let before = Trunk { secret: "another-secret-of-16".parse().expect("a secret"), ..trunk() };
    let platform = knowing(vec![trunk()], Duration::from_secs(5));
    let orders = platform.ask(&before, &url(address, "/voice"), &notice()).await;
    assert_eq!(orders, Ok(vec![Order::Answer, Order::Hangup]));
}

#[tokio::test]
async fn whatever_is_no_order_is_no_answer() {
    for body in ["{", r#"{"instructions":["fly"]}"#] {
        let address = serve(Router::new().route("/voice", post(move || async move { body }))).await;
        let asked = platform(Duration::from_secs(5)).ask(&trunk(), &url(address, "/voice"), &notice()).await;
        assert_eq!(asked, Err(Unanswered), "{body}");
    }
}

#[tokio::test]
async fn a_platform_that_is_silent_or_not_there_is_given_up() {
    let silent = serve(Router::new().route("/voice", post(std::future::pending::<&'static str>))).await;
    let nobody: SocketAddr = "127.0.0.1:1".parse().expect("an address");
    for address in [silent, nobody] {
        let asked =
            platform(Duration::from_millis(300)).ask(&trunk(), &url(address, "/voice"), &notice()).await;
        assert_eq!(asked, Err(Unanswered));
    }
}

#[tokio::test(start_paused = false)]
async fn a_notice_is_told_until_it_is_heard() {
    let count = Arc::new(AtomicUsize::new(0));
    let heard = count.clone();
    let answer = move || {
        let nth = heard.fetch_add(1, Ordering::Relaxed);
        async move { if nth == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT } }
    };
    let address = serve(Router::new().route("/status", post(answer))).await;
    let platform = platform(Duration::from_secs(5));
    platform.tell(&trunk(), &url(address, "/status"), &notice()).await;
    assert_eq!((count.load(Ordering::Relaxed), platform.waiting()), (2, 0));
}

#[tokio::test]
async fn a_notice_that_the_platform_cannot_take_is_not_repeated() {
    let address = serve(Router::new().route("/status", post(|| async { StatusCode::NOT_FOUND }))).await;
    let platform = platform(Duration::from_secs(5));
    platform.tell(&trunk(), &url(address, "/status"), &notice()).await;
    assert!(platform.0.metrics.text(&Default::default()).contains("notices_lost_total 1"));
}
