mod duplicates;
mod hours;
mod skills;

use super::*;
use crate::{
    call::{Call, KnownCaller},
    caller::CallerPast,
    capacity::{BuyerUsage, Usage},
    config::Caps,
    fixtures::{call, leg, noon, plan, target_id},
    money::Money,
    plan::Plan,
};

/// Room for everybody.
fn empty(plan: &Plan) -> CapacitySnapshot {
    CapacitySnapshot {
        buyers: vec![Some(BuyerUsage::default()); plan.buyers.len()],
        targets: vec![Usage::default(); plan.targets.len()],
    }
}

fn judged(plan: &Plan, call: &Call, capacity: &CapacitySnapshot, tiers: Option<&[u8]>) -> Judgement {
    judge(plan, call, &KnownCaller::of(call), tiers, capacity, &CallerPast::default(), noon())
}

fn eligible(plan: &Plan, judgement: &Judgement) -> Vec<u128> {
    let number = |candidate: &Candidate| plan.targets[candidate.target].id.bits() & 0xff;
    judgement.eligible.iter().map(number).collect()
}

const OPEN: &str = r#"{"price": "45.00"}"#;

#[test]
fn each_candidate_is_passed_over_for_its_own_reason() {
    let closed = r#"{"price": "45.00", "hours": {"time_zone": "America/New_York",
        "open": [{"days": ["mon"], "from": "08:00", "to": "18:00"}]}}"#;
    let elsewhere = r#"{"price": "45.00", "filter": {"field": "caller.state", "op": "in", "value": ["OK"]}}"#;
    let unknown = r#"{"price": "45.00", "filter": {"field": "tags.injured", "op": "eq", "value": "yes"}}"#;
    let plan = plan(
        &[OPEN, closed, elsewhere, unknown, r#"{"price": "45.00", "paused": true}"#, OPEN, OPEN, OPEN, OPEN],
        None,
    );
    let mut capacity = empty(&plan);
    let caps = Caps { concurrency: Some(3), daily: Some(5), ..Caps::default() };
    capacity.targets[5] = Usage { caps, live: 3, ..Usage::default() };
    let own = Usage { caps, counted: [0, 5, 0, 0], ..Usage::default() };
    capacity.buyers[6] = Some(BuyerUsage { own, ..BuyerUsage::default() });
    capacity.buyers[7] =
        Some(BuyerUsage { available: Some(Money::from_cents(100)), ..BuyerUsage::default() });
    capacity.buyers[8] = None;

    let judgement = judged(&plan, &call(), &capacity, None);

    assert_eq!(eligible(&plan, &judgement), [1]);
    let reasons: Vec<String> = judgement.passed_over.iter().map(|(_, reason)| reason.to_string()).collect();
    assert_eq!(
        reasons,
        [
            "outside_hours {of: target, opens_at: 2026-11-23T13:00:00Z}",
            "filter_failed {field: caller.state, op: in, fact: known}",
            "filter_failed {field: tags.injured, op: eq, fact: unknown}",
            "paused",
            "at_concurrency_cap {scope: target, live: 3, limit: 3}",
            "at_daily_cap {scope: buyer, counted: 5, limit: 5}",
            "budget_exhausted {available: 1.00, price: 45.00}",
            "capacity_unknown",
        ]
    );
}

#[test]
fn lower_priority_numbers_and_earlier_tiers_come_first() {
    let place = |n, priority| serde_json::json!({"target_id": target_id(n), "priority": priority});
    let tiers = serde_json::json!([
        {"method": "waterfall", "targets": [place(1, 2), place(2, 1)]},
        {"method": "waterfall", "targets": [place(3, 1)]},
    ]);
    let plan = plan(&[OPEN, OPEN, OPEN], Some(&tiers.to_string()));
    assert_eq!(eligible(&plan, &judged(&plan, &call(), &empty(&plan), None)), [2, 1, 3]);
    let second = judged(&plan, &call(), &empty(&plan), Some(&[2]));
    assert_eq!(eligible(&plan, &second), [3]);
    assert!(second.passed_over.iter().all(|(_, reason)| *reason == Reason::TierNotAsked));
}

#[test]
fn a_retried_webhook_finds_the_same_order_and_who_was_tried_is_not_asked_again() {
    let plan = plan(&[OPEN; 20], None);
    let mut call = call();
    let first = judged(&plan, &call, &empty(&plan), None);
    assert_eq!(first, judged(&plan, &call, &empty(&plan), None));
    let tried = plan.targets[first.eligible[0].target].id;
    call.legs.push(crate::call::Leg { target: tried, ..leg(1, 1) });
    let second = judged(&plan, &call, &empty(&plan), None);
    assert_eq!(second.eligible, first.eligible[1..]);
}

#[test]
fn a_buyer_who_hung_up_early_is_not_asked_again_and_a_group_shares_its_limits() {
    let documents = [OPEN, OPEN, OPEN, r#"{"price": "45.00", "group": "Night desk"}"#];
    let mut plan = plan(&documents, None);
    plan.targets[1].buyer = 0;
    let mut call = call();
    let mut early = leg(1, 1);
    (early.screening_key, early.terms.second_chance_before_seconds) = (None, Some(20));
    let stamp = crate::call::Stamp { arrived_at: noon(), occurred_at: None };
    let cause = crate::call::event::EndCause::Completed;
    early.ended = Some(crate::call::LegEnd { stamp, cause, duration_seconds: Some(7) });
    assert_eq!(early.outcome().1.to_string(), "hung_up_early {connected_seconds: 7, before_seconds: 20}");
    call.legs.push(early);
    let mut capacity = empty(&plan);
    let caps = Caps { hourly: Some(2), ..Caps::default() };
    let shared = Usage { caps, counted: [2, 2, 2, 2], ..Usage::default() };
    let groups = [("Night desk".parse().expect("a name"), shared)].into();
    capacity.buyers[3] = Some(BuyerUsage { groups, ..BuyerUsage::default() });

    let judgement = judged(&plan, &call, &capacity, None);

    assert_eq!(eligible(&plan, &judgement), [3]);
    let reasons: Vec<String> = judgement.passed_over.iter().map(|(_, reason)| reason.to_string()).collect();
    let excluded = format!("second_chance_used {{buyer: {}}}", plan.buyers[0].id);
    assert_eq!(reasons, [excluded.as_str(), "at_hourly_cap {scope: group, counted: 2, limit: 2}"]);
}

#[test]
fn the_record_names_everyone_who_was_not_taken() {
    let plan = plan(&[OPEN, OPEN, OPEN, r#"{"price": "1.00", "paused": true}"#], None);
    let judgement = judged(&plan, &call(), &empty(&plan), None);
    let ids: Vec<_> = judgement.eligible.iter().map(|candidate| plan.targets[candidate.target].id).collect();
    let full = crate::capacity::Full::Concurrency { scope: crate::capacity::Scope::Buyer, live: 1, limit: 1 };

    let rulings = judgement.rulings(&plan, Some(ids[1]), &[(ids[0], full)]);

    let named: Vec<_> = rulings.iter().map(|ruling| (ruling.target, ruling.reason.clone())).collect();
    let expected = [
        (ids[0], Reason::LostRace(full)),
        (ids[2], Reason::RankedBelow { taken: ids[1] }),
        (target_id(4), Reason::Paused),
    ];
    assert_eq!(named, expected);
}
