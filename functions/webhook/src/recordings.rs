//! Where recordings are that media relays have put into their bucket. A link to one stands in its call for as long as it is kept; a link into the
//! bucket is good for minutes, so it is made when somebody wants to listen. Relays come and go, and so would links to them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use ringfall_lambda::Function;
use ringfall_providers::relay::recording::{RECORDINGS_PATH, is_name};

/// The route. Without a bucket in the deployment it leads nowhere.
pub(crate) fn router(function: Arc<Function>) -> Router {
    Router::new().route(&format!("{RECORDINGS_PATH}/{{name}}"), get(recording)).with_state(function)
}

async fn recording(State(function): State<Arc<Function>>, Path(name): Path<String>) -> Response {
    if !is_name(&name) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match function.recording_link(&name).await {
        Ok(Some(link)) => {
            ([(header::CACHE_CONTROL, "no-store")], Redirect::temporary(link.as_str())).into_response()
        }
        Ok(None) => (StatusCode::NOT_FOUND, "no bucket of recordings is set\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "a recording cannot be reached");
            (StatusCode::SERVICE_UNAVAILABLE, "recordings cannot be reached now\n").into_response()
        }
    }
}
