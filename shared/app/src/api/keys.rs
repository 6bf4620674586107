//! API keys: made with scopes, their secret shown once, ended when they are not needed any more.

use std::collections::BTreeSet;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use ringfall_domain::{ids::KeyId, problem::Problem, text::Name};
use ringfall_store::{
    protocols::{
        resources::{find, list as list_resources},
        save::{Expected, SaveError, Wish, save},
    },
    records::{
        api_key::{ApiKey, SecretDigest},
        idempotency::Seed,
        resource::Resource,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, schema::Type},
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    body::Json,
    idempotency::{Ids, KeptBody},
    openapi::{Endpoint, Verb},
    pages::{List, Page},
    problem::{Answer, ProblemKind, Refusal},
    query::{PathId, Query},
};
use crate::clock::Randomness;

/// A key that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewApiKey {
    /// What people call it.
    name: Name,
    /// What it may do: no more than the key that makes it.
    #[schema(min_items = 1)]
    scopes: BTreeSet<Scope>,
}

/// A key, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct KeyBody {
    id: KeyId,
    /// What people call it.
    name: Name,
    /// What it may do.
    #[schema(value_type = Vec<Scope>)]
    scopes: BTreeSet<String>,
    created_at: Timestamp,
    /// Only where it was archived: it signs in no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    archived_at: Option<Timestamp>,
}

/// A key with its secret: not for `Debug`.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKeyWithSecret)]
pub(super) struct MadeKeyBody {
    #[serde(flatten)]
    key: KeyBody,
    /// Send it as `Authorization: Bearer`. Shown only now; null where the request is answered again.
    #[schema(example = "rf_…")]
    secret: Option<String>,
}

impl KeyBody {
    pub(super) fn new(id: KeyId, resource: Resource<ApiKey>) -> Self {
        let ApiKey { name, scopes, digest: _ } = resource.document;
        Self { id, name, scopes, created_at: resource.created_at, archived_at: resource.archived_at }
    }

    /// With the secret, to be shown once.
    pub(super) const fn with_secret(self, secret: Option<String>) -> MadeKeyBody {
        MadeKeyBody { key: self, secret }
    }
}

/// Makes a secret of 256 random bits.
pub(super) fn make_secret(randomness: &dyn Randomness) -> String {
    let bits = [randomness.bits().to_be_bytes(), randomness.bits().to_be_bytes()].concat();
    format!("rf_{}", URL_SAFE_NO_PAD.encode(bits))
}

/// A key's document.
pub(super) fn document(name: Name, scopes: impl IntoIterator<Item = Scope>, secret: &str) -> ApiKey {
    ApiKey {
        name,
        scopes: scopes.into_iter().map(|scope| scope.to_string()).collect(),
        digest: SecretDigest::of(secret.as_bytes()),
    }
}

/// The reply that shows a secret. What is kept for a repetition of the request shows none.
pub(super) fn reply_once(shown: &impl Serialize, kept: &impl Serialize, location: &str) -> Response {
    let mut response = (StatusCode::CREATED, axum::Json(shown)).into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    let kept = Bytes::from(serde_json::to_vec(kept).expect("a reply always serialises"));
    response.extensions_mut().insert(KeptBody(kept));
    response
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let begun = |verb, path, id, summary| Endpoint::new(verb, path, Scope::Keys, "keys", id, summary);
    let archived = ObjectBuilder::new().schema_type(Type::Boolean);
    OpenApiRouter::default()
        .routes(
            begun(Verb::Post, "/keys", "create_key", "Makes an API key.")
                .body::<NewApiKey>(json!({"name": "Reporting", "scopes": ["read", "reports"]}))
                .replies::<MadeKeyBody>(StatusCode::CREATED, "With its secret, which is not shown again.")
                .served_by(platform, create),
        )
        .routes(
            begun(Verb::Get, "/keys", "list_keys", "Lists API keys.")
                .pages()
                .query("archived", archived, "Whether archived ones are listed.")
                .replies_page::<KeyBody>()
                .served_by(platform, list),
        )
        .routes(
            begun(Verb::Get, "/keys/{id}", "get_key", "Shows an API key.")
                .path_id::<KeyId>()
                .replies::<KeyBody>(StatusCode::OK, "Without its secret.")
                .served_by(platform, read),
        )
        .routes(
            begun(Verb::Delete, "/keys/{id}", "archive_key", "Ends an API key.")
                .described("It signs in no more. A key cannot end itself: one is always left.")
                .path_id::<KeyId>()
                .refuses(&[ProblemKind::Conflict])
                .replies::<KeyBody>(StatusCode::OK, "As it was archived.")
                .served_by(platform, archive),
        )
}

