//! A dry run: where a call would go, decided by the code that decides it for real. Nothing is written.

mod number;
mod question;
mod reach;
mod run;

use std::collections::BTreeSet;

use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    config::TrackingNumber,
    flow::NodeId,
    ids::{BuyerId, CallId, CampaignId, NumberId, PublisherId, TargetId},
    money::{Amount, Money},
    phone::PhoneNumber,
    plan::Plan,
    routing::Judgement,
    tags::Tags,
    target::Destination,
};
use ringfall_store::records::plan;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) use self::number::find_number;
use self::{question::RouteSimulation, reach::Reached, run::DryRun};
use super::{
    Shared,
    auth::{Caller, Scope},
    body::Json,
    caller_facts::CallerFactsBody,
    decision::{Decision, ReasonBody},
    openapi::{Endpoint, Verb},
    problem::Refusal,
};
use crate::{
    calls::{
        arrival::{find_block, foreseen_suppression},
        judging::{caller_record, capacity_snapshot},
    },
    platform::Platform,
};

/// Where the call would go.
#[derive(Debug, Serialize, ToSchema)]
struct SimulatedRoute {
    campaign_id: CampaignId,
    publisher_id: PublisherId,
    number_id: NumberId,
    number: PhoneNumber,
    caller: String,
    caller_facts: CallerFactsBody,
    at: Timestamp,
    tags: Tags,
    /// Whether the number takes no calls for now: then nothing is asked.
    number_paused: bool,
    /// The nodes of the flow that look for a target.
    #[schema(value_type = Vec<String>)]
    route_nodes: BTreeSet<NodeId>,
    /// The nodes of the flow where the call may end without one.
    #[schema(value_type = Vec<String>)]
    end_nodes: BTreeSet<NodeId>,
    /// Who would be rung first; null where nobody would.
    would_connect_to: Option<FirstChoice>,
    /// Why the caller would be turned away on arrival, by the calls that they have made up to then; null where they would not.
    suppression: Option<ReasonBody>,
    /// Whether nobody would be rung for the hours: then the call takes the branch `after_hours` of the node, if it has one.
    after_hours: bool,
    /// The earlier call of the same caller, where this one would be a duplicate.
    duplicate_of: Option<CallId>,
    decision: Decision,
}

/// Who would be rung first.
#[derive(Debug, Serialize, ToSchema)]
struct FirstChoice {
    target_id: TargetId,
    buyer_id: BuyerId,
    destination: Destination,
    /// What the call would cost the buyer.
    #[schema(value_type = Amount)]
    price: Money,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let example = json!({"number": "+18005550111", "caller": "+12145550123", "at": "2026-11-20T16:00:00Z",
                         "tags": {"injured": "yes", "zip": "75201"}});
    let endpoint = Endpoint::new(
        Verb::Post,
        "/simulations/route",
        Scope::Read,
        "simulations",
        "simulate_route",
        "A dry run.",
    )
    .described("Decides where a call would go, by the capacity that is free now. Nothing is written.")
    .body::<RouteSimulation>(example)
    .replies::<SimulatedRoute>(StatusCode::OK, "Where it would go, and why.")
    .served_by(platform, simulate);
    OpenApiRouter::default().routes(endpoint)
}

async fn simulate(
    State(platform): State<Shared>,
    caller: Caller,
    Json(simulation): Json<RouteSimulation>,
) -> Result<axum::Json<SimulatedRoute>, Refusal> {
    let (id, number) = find_number(&platform, caller.account, &simulation.number).await?;
    let at = simulation.at.unwrap_or_else(|| platform.now());
    let plan = plan(&platform, &caller, &number).await?;
    let mut call = simulation.call(caller.account, id, &number, at);
    let block = find_block(&platform, caller.account, &call.origin.caller, at).await?;
    if let Some(suppression) = foreseen_suppression(&platform, &plan, &call, block.as_ref()).await? {
        call.turn_away(&plan, suppression);
    }
    let (capacity, _) = capacity_snapshot(&platform, &plan, at).await?;
    let past = caller_record(&platform, &plan, &call).await?.unwrap_or_default().past;
    let (plan, call, capacity, past) = (&plan, &call, &capacity, &past);
    let mut run = DryRun { plan, call, capacity, past, at, judgement: Judgement::default() };
    let is_refused = number.paused || run.call.was_turned_away();
    let reached = if is_refused { Reached::default() } else { run.go() };
    Ok(axum::Json(SimulatedRoute {
        campaign_id: number.campaign_id,
        publisher_id: number.publisher_id,
        number_id: id,
        number: number.phone_number,
        caller: call.origin.caller.to_string(),
        caller_facts: call.into(),
        at,
        number_paused: number.paused,
        route_nodes: reached.routes,
        end_nodes: reached.ends,
        would_connect_to: run.first_choice(),
        suppression: run.call.suppression.as_ref().map(ReasonBody::from),
        after_hours: run.judgement.after_hours,
        duplicate_of: run.judgement.duplicate_of,
        decision: run.decision(),
        tags: call.tags.clone(),
    }))
}

/// The plan as it is saved, not as it may be cached.
async fn plan(platform: &Platform, caller: &Caller, number: &TrackingNumber) -> Result<Plan, Refusal> {
    let item = platform.table.get(&plan::key(caller.account, number.campaign_id)).await?;
    let item = item.ok_or_else(|| Refusal::not_found("campaign", &number.campaign_id.to_string()))?;
    Ok(plan::decode(&item)?.compile()?)
}
