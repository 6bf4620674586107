//! `Idempotency-Key`: a POST that is sent again is not carried out again.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use ringfall_store::{
    protocols::idempotency::{Begun, Keyed, Turn, begin, finish, forget, give_back},
    records::idempotency::{RequestDigest, Seed, StoredResponse},
};

use super::{
    Shared,
    auth::Caller,
    body,
    problem::{Answer, ProblemKind, Refusal},
};
use crate::platform::Platform;

/// Carries a key that the client makes up for one request.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that a reply is an earlier one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key.
const MOST_CHARACTERS: usize = 255;
/// The headers that are kept with a reply.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// The body that is kept in place of the one that is sent: without what is shown once.
#[derive(Clone)]
pub(super) struct KeptBody(pub(super) Bytes);

/// What the ids of a request's new resources are made of.
pub(super) struct Ids(pub(super) Seed);

impl FromRequestParts<Shared> for Ids {
    type Rejection = Refusal;

    /// Those of the request's first try, or fresh ones.
    async fn from_request_parts(parts: &mut Parts, platform: &Shared) -> Result<Self, Refusal> {
        Ok(Self(parts.extensions.get().copied().unwrap_or_else(|| fresh(platform))))
    }
}

fn fresh(platform: &Platform) -> Seed {
    let milliseconds = u64::try_from(platform.now().as_millisecond()).unwrap_or_default();
    Seed { milliseconds, random: platform.randomness.bits() }
}

/// Carries out a request, or answers it as it was answered before.
pub(super) async fn once(platform: &Platform, caller: &Caller, request: Request, next: Next) -> Answer {
    let Some(key) = idempotency_key(request.headers())? else { return Ok(next.run(request).await) };
    let (mut parts, body) = request.into_parts();
    let body = body::read(body).await?;
    let keyed = keyed(caller, &key, &parts, &body);
    match begin(&*platform.table, &keyed, fresh(platform), platform.now()).await? {
        Begun::Yours(turn) => {
            parts.extensions.insert(turn.seed);
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            Ok(keep(platform, &keyed, &turn, response).await)
        }
        Begun::Answered(stored) => Ok(replay(stored)),
        Begun::InProgress => {
            Err(of_key(ProblemKind::Conflict, "the same request is being carried out: ask again in a moment"))
        }
        Begun::OtherRequest => {
            Err(of_key(ProblemKind::Invalid, "the key was used for another request within the last 24 hours"))
        }
    }
}

fn of_key(kind: ProblemKind, message: &str) -> Refusal {
    Refusal::of_field(kind, "Idempotency-Key", message)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=MOST_CHARACTERS).contains(&key.len()));
    match (key, values.next()) {
        (Some(key), None) => Ok(Some(key.to_owned())),
        (None, _) | (_, Some(_)) => {
            Err(of_key(ProblemKind::Malformed, "expected one key of 1 to 255 visible ASCII characters"))
        }
    }
}

fn keyed(caller: &Caller, key: &str, parts: &Parts, body: &[u8]) -> Keyed {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    Keyed {
        account: caller.account,
        idempotency_key: RequestDigest::of(&[key.as_bytes()]),
        request: RequestDigest::of(&[parts.method.as_str().as_bytes(), target.as_bytes(), body]),
    }
}

/// Keeps what was done. Of what was refused nothing is kept, so that a corrected request may carry the same key; what
/// failed may be tried again, with the same ids.
async fn keep(platform: &Platform, keyed: &Keyed, turn: &Turn, response: Response) -> Response {
    let (table, status) = (&*platform.table, response.status());
    let (response, kept) = if status.is_success() {
        let (response, stored) = stored(response).await;
        (response, finish(table, keyed, turn, &stored).await)
    } else if status.is_server_error() || turn.is_taken_over {
        (response, give_back(table, keyed, turn, platform.now()).await)
    } else {
        (response, forget(table, keyed, turn).await)
    };
    if let Err(error) = kept {
        // The request itself was carried out; a repetition is taken over with the same ids once its time is up.
        tracing::warn!(%error, "what became of a request with an idempotency key could not be kept");
    }
    response
}

async fn stored(response: Response) -> (Response, StoredResponse) {
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let kept = parts.extensions.remove::<KeptBody>().map_or_else(|| body.clone(), |kept| kept.0);
    let headers: BTreeMap<String, String> = KEPT
        .iter()
        .filter_map(|name| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned())))
        .collect();
    let stored = StoredResponse {
        status: parts.status.as_u16(),
        headers,
        body: String::from_utf8_lossy(&kept).into_owned(),
    };
    (Response::from_parts(parts, Body::from(body)), stored)
}

fn replay(stored: StoredResponse) -> Response {
    let mut response = Response::new(Body::from(stored.body));
    *response.status_mut() = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for name in KEPT {
        if let Some(value) =
            stored.headers.get(name.as_str()).and_then(|value| HeaderValue::from_str(value).ok())
        {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
