//! The platform: answers each question at once, and always the same.

use std::{net::SocketAddr, sync::Arc, thread};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::json;

use super::{
    caller::NUMBER,
    message::number_in,
    times::{Place, Times},
};

/// What notices are signed with. Nobody looks at the signature: the relay's own work is measured.
const SECRET: &str = "0123456789abcdef";

#[derive(Debug, Clone)]
struct Platform {
    trunks: Arc<str>,
    orders: Arc<str>,
    times: Arc<Times>,
}

/// Starts one whose calls go to a desk: where it is.
pub(super) fn start(desk: SocketAddr, times: Arc<Times>) -> Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let trunk = json!({
        "connection": "con_load", "secret": SECRET, "numbers": [NUMBER], "allow": ["127.0.0.1/32"],
        "voice_url": format!("http://{address}/voice"), "status_url": format!("http://{address}/status"),
        "most_calls": 100_000, "most_calls_per_second": 10_000, "most_seconds": 3_600, "allowed_prefixes": ["+1"],
    });
    let connect = json!({"targets": [{"destination": {"sip_uri": format!("sip:desk@{desk}")}}],
                         "ring_timeout_seconds": 20, "most_seconds": 600});
    let platform = Platform {
        trunks: json!({"trunks": [trunk]}).to_string().into(),
        orders: json!({"instructions": [{"connect": connect}]}).to_string().into(),
        times,
    };
    let router = Router::new()
        .route("/relay/trunks", get(async |State(platform): State<Platform>| platform.trunks.to_string()))
        .route("/voice", post(voice))
        .route("/status", post(async || StatusCode::NO_CONTENT))
        .with_state(platform);
    thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(
                axum::serve::ListenerExt::tap_io(listener, |stream| _ = stream.set_nodelay(true)),
                router,
            )
            .await
        })
    });
    Ok(address)
}

async fn voice(State(platform): State<Platform>, notice: Bytes) -> String {
    let call = std::str::from_utf8(&notice).ok().and_then(number_in);
    if let Some(call) = call {
        platform.times.pass(call, Place::Asked);
    }
    let orders = platform.orders.to_string();
    if let Some(call) = call {
        platform.times.pass(call, Place::Told);
    }
    orders
}
