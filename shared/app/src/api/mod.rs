//! REST v1: what an account configures, and what became of its calls.
//!
//! A request passes [`problem::told`] (its id, and the form of every refusal), the guard of its endpoint
//! ([`openapi`]: the key, the scope, the idempotency key) and reaches a handler, which reads ([`body`], [`query`],
//! [`pages`], [`etag`]), asks the store's protocols, and replies.
//!
//! - [`resources`]: connections, publishers, buyers, targets, campaigns and numbers, all served alike.
//! - [`usage`]: how much of a buyer's limits is in use.
//! - [`accounts`], [`keys`]: who may ask. [`first_account`]: how it all begins.
//! - [`calls`], [`reports`], [`rebuild`], [`ledger`]: what became of calls, and what they earned.
//! - [`queues`], [`callbacks`]: who waits, on the line or not.
//! - [`simulation`]: where a call would go.
//!
//! Invariants: nothing of one account is seen by another; what another account has does not exist. A secret is shown once
//! or never. Every refusal of a document names its field.

mod accounts;
mod auth;
mod body;
mod callbacks;
mod caller_facts;
mod calls;
mod decision;
mod etag;
mod first_account;
mod idempotency;
mod keys;
mod ledger;
mod network;
mod openapi;
mod pages;
mod problem;
mod query;
mod queues;
mod rebuild;
mod reports;
mod resources;
mod simulation;
mod span;
#[cfg(test)]
mod tests;
mod usage;
mod waited;

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state, routing::get};
use bytes::Bytes;
use http::header;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use self::problem::{ProblemKind, Refusal, told};
pub use self::{
    auth::{Scope, UnknownScope},
    first_account::{FirstAccountError, FirstKey, MadeKey, ensure_first_account},
};
use crate::platform::Platform;

/// What every handler is given.
type Shared = Arc<Platform>;

const DESCRIPTION_PATH: &str = "/v1/openapi.json";

/// REST v1 under `/v1`, with its description at `/v1/openapi.json` and pages to try it at `/docs`.
///
/// # Panics
/// Never: a description has text keys and no failing serialisers.
pub fn router(platform: Arc<Platform>) -> Router {
    let v1 = endpoints(&platform).fallback(no_such_path);
    let (router, description) =
        OpenApiRouter::with_openapi(openapi::base()).nest("/v1", v1).split_for_parts();
    let description = Bytes::from(serde_json::to_vec(&description).expect("a description always serialises"));
    let describe = move || async move { ([(header::CONTENT_TYPE, "application/json")], description) };
    let pages = SwaggerUi::new("/docs").config(Config::from(DESCRIPTION_PATH));
    router
        .route(DESCRIPTION_PATH, get(describe))
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&platform), told))
        .with_state(platform)
        .merge(pages)
}

fn endpoints(platform: &Shared) -> OpenApiRouter<Shared> {
    [
        resources::routes(platform),
        usage::routes(platform),
        queues::routes(platform),
        callbacks::routes(platform),
        calls::routes(platform),
        reports::routes(platform),
        rebuild::routes(platform),
        ledger::routes(platform),
        simulation::routes(platform),
        keys::routes(platform),
        accounts::routes(platform),
    ]
    .into_iter()
    .fold(OpenApiRouter::default(), OpenApiRouter::merge)
}

async fn no_such_path() -> Refusal {
    Refusal::new(ProblemKind::NotFound, "there is no such path; see /v1/openapi.json")
}

async fn no_such_method() -> Refusal {
    Refusal::new(ProblemKind::MethodNotAllowed, "the path has no such method; see /v1/openapi.json")
}