async fn create(
    State(platform): State<Shared>,
    caller: Caller,
    Ids(seed): Ids,
    Json(wanted): Json<NewApiKey>,
) -> Answer {
    check_scopes(&caller, &wanted.scopes)?;
    let (id, secret) = (key_id(seed), make_secret(&*platform.randomness));
    let document = document(wanted.name, wanted.scopes, &secret);
    let digest = document.digest.clone();
    let saved = save(&*platform.table, caller.account, id, &Wish::Create(document), platform.now()).await?;
    // A first try that died has made the key with a secret that nobody knows.
    let secret = (saved.resource.document.digest == digest).then_some(secret);
    let body = KeyBody::new(id, saved.resource);
    let location = format!("/v1/keys/{id}");
    Ok(reply_once(&body.clone().with_secret(secret), &body.with_secret(None), &location))
}

/// The id of a new key.
pub(super) const fn key_id(seed: Seed) -> KeyId {
    KeyId::from_parts(seed.milliseconds, seed.random)
}

fn check_scopes(caller: &Caller, wanted: &BTreeSet<Scope>) -> Result<(), Refusal> {
    if wanted.is_empty() {
        return Err(Refusal::of_document(vec![Problem::new("scopes", "expected at least one scope")]));
    }
    match wanted.difference(&caller.scopes).next() {
        None => Ok(()),
        Some(scope) => {
            let message = format!("a key cannot give `{scope}`, which it does not have itself");
            Err(Refusal::of_field(ProblemKind::Forbidden, "scopes", message))
        }
    }
}

async fn list(
    State(platform): State<Shared>,
    caller: Caller,
    mut query: Query,
) -> Result<axum::Json<Page<KeyBody>>, Refusal> {
    let with_archived = query.take::<bool>("archived")?.unwrap_or(false);
    let list = List::new(caller.account, format!("keys?archived={with_archived}"));
    let page = list.page(&mut query)?;
    query.finish()?;
    let listing =
        list_resources::<ApiKey>(&*platform.table, caller.account, page.after, page.limit, with_archived)
            .await?;
    Ok(axum::Json(Page {
        data: listing.resources.into_iter().map(|(id, key)| KeyBody::new(id, key)).collect(),
        next_cursor: listing.next.map(|place| list.cursor(&place)),
    }))
}

async fn read(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<axum::Json<KeyBody>, Refusal> {
    let id = parse_id(&text)?;
    let key = find::<ApiKey>(&*platform.table, caller.account, id).await?;
    key.map(|key| axum::Json(KeyBody::new(id, key))).ok_or_else(|| Refusal::not_found("key", &text))
}

async fn archive(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<axum::Json<KeyBody>, Refusal> {
    let id = parse_id(&text)?;
    if id == caller.key {
        return Err(Refusal::new(ProblemKind::Conflict, "a key cannot end itself: use another one"));
    }
    let wish = Wish::<ApiKey>::Archive { expected: Expected::Any };
    let saved = save(&*platform.table, caller.account, id, &wish, platform.now()).await;
    let saved = saved.map_err(|error| match error {
        SaveError::Missing => Refusal::not_found("key", &text),
        other => other.into(),
    })?;
    Ok(axum::Json(KeyBody::new(id, saved.resource)))
}

fn parse_id(text: &str) -> Result<KeyId, Refusal> {
    text.parse().map_err(|_| Refusal::not_found("key", text))
}
