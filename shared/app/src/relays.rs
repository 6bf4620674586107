//! What our own media relays ask for: the trunks of all accounts, at `/relay/trunks`.
//!
//! A relay is a part of the deployment, as the functions are: it signs in with the deployment's own secret and is told every trunk, each with
//! the secret of its connection. Without such a secret there is no such path.

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use ringfall_domain::ids::ConnectionId;
use ringfall_providers::{
    Callbacks,
    relay::{
        signature::{SIGNATURE_HEADER, Signed, verify},
        text::Secret,
        trunk::{TRUNKS_PATH, Trunk, TrunkList},
        write,
    },
};
use ringfall_store::{
    port::StoreError,
    protocols::trunks::{TrunkRecord, list_trunks},
};
use sha2::{Digest, Sha256};

pub use ringfall_providers::relay::{
    recording,
    text::{BucketName, KeyPrefix},
};

use crate::{
    connection::{Connection, trunk},
    platform::Platform,
};

/// What relays sign in with. Several, so that one can be changed without a gap.
#[derive(Clone, Default)]
pub struct RelaySecrets(Arc<[Secret]>);

impl RelaySecrets {
    /// Any of these.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self(secrets.into_iter().collect())
    }
}

impl fmt::Debug for RelaySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelaySecrets({})", self.0.len())
    }
}

/// The route, if there is a secret.
pub fn router(platform: Arc<Platform>, secrets: RelaySecrets) -> Router {
    if secrets.0.is_empty() {
        return Router::new();
    }
    Router::new().route(TRUNKS_PATH, get(trunks)).with_state(Asked { platform, secrets })
}

#[derive(Clone)]
struct Asked {
    platform: Arc<Platform>,
    secrets: RelaySecrets,
}

async fn trunks(State(asked): State<Asked>, headers: HeaderMap) -> Response {
    if !is_signed(&asked, &headers) {
        return (StatusCode::UNAUTHORIZED, "expected a signature by the relay's secret\n").into_response();
    }
    match list(&asked.platform).await {
        Ok(list) => reply(&headers, &list),
        Err(error) => {
            tracing::error!(%error, "the trunks cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the trunks cannot be read now\n").into_response()
        }
    }
}

fn is_signed(asked: &Asked, headers: &HeaderMap) -> bool {
    let signed = Signed::Request { method: "GET", path: TRUNKS_PATH, body: b"" };
    let now = asked.platform.now().as_second();
    let header = headers.get(SIGNATURE_HEADER).and_then(|header| header.to_str().ok());
    header.is_some_and(|header| {
        asked.secrets.0.iter().any(|secret| verify(secret, header, signed, now).is_ok())
    })
}

async fn list(platform: &Platform) -> Result<TrunkList, StoreError> {
    let records = list_trunks(&*platform.table).await?;
    let mut trunks = Vec::with_capacity(records.len());
    for record in &records {
        match platform.read_connection(record.connection, &record.pointer.document).await {
            Ok(connection) => trunks.extend(told(platform, record, &connection)),
            // Without the keys there are no trunks, rather than fewer than there are.
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) => cannot_be_read(record.connection, &error),
        }
    }
    Ok(TrunkList { trunks })
}

/// One that cannot be read must not keep the others from their calls.
fn told(platform: &Platform, record: &TrunkRecord, connection: &Connection) -> Option<Trunk> {
    let id = record.connection;
    let Connection::Relay { credentials, trunk: document, .. } = connection else { return None };
    let callbacks = Callbacks::new(&platform.settings.public_url, id);
    let trunk = trunk(id, credentials, document, &record.numbers, &callbacks, platform.now());
    trunk.inspect_err(|error| cannot_be_read(id, error)).ok()
}

fn cannot_be_read(connection: ConnectionId, error: &dyn fmt::Display) {
    tracing::error!(%connection, %error, "a trunk cannot be read");
}

/// 304 to a relay that has this list already (RFC 9110 §13.1.2).
fn reply(headers: &HeaderMap, list: &TrunkList) -> Response {
    let body = write(list);
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has_it = known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits and quotation marks are visible");
    if has_it {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let content_type = HeaderValue::from_static("application/json");
    ([(header::ETAG, tag), (header::CONTENT_TYPE, content_type)], body).into_response()
}
