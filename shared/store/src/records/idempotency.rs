//! IDEMPOTENCY: what became of a request that carried an `Idempotency-Key`, so that its repetition does nothing twice.

use std::{collections::BTreeMap, fmt};

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::ids::AccountId;
use sha2::{Digest, Sha256};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, StoreError, Value};

/// How long a key is remembered.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// When the item may be deleted, in whole seconds since 1970: the form that DynamoDB's time to live asks for.
pub const EXPIRES_AT_SECONDS: &str = "expires_at_seconds";
/// Until when whoever works on the request has it for itself. Absent once it is answered.
pub const BUSY_UNTIL: &str = "busy_until";
/// The answer.
pub const RESPONSE: &str = "response";

/// The digest of an idempotency key, or of all that makes a request what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestDigest(String);

impl RequestDigest {
    /// Digests the parts of a request. Each is preceded by its length, so that no two lists of parts are alike.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the ids of a request's new resources are made of. Kept from the first try, so that a second one finds what the
/// first created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// Milliseconds since 1970.
    pub milliseconds: u64,
    /// Random bits.
    pub random: u128,
}

/// An answer, as it is given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The status code.
    pub status: u16,
    /// The headers that belong to it.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Somebody works on it, and has it for itself until then.
    Busy {
        /// After this another may take it over.
        until: Timestamp,
    },
    /// It is answered.
    Answered(StoredResponse),
}

/// A request that carried an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// What was asked.
    pub request: RequestDigest,
    /// What its ids are made of.
    pub seed: Seed,
    /// How far it has come.
    pub progress: Progress,
    /// When it may be forgotten, in seconds since 1970.
    pub expires_at_seconds: i64,
}

/// All of an account's requests.
pub fn partition(account: AccountId) -> String {
    format!("{account}#I")
}

/// Where a request stands: by the digest of its key, which may be any text.
pub fn key(account: AccountId, idempotency_key: &RequestDigest) -> Key {
    Key::new(partition(account), idempotency_key.to_string())
}

/// Writes a request.
pub fn encode(record: &RequestRecord) -> Item {
    let (busy_until, response) = match &record.progress {
        Progress::Busy { until } => (Some(until.to_string()), None),
        Progress::Answered(response) => (None, Some(encode_response(response))),
    };
    Attributes::new()
        .with_text("request", &record.request)
        .with_text("seed_milliseconds", record.seed.milliseconds)
        .with_text("seed_random", record.seed.random)
        .with(EXPIRES_AT_SECONDS, record.expires_at_seconds)
        .with_some(BUSY_UNTIL, busy_until)
        .with_some(RESPONSE, response)
        .into_map()
}

/// An answer, as an attribute.
pub fn encode_response(response: &StoredResponse) -> Value {
    let headers = response.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    Attributes::new()
        .with("status", u32::from(response.status))
        .with("headers", Value::Map(headers.collect()))
        .with("body", response.body.as_str())
        .into()
}

/// Reads a request.
pub fn decode(item: &Item) -> Result<RequestRecord, StoreError> {
    let reader = Reader(item);
    let progress = match reader.optional_map(RESPONSE)? {
        Some(response) => Progress::Answered(decode_response(response)?),
        None => Progress::Busy { until: reader.time(BUSY_UNTIL)? },
    };
    Ok(RequestRecord {
        request: RequestDigest(reader.text("request")?.to_owned()),
        seed: Seed {
            milliseconds: reader.parsed("seed_milliseconds")?,
            random: reader.parsed("seed_random")?,
        },
        progress,
        expires_at_seconds: expires_at_seconds(item)?,
    })
}

/// When a request may be forgotten, in seconds since 1970.
pub fn expires_at_seconds(item: &Item) -> Result<i64, StoreError> {
    Reader(item).number(EXPIRES_AT_SECONDS)
}

fn decode_response(reader: Reader<'_>) -> Result<StoredResponse, StoreError> {
    let headers = reader.map("headers")?.0.iter().map(|(name, value)| {
        let value = value.as_text().ok_or_else(|| damaged(name, "a text"))?;
        Ok((name.clone(), value.to_owned()))
    });
    Ok(StoredResponse {
        status: reader.number("status")?,
        headers: headers.collect::<Result<_, StoreError>>()?,
        body: reader.text("body")?.to_owned(),
    })
}
