//! A dry run: where a call would go, decided by the code that decides it for real. Nothing is written.

mod number;
mod reach;

use std::collections::BTreeSet;

use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, KnownCaller, Origin, TelephonyRates, event::CallerFacts},
    caller::{ArrivalCounts, CallerPast, suppress},
    config::TrackingNumber,
    flow::{Node, NodeId, RouteNode},
    geography::LineType,
    ids::{BuyerId, CallId, CampaignId, NumberId, PublisherId, TargetId},
    money::Money,
    phone::{CallerNumber, PhoneNumber},
    plan::Plan,
    routing::{Candidate, CapacitySnapshot, Judgement, Outcome, Ruling, judge},
    tags::Tags,
    target::Destination,
};
use ringfall_store::records::plan;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

pub(super) use self::number::find_number;
use self::reach::{Reached, reach};
use super::{
    Shared,
    auth::{Caller, Scope},
    body::Json,
    caller_facts::CallerFactsBody,
    decision::{CandidateBody, Decision, ReasonBody},
    openapi::{Endpoint, Verb},
    problem::Refusal,
};
use crate::{
    calls::{
        arrival::find_block,
        judging::{caller_record, capacity_snapshot},
    },
    platform::Platform,
};

/// A call that might come in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RouteSimulation {
    /// The tracking number that is dialled, or its id where several connections have the same digits.
    #[schema(example = "+18005550111")]
    number: String,
    /// Who calls: a number, or `anonymous`.
    caller: PresentedCaller,
    /// When; now where it is left out.
    #[serde(default)]
    at: Option<Timestamp>,
    /// What the caller answers. A question whose answer is not given is taken as answered in every way.
    #[serde(default)]
    tags: Tags,
    /// What the provider says of the caller's place. The tags `state` and `zip` stand above it; what the number tells, below.
    #[serde(default)]
    caller_facts: CallerPlace,
}

/// Whatever the network may present.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 64, example = "+12145550123")]
struct PresentedCaller(String);

impl TryFrom<String> for PresentedCaller {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let fits = text.chars().take(65).count() <= 64 && !text.chars().any(char::is_control);
        fits.then_some(Self(text)).ok_or("expected at most 64 characters without control characters")
    }
}

/// What a provider says of a caller's place and line.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct CallerPlace {
    /// Two letters.
    #[schema(example = "TX")]
    state: Option<String>,
    /// Postal code.
    zip: Option<String>,
    /// City.
    city: Option<String>,
    /// ISO 3166 alpha-2.
    country: Option<String>,
    /// The kind of line.
    line_type: Option<LineType>,
}

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
    /// Why the caller would be turned away on arrival, however often they have called; null where they would not.
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
    let mut call = call(&caller, id, &number, &simulation, at);
    let block = find_block(&platform, caller.account, &call.origin.caller, at).await?;
    let counts = ArrivalCounts::default();
    if let Some(suppression) = suppress(plan.suppression.as_ref(), &call, block.as_ref(), counts) {
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

/// The call as it would be when it is routed.
fn call(
    caller: &Caller,
    id: NumberId,
    number: &TrackingNumber,
    simulation: &RouteSimulation,
    at: Timestamp,
) -> Call {
    let name = format!("simulation of {} at {at}", simulation.caller.0);
    let place = simulation.caller_facts.clone();
    let origin = Origin {
        connection: number.connection_id,
        campaign: number.campaign_id,
        publisher: number.publisher_id,
        number: id,
        dialled: number.phone_number.clone(),
        caller: CallerNumber::from_presented(&simulation.caller.0),
        caller_facts: CallerFacts {
            state: place.state,
            zip: place.zip,
            city: place.city,
            country: place.country,
            line_type: place.line_type,
            attestation: None,
            spam: false,
        },
        rates: TelephonyRates::default(),
        arrived_at: at,
        provider_call_id: name.clone(),
    };
    // The same question draws the same lot among equals.
    let id = CallId::of_provider_call(number.connection_id, &name);
    let mut tags = simulation.tags.clone();
    tags.fill_in(&number.tags);
    Call::new(id, caller.account, origin, tags)
}

struct DryRun<'a> {
    plan: &'a Plan,
    call: &'a Call,
    capacity: &'a CapacitySnapshot,
    past: &'a CallerPast,
    at: Timestamp,
    judgement: Judgement,
}

