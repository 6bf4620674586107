//! The carrier's REST API, in the shape of Twilio's call resource: the platform asks it what became of a leg, and may hang up.

use std::sync::Arc;

use axum::{
    Form, Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use jiff::{Timestamp, fmt::rfc2822, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ACCOUNT_SID, AUTH_TOKEN,
    exchange::{Entry, Exchange},
    orders::Order,
};

/// The routes under the base URL that the connection names.
pub(super) fn router(exchange: Arc<Exchange>) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Calls.json", get(list))
        .route("/2010-04-01/Accounts/{account}/Calls/{call}", get(fetch).post(change))
        .with_state(exchange)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQuery {
    parent_call_sid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    status: Option<String>,
    url: Option<String>,
    method: Option<String>,
}

impl Change {
    /// What is ordered of a call; none if it is nothing that this carrier does.
    fn order(self) -> Option<Order> {
        match (self.status.as_deref(), self.url, self.method.as_deref()) {
            (Some("completed"), None, None) => Some(Order::HangUp),
            (None, Some(url), Some("POST")) => Some(Order::Redirect(url)),
            _ => None,
        }
    }
}

async fn list(
    State(exchange): State<Arc<Exchange>>,
    Path(account): Path<String>,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Response {
    if !signed_in(&account, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let legs: Vec<Value> = exchange.legs_of(&query.parent_call_sid).iter().map(resource).collect();
    Json(json!({"calls": legs, "next_page_uri": null})).into_response()
}

async fn fetch(
    State(exchange): State<Arc<Exchange>>,
    Path((account, call)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if !signed_in(&account, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match exchange.look_up(call.trim_end_matches(".json")) {
        Some(entry) => Json(resource(&entry)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Only hanging up is possible here, and sending a caller to another document.
async fn change(
    State(exchange): State<Arc<Exchange>>,
    Path((account, call)): Path<(String, String)>,
    headers: HeaderMap,
    Form(change): Form<Change>,
) -> Response {
    if !signed_in(&account, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match exchange.look_up(call.trim_end_matches(".json")) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(entry) if entry.end.is_some() => refused(21220),
        Some(entry) => match change.order() {
            Some(Order::Redirect(_)) if entry.is_leg() => refused(21220),
            Some(order) => {
                entry.orders.give(order);
                Json(resource(&entry)).into_response()
            }
            None => refused(20001),
        },
    }
}

/// 21220: the call is not in a state in which that can be done. 20001: there is no such change.
fn refused(code: u32) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"code": code, "status": 400}))).into_response()
}

fn signed_in(account: &str, headers: &HeaderMap) -> bool {
    let expected = format!("Basic {}", BASE64.encode(format!("{ACCOUNT_SID}:{AUTH_TOKEN}")));
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    account == ACCOUNT_SID && given == Some(expected.as_str())
}

fn resource(entry: &Entry) -> Value {
    let status = match (entry.end, entry.answered_at) {
        (Some(end), _) => end.status,
        (None, Some(_)) => "in-progress",
        (None, None) => "ringing",
    };
    json!({
        "sid": entry.sid(),
        "parent_call_sid": entry.parent_sid(),
        "to": entry.to,
        "status": status,
        "date_created": time(entry.placed_at),
        "start_time": entry.answered_at.and_then(time),
        "end_time": entry.end.and_then(|end| time(end.at)),
        "duration": entry.end.map(|end| end.seconds.to_string()),
    })
}

/// `Tue, 10 Aug 2010 08:02:17 +0000`.
fn time(at: Timestamp) -> Option<String> {
    rfc2822::to_string(&at.to_zoned(TimeZone::UTC)).ok()
}
