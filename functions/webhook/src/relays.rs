//! The trunks, for media relays. The secret that they sign in with is read when the first of them asks: most functions never are.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use ringfall_app::{
    platform::Platform,
    relays::{self, RelaySecrets},
};
use ringfall_lambda::Function;
use ringfall_providers::relay::trunk::TRUNKS_PATH;
use tokio::sync::Mutex;
use tower::ServiceExt;

/// How long the secret is kept before it is read again. It may have been changed; what it was before is good until then, and longer.
const KEPT: SignedDuration = SignedDuration::from_secs(300);

/// The route. Without a secret in the deployment it leads nowhere.
pub(crate) fn router(function: Arc<Function>, platform: Arc<Platform>) -> Router {
    let asked = Asked { function, platform, secrets: Mutex::new(None) };
    Router::new().route(TRUNKS_PATH, get(trunks)).with_state(Arc::new(asked))
}

struct Asked {
    function: Arc<Function>,
    platform: Arc<Platform>,
    secrets: Mutex<Option<(Timestamp, RelaySecrets)>>,
}

async fn trunks(State(asked): State<Arc<Asked>>, request: Request) -> Response {
    match asked.secrets().await {
        Ok(secrets) => {
            let router = relays::router(Arc::clone(&asked.platform), secrets);
            let answer: Result<Response, Infallible> = router.oneshot(request).await;
            answer.unwrap_or_else(|never| match never {})
        }
        Err(error) => {
            tracing::error!(%error, "media relays cannot sign in");
            (StatusCode::SERVICE_UNAVAILABLE, "the trunks cannot be read now\n").into_response()
        }
    }
}

impl Asked {
    async fn secrets(&self) -> Result<RelaySecrets, Box<dyn std::error::Error + Send + Sync>> {
        let mut kept = self.secrets.lock().await;
        let now = self.platform.now();
        if let Some((read_at, secrets)) = &*kept
            && now.duration_since(*read_at) < KEPT
        {
            return Ok(secrets.clone());
        }
        let texts = self.function.relay_secrets().await?;
        let secrets = texts.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
        let secrets = RelaySecrets::new(secrets);
        *kept = Some((now, secrets.clone()));
        Ok(secrets)
    }
}
