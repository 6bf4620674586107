//! Callbacks: who hung up, keeps a place, and is to be rung.

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, CallEnd, Fact, Origin, Stamp, TelephonyRates, event::CallerFacts},
    config::{QueuePolicy, TrackingNumber},
    flow::{Node, NodeId},
    ids::{CallId, CampaignId, NumberId},
    phone::{CallerNumber, PhoneNumber},
    plan::Plan,
    problem::Problem,
    queue::QueueId,
    tags::Tags,
};
use ringfall_store::{
    protocols::{
        callback::{Closed, cancel, find, list},
        record::record,
    },
    records::callback::Callback,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Shared,
    auth::{Caller, Scope},
    body::Json as Body,
    idempotency::Ids,
    openapi::{Endpoint, Verb},
    problem::{Answer, ProblemKind, Refusal},
    query::PathId,
    queues::queue_named,
    simulation::find_number,
};
use crate::{
    calls::{callback::keep, routing::Current},
    platform::Platform,
};

/// So many of a queue are shown.
const MOST_SHOWN: usize = 1_000;

/// Who is to be called back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCallback {
    /// The tracking number on whose behalf they are rung, and which is shown to them: its id or its digits.
    #[schema(example = "+18005550111")]
    number: String,
    /// Whom to ring.
    phone_number: PhoneNumber,
    /// What is known of them, as if they had answered it.
    #[serde(default)]
    tags: Tags,
    /// The `route` node for whose targets they wait; not needed where the flow has only one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    node: Option<NodeId>,
}

/// Somebody who hung up and is to be rung when it is nearly their turn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Callback)]
struct CallbackBody {
    /// The call in which they asked for it.
    id: CallId,
    campaign_id: CampaignId,
    /// Where their place is kept.
    queue_id: String,
    /// Whom to ring.
    phone_number: PhoneNumber,
    /// `waiting`, `ringing`, `reached`, `called_in`, `given_up` or `cancelled`.
    #[schema(example = "waiting")]
    state: &'static str,
    asked_at: Timestamp,
    /// When it is given up at the latest.
    expires_at: Timestamp,
    /// They are not rung before; null if that was never put off.
    rings_from: Option<Timestamp>,
    /// How often they were rung.
    attempts: usize,
    /// The call that has the place now: in which they were reached, or called in again.
    taken_by: Option<CallId>,
    /// When it was over, one way or the other; null while it is not.
    over_at: Option<Timestamp>,
}

/// Those of a queue who are to be rung.
#[derive(Debug, Serialize, ToSchema)]
struct Callbacks {
    /// In the order in which it is their turn, the first 1,000.
    data: Vec<CallbackBody>,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let begun = |verb, path, scope, id, summary| Endpoint::new(verb, path, scope, "callbacks", id, summary);
    let example =
        json!({"number": "+18005550111", "phone_number": "+12145550123", "tags": {"injured": "yes"}});
    OpenApiRouter::default()
        .routes(
            begun(Verb::Get, "/queues/{id}/callbacks", Scope::Read, "list_callbacks", "Lists who is to be called back.")
                .path_id::<String>()
                .replies::<Callbacks>(StatusCode::OK, "Those whose place is kept.")
                .served_by(platform, of_queue),
        )
        .routes(
            begun(Verb::Post, "/callbacks", Scope::Write, "create_callback", "Has somebody called back.")
                .described("They get a place in the queue of the number's campaign now, and are rung when it is nearly their turn.")
                .body::<NewCallback>(example)
                .replies::<CallbackBody>(StatusCode::CREATED, "As it stands.")
                .served_by(platform, create),
        )
        .routes(
            begun(Verb::Get, "/callbacks/{id}", Scope::Read, "get_callback", "Shows a callback.")
                .path_id::<CallId>()
                .replies::<CallbackBody>(StatusCode::OK, "As it stands.")
                .served_by(platform, read),
        )
        .routes(
            begun(Verb::Delete, "/callbacks/{id}", Scope::Write, "cancel_callback", "Calls a callback off.")
                .described("Whoever is being rung just now is hung up on when they answer.")
                .path_id::<CallId>()
                .refuses(&[ProblemKind::Conflict])
                .replies::<CallbackBody>(StatusCode::OK, "As it was called off.")
                .served_by(platform, call_off),
        )
}

