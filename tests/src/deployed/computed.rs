//! What a call computes on Lambda: the functions as `sam build` builds them take its webhooks, and what the table's stream tells of it. The table
//! is a local stand-in: how long it takes says nothing, what the functions compute and log meanwhile does.

use std::{net::SocketAddr, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    programs::as_deployed,
    runtime::Running,
    start::{SECRET, function, make_secret, stream_of},
};
use crate::{
    aws::Aws,
    units::{SEALING_KEY, calls::Distant},
};

/// What some calls came to in one function.
#[derive(Debug, Clone, Copy)]
pub struct Computed {
    /// Its name.
    pub name: &'static str,
    /// How often it was called.
    pub events: usize,
    /// How long it has had a processor.
    pub computed: Duration,
    /// What it has logged. Lambda's own lines come to that.
    pub logged_bytes: u64,
}

/// Plays direct billed calls through the functions.
///
/// # Errors
/// They cannot be built, or a call did not go as it should.
pub async fn compute(calls: usize) -> Result<[Computed; 2]> {
    let (webhook, rollup) = (as_deployed("webhook")?, as_deployed("rollup")?);
    let aws = Aws::start_local().await?;
    make_secret(&aws, SECRET, SEALING_KEY).await?;
    let names = aws.names();
    let mut agency = Distant::start(&names).await?;
    let url = agency.url().to_owned();
    let stream = stream_of(&aws.config().await, names.as_str()).await?;
    let deployed = |program, runtime: SocketAddr| -> Command {
        let mut command = function(program, runtime, &aws, (names.as_str(), &stream));
        command.env("RINGFALL_PUBLIC_URL", &url).env("RINGFALL_PRIVATE_ADDRESSES", "allowed");
        command
    };
    let webhook = Arc::new(Running::start(|runtime| deployed(&webhook, runtime)).await?);
    let at = serve(Arc::clone(&webhook)).await?;
    let of_webhooks = measured("webhook", &webhook, async || agency.calls(&at, calls).await).await?;
    let rollup = Running::start(|runtime| deployed(&rollup, runtime)).await?;
    let of_rollup = measured("rollup", &rollup, async || {
        rollup.invoke(json!({"Records": []}).to_string()).await?;
        Ok(1)
    });
    Ok([of_webhooks, of_rollup.await?])
}

/// `play`: tells how many events it has brought.
async fn measured(
    name: &'static str,
    running: &Running,
    play: impl AsyncFnOnce() -> Result<usize>,
) -> Result<Computed> {
    let before = running.computed()?;
    let events = play().await?;
    let computed = running.computed()?.saturating_sub(before);
    Ok(Computed { name, events, computed, logged_bytes: running.logged_bytes()? })
}

/// A function URL.
async fn serve(function: Arc<Running>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = Router::new().fallback(called).with_state(function);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

async fn called(State(function): State<Arc<Running>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let event = event(uri.path(), uri.query().unwrap_or_default(), &headers, &body);
    let answered = function.invoke(event.to_string()).await;
    match answered.and_then(|answer| read(&answer)) {
        Ok((status, body)) => (status, body).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

/// What Lambda makes of a request (payload format 2.0).
fn event(path: &str, query: &str, headers: &HeaderMap, body: &Bytes) -> Value {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let headers: Vec<(String, Value)> =
        headers.map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": Value::Object(headers.into_iter().collect()),
        "requestContext": {
            "accountId": "anonymous", "apiId": "function", "domainName": "function.lambda-url.us-east-1.on.aws",
            "domainPrefix": "function", "requestId": "8f507cfc-xmpl-4697-b07a-ac58fc914c95", "routeKey": "$default",
            "stage": "$default", "time": "21/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_255_200_000_i64,
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.1", "userAgent": "TwilioProxy/1.1"},
        },
        "body": String::from_utf8_lossy(body), "isBase64Encoded": false,
    })
}

fn read(answer: &[u8]) -> Result<(StatusCode, String)> {
    let answer: Value = serde_json::from_slice(answer)?;
    ensure!(answer["isBase64Encoded"] != true, "a document is a text");
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = StatusCode::from_u16(status.context("an answer has a status")?)?;
    Ok((status, answer["body"].as_str().unwrap_or_default().to_owned()))
}
