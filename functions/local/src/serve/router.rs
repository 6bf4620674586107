//! Everything that is served over HTTP.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use ringfall_app::{
    api, media,
    platform::Platform,
    relays::{self, RelaySecrets},
    rollup::checkpoint,
    webhooks,
};
use serde_json::json;
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

use super::{relay::RECORDINGS_PATH, stop::Stop};

/// Every request is answered by then, whoever sends its body slowly.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Whoever asks after our health waits no longer.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// All routes. `recordings`: those of the relay beside the platform. `stop`: from when on the process is no longer healthy.
pub(super) fn router(
    platform: Arc<Platform>,
    relays: RelaySecrets,
    recordings: Router,
    stop: Stop,
) -> Router {
    let operations = Router::new()
        .route("/", get(async || Redirect::to("/docs/")))
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .with_state(Operations { platform: Arc::clone(&platform), stop });
    let served = webhooks::router(Arc::clone(&platform))
        .merge(relays::router(Arc::clone(&platform), relays))
        .nest(RECORDINGS_PATH, recordings)
        .merge(media::router())
        .merge(api::router(platform));
    guarded(operations.merge(served))
}

/// The last net: whatever a handler does, its request is answered, and so is the next one.
fn guarded(router: Router) -> Router {
    router
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(internal_error))
        .layer(map_response(leave_the_rest))
}

/// What is left of a body that is too large is not read, so that nothing can come behind it: its sender is told to use another connection.
async fn leave_the_rest(mut response: Response) -> Response {
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

#[derive(Clone)]
struct Operations {
    platform: Arc<Platform>,
    stop: Stop,
}

/// 200 while the store answers and nobody has told us to stop.
async fn healthz(State(operations): State<Operations>) -> Response {
    let unavailable = |reason: &'static str| (StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    if operations.stop.is_asked() {
        return unavailable("stopping\n");
    }
    match tokio::time::timeout(HEALTH_TIMEOUT, checkpoint(&operations.platform)).await {
        Ok(Ok(_)) => "ok\n".into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "the store does not answer");
            unavailable("the store does not answer\n")
        }
        Err(_) => unavailable("the store does not answer in time\n"),
    }
}

async fn metrics(State(operations): State<Operations>) -> Response {
    let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], operations.platform.metrics.to_text()).into_response()
}

/// The answer to a request that made us panic, in the form of the API's refusals. A provider takes it as it takes any failure of
/// ours: it asks the number's fallback URL where it has one.
fn internal_error(_: Box<dyn Any + Send>) -> Response {
    let problem = json!({
        "type": "urn:ringfall:problem:internal",
        "title": "The platform failed",
        "status": 500,
        "detail": "this is a fault of ours, and is in our log",
    });
    let headers = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, problem.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_recording_is_had_from_the_platform_whether_its_relay_runs_or_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let recordings = folder.path().join("recordings");
        std::fs::create_dir(&recordings).expect("a folder");
        std::fs::write(recordings.join("0123456789abcdef0123456789abcdef.wav"), "RIFF").expect("a file");
        let router = Router::new().nest(RECORDINGS_PATH, ringfall_relay::recordings(folder.path(), None));
        for (name, status) in [
            ("0123456789abcdef0123456789abcdef.wav", 200),
            ("0123456789abcdef0123456789abcdee.wav", 404),
            ("..%2Ftrunks.json", 404),
        ] {
            let request = Request::get(format!("/relay/recordings/{name}")).body(Body::empty());
            let answer = router.clone().oneshot(request.expect("a request")).await.expect("it never fails");
            assert_eq!(answer.status(), status, "{name}");
        }
    }

    #[tokio::test]
    async fn a_handler_that_panics_answers_500_and_the_next_request_is_served() {
        let panics = || async { panic!("a fault of ours") as &'static str };
        let router =
            guarded(Router::new().route("/bad", get(panics)).route("/good", get(|| async { "good" })));
        for (path, status) in [("/bad", 500), ("/good", 200)] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let answer = router.clone().oneshot(request).await.expect("it never fails");
            assert_eq!(answer.status(), status);
        }
    }

    #[tokio::test]
    async fn a_connection_with_the_rest_of_a_large_body_on_it_is_not_used_again() {
        let router = guarded(Router::new().route("/", get(async || StatusCode::PAYLOAD_TOO_LARGE)));
        let request = Request::get("/").body(Body::empty()).expect("a request");
        let answer = router.oneshot(request).await.expect("it never fails");
        assert_eq!(answer.headers()[header::CONNECTION], "close");
    }
}
