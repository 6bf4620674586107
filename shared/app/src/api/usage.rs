//! How much of a buyer's limits is in use.

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use ringfall_domain::{
    capacity::{Period, Window},
    config::Buyer,
    ids::{BuyerId, TargetId},
    money::{Amount, Money},
    text::Name,
};
use ringfall_store::{
    protocols::{reserve::read_capacity, resources::find},
    records::capacity::{CapacityRecord, ScopeRecord},
};
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

/// A buyer's limits, and what is in use of them.
#[derive(Debug, Serialize, ToSchema)]
struct BuyerUsage {
    /// Whose.
    buyer_id: BuyerId,
    /// The moment of which it tells.
    at: Timestamp,
    /// Only where it has a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<BudgetUsage>,
    /// Over all its targets.
    own: ScopeUsage,
    /// Its groups of targets, by name.
    groups: Vec<GroupUsage>,
    /// Its targets, by id.
    targets: Vec<TargetUsage>,
}

/// What is left of a budget.
#[derive(Debug, Serialize, ToSchema)]
struct BudgetUsage {
    /// The budget.
    #[schema(value_type = Amount)]
    budget: Money,
    /// What calls can still cost.
    #[schema(value_type = Amount)]
    available: Money,
    /// The prices of the calls that converted since the budget was first given, and of those in flight.
    #[schema(value_type = Amount)]
    committed: Money,
}

/// What a group's targets use together.
#[derive(Debug, Serialize, ToSchema)]
struct GroupUsage {
    /// Which group.
    name: Name,
    #[serde(flatten)]
    usage: ScopeUsage,
}

/// What a target uses.
#[derive(Debug, Serialize, ToSchema)]
struct TargetUsage {
    /// Which target.
    target_id: TargetId,
    #[serde(flatten)]
    usage: ScopeUsage,
}

/// What is in use under one set of limits. A limit that is not there is none.
#[derive(Debug, Serialize, ToSchema)]
struct ScopeUsage {
    /// Calls in flight.
    live: u32,
    /// How many may be in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency_cap: Option<u32>,
    /// The least time between two calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_seconds_between_calls: Option<u32>,
    /// When the last call was reserved; only where there is a least time between two.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_reserved_at: Option<Timestamp>,
    /// The present hour, day and month of the buyer, and all time.
    windows: Vec<WindowUsage>,
}

/// What is in use in one window.
#[derive(Debug, Serialize, ToSchema)]
struct WindowUsage {
    /// `hour`, `day`, `month` or `total`.
    #[schema(example = "day")]
    period: &'static str,
    /// When it began; not of all time.
    #[serde(skip_serializing_if = "Option::is_none")]
    began_at: Option<Timestamp>,
    /// Calls that converted, and those in flight.
    calls: u32,
    /// How many there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<u32>,
    /// Their prices.
    #[schema(value_type = Amount)]
    committed: Money,
    /// What they may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Amount>)]
    money_cap: Option<Money>,
}

pub(super) fn routes(platform: &Shared) -> OpenApiRouter<Shared> {
    let summary = "Shows how much of a buyer's limits is in use.";
    let endpoint =
        Endpoint::new(Verb::Get, "/buyers/{id}/usage", Scope::Read, "buyers", "get_buyer_usage", summary)
            .described(
                "A call counts from the moment when it is offered. It is taken off again if it does not convert, in the windows \
                 that it was counted in.",
            )
            .path_id::<BuyerId>()
            .replies::<BuyerUsage>(StatusCode::OK, "As it stands.")
            .served_by(platform, usage);
    OpenApiRouter::default().routes(endpoint)
}

async fn usage(
    State(platform): State<Shared>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<BuyerUsage>, Refusal> {
    let missing = || Refusal::not_found("buyer", &id);
    let buyer_id: BuyerId = id.parse().map_err(|_| missing())?;
    let table = &*platform.table;
    let buyer = find::<Buyer>(table, caller.account, buyer_id).await?.ok_or_else(missing)?.document;
    let record = read_capacity(table, caller.account, &[buyer_id]).await?.into_iter().next().flatten();
    let at = platform.now();
    Ok(Json(shown(buyer_id, &buyer, &record.ok_or_else(missing)?, at)))
}

fn shown(buyer_id: BuyerId, buyer: &Buyer, record: &CapacityRecord, at: Timestamp) -> BuyerUsage {
    let windows = Window::all_at(at, buyer.time_zone.zone());
    let budget = buyer.budget.zip(record.available);
    let groups = buyer.groups.iter().filter_map(|group| {
        let scope = record.groups.get(&group.name)?;
        Some(GroupUsage { name: group.name.clone(), usage: scope_usage(scope, &windows) })
    });
    let targets = record.targets.iter();
    BuyerUsage {
        buyer_id,
        at,
        budget: budget.map(|(budget, available)| BudgetUsage {
            budget,
            available,
            committed: budget - available,
        }),
        own: scope_usage(&record.buyer, &windows),
        groups: groups.collect(),
        targets: targets
            .map(|(id, scope)| TargetUsage { target_id: *id, usage: scope_usage(scope, &windows) })
            .collect(),
    }
}

fn scope_usage(scope: &ScopeRecord, windows: &[Window; 4]) -> ScopeUsage {
    let limits = &scope.limits;
    let window = |window: &Window| WindowUsage {
        period: window.period.as_str(),
        began_at: (window.period != Period::Total).then_some(window.began_at),
        calls: scope.calls_in(*window),
        cap: window.period.limit(&limits.caps),
        committed: scope.money_in(*window),
        money_cap: window.period.money_limit(&limits.money_caps),
    };
    ScopeUsage {
        live: scope.legs(),
        concurrency_cap: limits.caps.concurrency,
        minimum_seconds_between_calls: limits.minimum_seconds_between_calls,
        last_reserved_at: scope.last_reserved_at,
        windows: windows.iter().map(window).collect(),
    }
}
