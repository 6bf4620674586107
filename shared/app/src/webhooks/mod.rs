//! The providers' webhooks: `/webhooks/{connection}/{event}`.
//!
//! In this order: size, connection, signature, form, decision, document. Nothing in a body is believed before its
//! signature is. Whatever fails behind the signature, the caller still hears something: the campaign's fallback number
//! is dialled where it is known, an apology is spoken where it is not.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use ringfall_domain::{
    call::{
        event::{Event, EventKind},
        instructions::{Continuation, HoldStep, Instruction, Instructions, Sound, Speech},
        step::fallback,
    },
    config::QueuePolicy,
    ids::ConnectionId,
    phone::PhoneNumber,
};
use ringfall_providers::{
    Callbacks, ParseError, Rendered, SignatureRefused, Webhook, WebhookEvent, WebhookRequest,
};
use ringfall_store::port::StoreError;

use crate::{
    calls::{self, Failure},
    connection::Connected,
    platform::Platform,
};

/// The largest webhook that is read. Providers send a few KB; a SIP INVITE in JSON is some tens.
pub const MOST_BODY_BYTES: usize = 64 * 1024;
/// The longest URL that is read.
const MOST_URL_BYTES: usize = 4 * 1024;
/// The webhooks' routes.
pub fn router(platform: Arc<Platform>) -> Router {
    Router::new().route("/webhooks/{connection}/{event}", any(receive)).with_state(platform)
}

/// Why a webhook is not answered with a document.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("no such webhook")]
    Unknown,
    #[error("webhooks come by GET or POST")]
    Method,
    #[error("the body is larger than {MOST_BODY_BYTES} bytes")]
    TooLarge,
    #[error("the body did not arrive whole")]
    Broken,
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error("the platform cannot answer now")]
    Store(#[from] StoreError),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken | Self::Parse(_) => StatusCode::BAD_REQUEST,
            Self::Signature(_) => StatusCode::FORBIDDEN,
            Self::Store(error) => {
                tracing::error!(%error, "a webhook's connection cannot be read");
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        (status, self.to_string()).into_response()
    }
}

async fn receive(
    State(platform): State<Arc<Platform>>,
    Path((connection, event)): Path<(String, String)>,
    request: Request,
) -> Response {
    let began = std::time::Instant::now();
    let event: Option<WebhookEvent> = event.parse().ok();
    let response = match (connection.parse(), event) {
        (Ok(connection), Some(event)) => {
            answer(&platform, connection, event, request).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => Refusal::Unknown.into_response(),
    };
    let name = event.map_or("unknown", WebhookEvent::as_str);
    platform.metrics.webhook(name, response.status().as_u16(), began.elapsed());
    response
}

async fn answer(
    platform: &Platform,
    connection: ConnectionId,
    event: WebhookEvent,
    request: Request,
) -> Result<Response, Refusal> {
    let arrived_at = platform.now();
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST && parts.method != Method::GET {
        return Err(Refusal::Method);
    }
    let path_and_query = parts.uri.path_and_query().map_or("", |path| path.as_str());
    if path_and_query.len() > MOST_URL_BYTES {
        return Err(Refusal::TooLarge);
    }
    let body = read(&parts.headers, body).await?;
    let connected = platform.connection(connection).await?.ok_or(Refusal::Unknown)?;
    let url = format!("{}{path_and_query}", platform.settings.public_url.as_str().trim_end_matches('/'));
    let request = WebhookRequest {
        event,
        method: &parts.method,
        url: &url,
        headers: &parts.headers,
        body: &body,
        arrived_at,
    };
    connected.provider.verify(&request)?;
    let webhook = connected.provider.parse(&request, &connected.callbacks)?;
    let instructions = drive(platform, &connected, &url, webhook, arrived_at).await;
    Ok(document(instructions))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MOST_BODY_BYTES) {
        return Err(Refusal::TooLarge);
    }
    let collected = Limited::new(body, MOST_BODY_BYTES).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.downcast_ref::<LengthLimitError>().is_some() { Refusal::TooLarge } else { Refusal::Broken }
    })
}

/// Drives a verified webhook and renders what comes of it. Never fails: there is a caller on the line.
async fn drive(
    platform: &Platform,
    connected: &Connected,
    url: &str,
    webhook: Webhook,
    arrived_at: Timestamp,
) -> Rendered {
    let Webhook { call, event } = webhook;
    let campaign = Callbacks::position(url).campaign;
    let event = Event { arrived_at, kind: event };
    match calls::handle(platform, connected, call, campaign, &event).await {
        Ok(answer) => {
            let callbacks = match answer.campaign {
                Some(campaign) => &connected.callbacks.for_campaign(campaign),
                None => &connected.callbacks,
            };
            connected.provider.render(&answer.instructions, call, callbacks)
        }
        Err(failure) => {
            let fallback = failure.fallback_number.is_some();
            tracing::error!(%call, fault = %failure.fault, fallback, "a webhook could not be driven");
            platform.metrics.failures.inc();
            connected.provider.render(&last_resort(&event.kind, failure), call, &connected.callbacks)
        }
    }
}

/// What is said when the platform has failed, to whoever is on the line.
fn last_resort(event: &EventKind, failure: Failure) -> Instructions {
    match event {
        EventKind::LegProgress { .. } | EventKind::CallProgress(_) | EventKind::CallbackProgress { .. } => {
            Vec::new()
        }
        // The one who answered is let go: the caller is still there, and the waterfall goes on.
        EventKind::LegAnswered { .. }
        | EventKind::Screened { .. }
        | EventKind::MessageLeft { .. }
        | EventKind::CallbackAnswered { .. }
        | EventKind::CallbackAccepted { .. } => vec![Instruction::Hangup],
        // The store may be back for the next step: who waits loses nothing by waiting on.
        EventKind::Held { node, told, .. } if failure.fallback_number.is_none() => {
            let then = Continuation::Held { node: node.clone(), told: told.clone() };
            let sound = Sound::Silence { seconds: QueuePolicy::LEAST_STEP_SECONDS };
            vec![Instruction::Hold(HoldStep { spoken: Vec::new(), sound, takes_key: false, then })]
        }
        EventKind::DialEnded { report, .. } if report.caller_is_gone || report.bridged == Some(true) => {
            vec![Instruction::Hangup]
        }
        EventKind::Arrived(_)
        | EventKind::Gathered { .. }
        | EventKind::Said { .. }
        | EventKind::Held { .. }
        | EventKind::Offered { .. }
        | EventKind::DialEnded { .. }
        | EventKind::OverflowForwardEnded { .. }
        | EventKind::CallbackAsked { .. }
        | EventKind::ForwardEnded { .. } => to_the_caller(failure.fallback_number),
    }
}

fn to_the_caller(fallback_number: Option<PhoneNumber>) -> Instructions {
    match fallback_number {
        Some(number) => fallback(&number),
        None => {
            let text =
                "We are sorry, your call cannot be completed at the moment. Please call again in a minute.";
            vec![Instruction::Say(Speech { text: text.to_owned(), language: None }), Instruction::Hangup]
        }
    }
}

fn document(rendered: Rendered) -> Response {
    ([(header::CONTENT_TYPE, rendered.content_type)], rendered.body).into_response()
}

#[cfg(test)]
mod tests;
