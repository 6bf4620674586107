//! Profit and loss, rebuilt from the calls and the journal on request.

use axum::{Json as Reply, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    body::Json,
    openapi::{Endpoint, Verb},
    problem::{ProblemKind, Refusal},
    reports::{PnlSums, hours},
    span::Asked,
};
use crate::repair::sums::{Difference, Rebuilt, rebuild};

/// Every call of these days is read.
const MOST_DAYS: i64 = 31;
/// Of more differences, only their number is told.
const MOST_SHOWN: usize = 200;

/// What is to be rebuilt.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PnlRebuild)]
struct Wanted {
    /// The first instant, RFC 3339; moved back to a full hour.
    from: Timestamp,
    /// The instant behind the last, RFC 3339; moved forward to a full hour.
    to: Timestamp,
}

/// What was rebuilt.
#[derive(Debug, Serialize, ToSchema)]
struct PnlRebuilt {
    /// The beginning of the first hour.
    from: Timestamp,
    /// The end of the last hour.
    to: Timestamp,
    /// How many sums of one hour differed, and are corrected.
    corrected: usize,
    /// The first 200 of them.
    differences: Vec<PnlDifference>,
    /// Hours that differ but were left as they are, since changes of their calls are just being added: ask again for them in a
    /// minute.
    hours_left: Vec<Timestamp>,
}

/// A sum of one hour that differed.
#[derive(Debug, Serialize, ToSchema)]
struct PnlDifference {
    /// `campaign`, `publisher`, `buyer`, `number` or `hour`.
    #[schema(example = "campaign")]
    group_by: &'static str,
    /// The id, or the beginning of the hour.
    #[schema(example = "cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G")]
    key: String,
    /// The beginning of the hour.
    hour: Timestamp,
    /// What the report said.
    was: PnlSums,
    /// What the calls and the ledger say.
    is: PnlSums,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let endpoint = Endpoint::new(
        Verb::Post,
        "/reports/pnl/rebuild",
        Scope::Reports,
        "reports",
        "rebuild_pnl",
        "Rebuilds profit and loss.",
    )
    .described(
        "Compares each hour (UTC) with its calls and the ledger, corrects what differs, and tells it. The platform does so by itself every \
         night, and whenever it may have missed something. At most 31 days at once.",
    )
    .body::<Wanted>(json!({"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}))
    .replies::<PnlRebuilt>(StatusCode::OK, "What differed.")
    .served_by(platform, serve);
    OpenApiRouter::default().routes(endpoint)
}

async fn serve(
    State(platform): State<Shared>,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<Reply<PnlRebuilt>, Refusal> {
    let asked = Asked { from: Some(wanted.from), to: Some(wanted.to) };
    let (from, to) = hours(asked, platform.now(), MOST_DAYS, ProblemKind::Invalid)?;
    let Rebuilt { differences, hours_left } = rebuild(&platform, caller.account, from, to).await?;
    platform.metrics.sums_corrected.inc_by(differences.len() as u64);
    Ok(Reply(PnlRebuilt {
        from,
        to,
        corrected: differences.len(),
        differences: differences.into_iter().take(MOST_SHOWN).map(PnlDifference::from).collect(),
        hours_left: hours_left.into_iter().collect(),
    }))
}

impl From<Difference> for PnlDifference {
    fn from(Difference { row, was, is }: Difference) -> Self {
        Self {
            group_by: row.dimension.as_str(),
            key: row.key,
            hour: row.hour,
            was: was.into(),
            is: is.into(),
        }
    }
}
