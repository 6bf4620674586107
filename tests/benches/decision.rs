//! The pure decision: every one of 1,000 targets judged for one call, by its filter, its hours, its caps and its buyer's.
//!
//! - `filters alone`: the baseline of the same run, only the targets' filters.
//! - `mixed`: most targets are passed over, for every kind of reason; some would take the call.
//! - `all eligible`: every target would take the call, so that all are ordered too.
//! - `decision record`: the lines that a mixed judgement leaves in the call's record.

use std::{collections::BTreeMap, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, KnownCaller, Origin, TelephonyRates, event::CallerFacts},
    caller::CallerPast,
    capacity::{BuyerUsage, Usage},
    config::{Buyer, Campaign, Caps, Target},
    ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
    phone::CallerNumber,
    plan::Plan,
    routing::{CapacitySnapshot, judge},
    tags::Tags,
};
use serde_json::{Value, json};

const TARGETS: u128 = 1_000;
const TARGETS_PER_BUYER: u128 = 20;
const STATES: [&str; 4] = ["TX", "OK", "CA", "NY"];
const ZONES: [&str; 4] = ["America/Chicago", "America/New_York", "America/Denver", "America/Los_Angeles"];

/// A Wednesday, ten in the morning in Chicago: eight in Los Angeles.
const AT: &str = "2026-11-18T16:00:00Z";

/// What there is to decide.
struct Scene {
    plan: Plan,
    call: Call,
    capacity: CapacitySnapshot,
    at: Timestamp,
}

impl Scene {
    /// Every fourth target takes the caller's state; of those, some are closed, some are full.
    fn mixed() -> Self {
        let target = |index: u128| {
            let state = STATES[usize::try_from(index).unwrap_or(0) % STATES.len()];
            let zone = ZONES[usize::try_from(index / 8).unwrap_or(0) % ZONES.len()];
            (json!([state, "FL"]), hours(zone, "09:00"))
        };
        let live = |index: usize| u32::from(index.is_multiple_of(3)) * 2;
        Self::of(target, live)
    }

    fn all_eligible() -> Self {
        Self::of(|_| (json!(["TX", "OK"]), hours("America/Chicago", "08:00")), |_| 0)
    }

    fn of(target: impl Fn(u128) -> (Value, Value), live: impl Fn(usize) -> u32) -> Self {
        let plan = plan(target);
        let usage = |limit, live| Usage {
            caps: Caps { concurrency: Some(limit), daily: Some(50), ..Caps::default() },
            live,
            counted: [1, 7, 200, 3_000],
            ..Usage::default()
        };
        let buyer = BuyerUsage { own: usage(100, 5), ..BuyerUsage::default() };
        let capacity = CapacitySnapshot {
            buyers: vec![Some(buyer); plan.buyers.len()],
            targets: (0..plan.targets.len()).map(|index| usage(2, live(index))).collect(),
        };
        Self { plan, call: call(), capacity, at: AT.parse().expect("a time") }
    }

    fn filters_alone(&self) -> usize {
        let facts = KnownCaller::of(&self.call);
        let filters = self.plan.targets.iter().filter_map(|target| target.filter.as_ref());
        filters.filter(|filter| filter.evaluate(&facts).is_ok()).count()
    }

    fn judgement(&self) -> ringfall_domain::routing::Judgement {
        judge(
            &self.plan,
            &self.call,
            &KnownCaller::of(&self.call),
            None,
            &self.capacity,
            &CallerPast::default(),
            self.at,
        )
    }
}

fn hours(zone: &str, from: &str) -> Value {
    let open = json!([{"days": ["mon", "tue", "wed", "thu", "fri"], "from": from, "to": "18:00"}]);
    json!({"time_zone": zone, "open": open, "closed_dates": ["2026-12-25"]})
}

fn plan(documents_of: impl Fn(u128) -> (Value, Value)) -> Plan {
    let (mut targets, mut buyers, mut places) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for index in 0..TARGETS {
        let (target_id, buyer_id) =
            (TargetId::from_parts(1, index), BuyerId::from_parts(1, index / TARGETS_PER_BUYER));
        let (states, hours) = documents_of(index);
        let target = json!({
            "buyer_id": buyer_id,
            "name": format!("Desk {index}"),
            "destination": {"phone_number": "+12145550100"},
            "price": "45.00",
            "hours": hours,
            "filter": {"all": [
                {"field": "tags.injured", "op": "eq", "value": "yes"},
                {"field": "caller.state", "op": "in", "value": states},
            ]},
        });
        targets.insert(target_id, serde_json::from_value::<Target>(target).expect("a target"));
        let buyer = json!({"name": format!("Buyer {buyer_id}"), "time_zone": "America/Chicago"});
        buyers.insert(buyer_id, serde_json::from_value::<Buyer>(buyer).expect("a buyer"));
        places.push(json!({"target_id": target_id, "priority": 1 + index / 100, "weight": 1 + index % 7}));
    }
    let campaign = json!({
        "name": "Auto injury",
        "flow": {"start": "buyers", "nodes": {
            "buyers": {"type": "route", "otherwise": "busy"},
            "busy": {"type": "hangup"},
        }},
        "routing": {"tiers": [{"method": "waterfall", "targets": places}]},
        "conversion": {"minimum_seconds": 90},
        "payout": {"kind": "fixed", "amount": "20.00"},
    });
    let campaign: Campaign = serde_json::from_value(campaign).expect("a campaign");
    let (account, id) = (AccountId::from_parts(1, 1), CampaignId::from_parts(1, 1));
    Plan::compile(account, id, 1, &campaign, &targets, &buyers).expect("a plan")
}

fn call() -> Call {
    let origin = Origin {
        connection: ConnectionId::from_parts(1, 1),
        provider_call_id: "CA1".to_owned(),
        campaign: CampaignId::from_parts(1, 1),
        publisher: PublisherId::from_parts(1, 1),
        number: NumberId::from_parts(1, 1),
        dialled: "+18005550111".parse().expect("a number"),
        caller: CallerNumber::from_presented("+12145550123"),
        caller_facts: CallerFacts { state: Some("TX".to_owned()), ..CallerFacts::default() },
        rates: TelephonyRates::default(),
        arrived_at: AT.parse().expect("a time"),
    };
    let tags: Tags = serde_json::from_value(json!({"injured": "yes", "zip": "75201"})).expect("tags");
    Call::new(CallId::from_parts(1, 1), AccountId::from_parts(1, 1), origin, tags)
}

fn decision(criterion: &mut Criterion) {
    let (mixed, all_eligible) = (Scene::mixed(), Scene::all_eligible());
    let found = mixed.judgement();
    assert!(!found.eligible.is_empty() && found.passed_over.len() > 800, "the scene is not mixed");
    assert_eq!(all_eligible.judgement().eligible.len(), 1_000);
    let mut group = criterion.benchmark_group("decision over 1,000 targets");
    group.bench_function("filters alone", |bencher| bencher.iter(|| black_box(&mixed).filters_alone()));
    group.bench_function("mixed", |bencher| bencher.iter(|| black_box(&mixed).judgement()));
    group.bench_function("all eligible", |bencher| bencher.iter(|| black_box(&all_eligible).judgement()));
    let taken = found.eligible.first().map(|candidate| mixed.plan.targets[candidate.target].id);
    group.bench_function("decision record", |bencher| {
        bencher.iter(|| black_box(&found).rulings(&mixed.plan, taken, &[]));
    });
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