async fn of_queue(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<Json<Callbacks>, Refusal> {
    let (queue, _) = queue_named(&platform, caller.account, &text).await?;
    let callbacks = list(&*platform.table, caller.account, &queue, MOST_SHOWN).await?;
    Ok(Json(Callbacks { data: callbacks.iter().map(CallbackBody::from).collect() }))
}

async fn read(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<Json<CallbackBody>, Refusal> {
    Ok(Json((&found(&platform, &caller, &text).await?).into()))
}

async fn call_off(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<Json<CallbackBody>, Refusal> {
    let callback = found(&platform, &caller, &text).await?;
    match cancel(&*platform.table, &callback, platform.now()).await? {
        Closed::Closed(callback) => Ok(Json((&*callback).into())),
        Closed::TooLate(callback) => {
            let message = format!("it is too late for that: the callback is {}", callback.state.as_str());
            Err(Refusal::new(ProblemKind::Conflict, message))
        }
    }
}

async fn found(platform: &Platform, caller: &Caller, text: &str) -> Result<Callback, Refusal> {
    let missing = || Refusal::not_found("callback", text);
    let id: CallId = text.parse().map_err(|_| missing())?;
    find(&*platform.table, caller.account, id).await?.ok_or_else(missing)
}

async fn create(
    State(platform): State<Shared>,
    caller: Caller,
    Ids(seed): Ids,
    Body(wanted): Body<NewCallback>,
) -> Answer {
    let (number_id, number) = find_number(&platform, caller.account, &wanted.number).await?;
    let plan = platform.plan(caller.account, number.campaign_id).await?;
    let plan = plan.ok_or_else(|| Refusal::not_found("campaign", &number.campaign_id.to_string()))?;
    let policy = callback_policy(&plan)?;
    let node = route_node(&plan, wanted.node)?;
    let id = CallId::from_parts(seed.milliseconds, seed.random);
    let call =
        asked_by_api(&caller, id, (number_id, &number), &wanted.phone_number, wanted.tags, platform.now());
    let mut current = Current { call, is_stored: false };
    keep(&platform, &plan, policy, &mut current, &node, wanted.phone_number).await?;
    // Nobody was on a line: there is nothing that could still end.
    let over =
        CallEnd { stamp: Stamp { arrived_at: platform.now(), occurred_at: None }, duration_seconds: Some(0) };
    record(&*platform.table, caller.account, id, &[Fact::Ended(over)]).await?;
    let callback = find(&*platform.table, caller.account, id).await?;
    let body: CallbackBody = callback.as_ref().map(CallbackBody::from).ok_or_else(|| {
        Refusal::new(ProblemKind::Conflict, "the place could not be kept: the call is over")
    })?;
    Ok(axum::response::IntoResponse::into_response((StatusCode::CREATED, Json(body))))
}

fn callback_policy(plan: &Plan) -> Result<&QueuePolicy, Refusal> {
    let policy = plan.queue.as_ref().filter(|policy| policy.callback.is_some());
    let message = "the number's campaign calls nobody back: give its `queue` a `callback`, if only as {}";
    policy.ok_or_else(|| Refusal::of_document(vec![Problem::new("number", message)]))
}

fn route_node(plan: &Plan, wanted: Option<NodeId>) -> Result<NodeId, Refusal> {
    let mut routes =
        plan.flow.nodes.iter().filter(|(_, node)| matches!(node, Node::Route(_))).map(|(id, _)| id);
    let refuse = |message: String| Refusal::of_document(vec![Problem::new("node", message)]);
    match wanted {
        Some(node) if routes.any(|id| *id == node) => Ok(node),
        Some(node) => Err(refuse(format!("the flow has no `route` node `{node}`"))),
        None => match (routes.next(), routes.next()) {
            (Some(only), None) => Ok(only.clone()),
            _ => Err(refuse("the flow has several `route` nodes: name one of them".to_owned())),
        },
    }
}

/// Stands for the call in which they would have asked for it.
fn asked_by_api(
    caller: &Caller,
    id: CallId,
    (number_id, number): (NumberId, &TrackingNumber),
    phone_number: &PhoneNumber,
    mut tags: Tags,
    at: Timestamp,
) -> Call {
    tags.fill_in(&number.tags);
    let origin = Origin {
        connection: number.connection_id,
        provider_call_id: format!("asked by API: {id}"),
        campaign: number.campaign_id,
        publisher: number.publisher_id,
        number: number_id,
        dialled: number.phone_number.clone(),
        caller: CallerNumber::from_presented(phone_number.as_str()),
        caller_facts: CallerFacts::default(),
        rates: TelephonyRates::default(),
        arrived_at: at,
    };
    Call::new(id, caller.account, origin, tags)
}

impl From<&Callback> for CallbackBody {
    fn from(callback: &Callback) -> Self {
        let queue: &QueueId = &callback.queue;
        Self {
            id: callback.call,
            campaign_id: callback.campaign,
            queue_id: queue.to_string(),
            phone_number: callback.phone_number.clone(),
            state: callback.state.as_str(),
            asked_at: callback.asked_at,
            expires_at: callback.expires_at,
            rings_from: callback.rings_from,
            attempts: callback.attempts.len(),
            taken_by: callback.taken_by,
            over_at: callback.over_at,
        }
    }
}
