//! Queues, live: who waits, where, and for how long still.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    ids::{AccountId, CallId, CampaignId},
    money::Money,
    plan::Plan,
    queue::{Outlook, QueueId, Waiter, seconds_between},
};
use ringfall_store::protocols::queue::{line, queues_of_account};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    openapi::{Endpoint, Verb},
    problem::Refusal,
    query::PathId,
};
use crate::{calls::queue::outlook::outlook_of_campaign, platform::Platform};

/// So many of those who wait are shown.
const MOST_SHOWN: usize = 1_000;

/// A queue at one moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Queue)]
struct QueueBody {
    /// The id of the campaign, or the name that campaigns share.
    #[schema(example = "cmp_01JD3Q4T7Y8Z9A0B1C2D3E4F5G")]
    id: String,
    /// The moment.
    at: Timestamp,
    /// The campaigns whose callers wait in it.
    campaign_ids: Vec<CampaignId>,
    /// How many wait, those who are to be called back included.
    size: usize,
    /// How long the one who came first of those who hold the line has waited; null where nobody does.
    longest_waited_seconds: Option<u32>,
    /// In the order in which they are served, the first 1,000.
    waiting: Vec<WaiterBody>,
}

/// Somebody who waits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Waiter)]
struct WaiterBody {
    call_id: CallId,
    campaign_id: CampaignId,
    /// `live`, or `callback` for one who has hung up and keeps the place.
    #[schema(example = "live")]
    kind: &'static str,
    /// 1 is next.
    position: usize,
    /// Until it is their turn, by what was seen lately.
    estimated_wait_seconds: u32,
    waited_seconds: u32,
    /// What the caller counts as worth in the order.
    value: Money,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let endpoint =
        Endpoint::new(Verb::Get, "/queues/{id}", Scope::Read, "queues", "get_queue", "Shows who waits.")
            .described(
                "By the id of a campaign that holds callers, or by the name of a queue that several share.",
            )
            .path_id::<String>()
            .replies::<QueueBody>(StatusCode::OK, "As it stands.")
            .served_by(platform, queue);
    OpenApiRouter::default().routes(endpoint)
}

async fn queue(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<Json<QueueBody>, Refusal> {
    let (id, campaign_ids) = queue_named(&platform, caller.account, &text).await?;
    let found = line(&*platform.table, caller.account, &id, MOST_SHOWN).await?;
    let outlooks = outlooks(&platform, caller.account, &found.waiters).await?;
    Ok(Json(shown(&id, campaign_ids, &found.waiters, &outlooks, platform.now())))
}

/// The queue of that name, or of the campaign of that id, with all campaigns whose callers wait in it.
pub(super) async fn queue_named(
    platform: &Platform,
    account: AccountId,
    text: &str,
) -> Result<(QueueId, Vec<CampaignId>), Refusal> {
    let missing = || Refusal::not_found("queue", text);
    let asked: QueueId = text.parse().map_err(|_| missing())?;
    let queues = queues_of_account(&*platform.table, account).await?;
    let is_asked =
        |(campaign, queue): &&(CampaignId, QueueId)| *queue == asked || QueueId::Campaign(*campaign) == asked;
    let id = queues.iter().find(is_asked).map(|(_, queue)| queue.clone()).ok_or_else(missing)?;
    let campaigns =
        queues.into_iter().filter(|(_, queue)| *queue == id).map(|(campaign, _)| campaign).collect();
    Ok((id, campaigns))
}

/// By the campaigns of those who wait.
async fn outlooks(
    platform: &Platform,
    account: AccountId,
    waiters: &[Waiter],
) -> Result<BTreeMap<CampaignId, Outlook>, Refusal> {
    let mut outlooks = BTreeMap::new();
    for campaign in waiters.iter().map(|waiter| waiter.campaign) {
        if outlooks.contains_key(&campaign) {
            continue;
        }
        let plan: Option<Arc<Plan>> = platform.plan(account, campaign).await?;
        if let Some(plan) = plan {
            outlooks.insert(campaign, outlook_of_campaign(platform, &plan).await?);
        }
    }
    Ok(outlooks)
}

fn shown(
    id: &QueueId,
    campaign_ids: Vec<CampaignId>,
    waiters: &[Waiter],
    outlooks: &BTreeMap<CampaignId, Outlook>,
    at: Timestamp,
) -> QueueBody {
    let waiting: Vec<WaiterBody> = waiters
        .iter()
        .zip(0_u32..)
        .map(|(waiter, ahead)| WaiterBody {
            call_id: waiter.call,
            campaign_id: waiter.campaign,
            kind: waiter.kind.as_str(),
            position: ahead as usize + 1,
            estimated_wait_seconds: outlooks
                .get(&waiter.campaign)
                .map_or(0, |outlook| outlook.wait_seconds(ahead)),
            waited_seconds: seconds_between(waiter.entered_at, at),
            value: waiter.value,
        })
        .collect();
    let live = waiting.iter().filter(|waiter| waiter.kind == "live");
    QueueBody {
        id: id.to_string(),
        at,
        campaign_ids,
        size: waiting.len(),
        longest_waited_seconds: live.map(|waiter| waiter.waited_seconds).max(),
        waiting,
    }
}
