//! Accounts: opened by the operator, each with its first key, and apart from each other in everything.

use axum::{Json as Reply, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{ids::AccountId, text::Name};
use ringfall_store::{
    protocols::{
        accounts::{Made, NewKey, find_account, open},
        resources::find,
    },
    records::{account::Account, api_key::ApiKey},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    body::Json,
    idempotency::Ids,
    keys::{self, KeyBody, MadeKeyBody},
    openapi::{Endpoint, Verb},
    problem::{Answer, Refusal},
};

/// An account that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    /// What people call it.
    name: Name,
}

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountBody {
    id: AccountId,
    /// What people call it.
    name: Name,
    created_at: Timestamp,
}

/// An account with its first key: not for `Debug`.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountWithKey)]
struct OpenedAccount {
    #[serde(flatten)]
    account: AccountBody,
    /// Has every scope that concerns this account.
    key: MadeKeyBody,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    OpenApiRouter::default()
        .routes(
            Endpoint::new(
                Verb::Post,
                "/accounts",
                Scope::Accounts,
                "accounts",
                "create_account",
                "Opens an account.",
            )
            .described("Nothing of one account is seen by another, not even by the one that opened it.")
            .body::<NewAccount>(json!({"name": "Second agency"}))
            .replies::<OpenedAccount>(
                StatusCode::CREATED,
                "With its first key, whose secret is not shown again.",
            )
            .served_by(platform, create),
        )
        .routes(
            Endpoint::new(
                Verb::Get,
                "/account",
                Scope::Read,
                "accounts",
                "get_account",
                "Shows the key's account.",
            )
            .replies::<AccountBody>(StatusCode::OK, "The account of the key that asks.")
            .served_by(platform, read),
        )
}

async fn create(
    State(platform): State<Shared>,
    _: Caller,
    Ids(seed): Ids,
    Json(NewAccount { name }): Json<NewAccount>,
) -> Answer {
    let table = &*platform.table;
    let id = AccountId::from_parts(seed.milliseconds, seed.random);
    let secret = keys::make_secret(&*platform.randomness);
    let first_key = Name::try_from("First key".to_owned()).expect("it is a name");
    let key =
        NewKey { id: keys::key_id(seed), key: keys::document(first_key, Scope::OF_AN_ACCOUNT, &secret) };
    let wanted = Account { name, created_at: platform.now() };
    let made = open(table, id, &wanted, &key).await?;
    // Of an account that the first try of this request opened, nobody knows the secret.
    let secret = (made == Made::Now).then_some(secret);
    let missing = || Refusal::not_found("account", &id.to_string());
    let account = find_account(table, id).await?.ok_or_else(missing)?;
    let key = find::<ApiKey>(table, id, key.id).await?.ok_or_else(missing)?;
    let account = AccountBody { id, name: account.name, created_at: account.created_at };
    let key = KeyBody::new(keys::key_id(seed), key);
    let shown = OpenedAccount { account: account.clone(), key: key.clone().with_secret(secret) };
    let kept = OpenedAccount { account, key: key.with_secret(None) };
    Ok(keys::reply_once(&shown, &kept, "/v1/account"))
}

async fn read(State(platform): State<Shared>, caller: Caller) -> Result<Reply<AccountBody>, Refusal> {
    let id = caller.account;
    let account = find_account(&*platform.table, id).await?;
    let account = account.ok_or_else(|| Refusal::not_found("account", &id.to_string()))?;
    Ok(Reply(AccountBody { id, name: account.name, created_at: account.created_at }))
}