impl DryRun<'_> {
    /// Goes through the flow; where nobody takes the call it goes on, as a call would.
    fn go(&mut self) -> Reached {
        let flow = &self.plan.flow;
        let diverted = self.call.suppression.as_ref().and_then(|suppression| suppression.node(self.plan));
        let start = diverted.unwrap_or(&flow.start).clone();
        let mut reached = reach(flow, self.call, vec![start], self.at);
        // Each round is further along: a flow has no cycles.
        for _ in 0..flow.nodes.len() {
            if reached.routes.is_empty() {
                break;
            }
            self.judgement = self.judge(&reached.routes);
            if !self.judgement.eligible.is_empty() {
                break;
            }
            let next = reach(flow, self.call, self.without_target(&reached.routes), self.at);
            if next.routes.is_empty() {
                reached.ends.extend(next.ends);
                break;
            }
            reached =
                Reached { routes: next.routes, ends: reached.ends.into_iter().chain(next.ends).collect() };
        }
        reached
    }

    /// Where the call goes on that no target of these nodes takes. Each is judged by its own tiers.
    fn without_target(&self, nodes: &BTreeSet<NodeId>) -> Vec<NodeId> {
        let routes = nodes.iter().filter_map(|id| match self.plan.flow.nodes.get(id) {
            Some(Node::Route(route)) => Some((id, route)),
            _ => None,
        });
        let next = |(id, route): (&NodeId, &RouteNode)| {
            let after_hours = self.judge(&BTreeSet::from([id.clone()])).after_hours;
            route.without_target(after_hours).clone()
        };
        routes.map(next).collect()
    }

    fn judge(&self, nodes: &BTreeSet<NodeId>) -> Judgement {
        let tiers: Option<Vec<Vec<u8>>> = self.routes(nodes).map(|route| route.tiers.clone()).collect();
        let tiers = tiers.map(|tiers| tiers.concat());
        judge(
            self.plan,
            self.call,
            &KnownCaller::of(self.call),
            tiers.as_deref(),
            self.capacity,
            self.past,
            self.at,
        )
    }

    fn routes(&self, nodes: &BTreeSet<NodeId>) -> impl Iterator<Item = &RouteNode> {
        nodes.iter().filter_map(|id| match self.plan.flow.nodes.get(id) {
            Some(Node::Route(route)) => Some(route),
            _ => None,
        })
    }

    fn first(&self) -> Option<&Candidate> {
        self.judgement.eligible.first()
    }

    fn first_choice(&self) -> Option<FirstChoice> {
        let target = &self.plan.targets[self.first()?.target];
        Some(FirstChoice {
            target_id: target.id,
            buyer_id: self.plan.buyer_of(target).id,
            destination: target.destination.clone(),
            price: target.price,
        })
    }

    fn decision(&self) -> Decision {
        let line = |candidate: &Candidate, outcome, reason| {
            let target = &self.plan.targets[candidate.target];
            CandidateBody {
                target_id: target.id,
                buyer_id: Some(self.plan.buyer_of(target).id),
                tier: Some(candidate.tier),
                priority: Some(candidate.priority),
                attempt: None,
                outcome,
                reason,
                at: self.at,
            }
        };
        let taken = self.first().map(|first| self.plan.targets[first.target].id);
        let first = self.first().map(|first| line(first, "would_connect", ReasonBody::plain("first_choice")));
        let rulings = self.judgement.rulings(self.plan, taken, &[]);
        let others = rulings.iter().map(|Ruling { candidate, reason, .. }| {
            line(candidate, Outcome::PassedOver.as_str(), reason.into())
        });
        Decision { candidates: first.into_iter().chain(others).collect() }
    }
}
