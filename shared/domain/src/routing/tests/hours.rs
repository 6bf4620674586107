//! Whose hours close a target, and when the call goes on after hours.

use serde_json::json;

use super::{OPEN, eligible, empty, judged};
use crate::{
    call::event::CallerFacts,
    capacity::Usage,
    config::Caps,
    fixtures::{call, leg, node, plan},
    phone::CallerNumber,
    plan::Plan,
    schedule::Schedule,
};

/// Hours of a weekday in New York, from 08:00 to 18:00.
fn on(day: &str) -> Schedule {
    let span = json!({"days": [day], "from": "08:00", "to": "18:00"});
    serde_json::from_value(json!({"time_zone": "America/New_York", "open": [span]})).expect("hours")
}

/// A target that is open on a weekday.
fn target_on(day: &str) -> String {
    json!({"price": "45.00", "hours": on(day)}).to_string()
}

fn keep(plan: &mut Plan, hours: Schedule) -> Option<usize> {
    plan.schedules.push(hours);
    Some(plan.schedules.len() - 1)
}

fn reasons(plan: &Plan) -> Vec<String> {
    let judgement = judged(plan, &call(), &empty(plan), None);
    judgement.passed_over.iter().map(|(_, reason)| reason.to_string()).collect()
}

#[test]
fn a_target_takes_calls_when_it_and_its_buyer_and_the_campaign_are_open() {
    let documents = [target_on("sat"), target_on("mon"), OPEN.to_owned()];
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let mut plan = plan(&documents, None);
    let target_closed = "outside_hours {of: target, opens_at: 2026-11-23T13:00:00Z}";
    assert_eq!(reasons(&plan), [target_closed]);
    plan.buyers[0].hours = keep(&mut plan, on("tue"));
    plan.buyers[1].hours = keep(&mut plan, on("sat"));
    let buyer_closed = "outside_hours {of: buyer, opens_at: 2026-11-24T13:00:00Z}";
    assert_eq!(reasons(&plan), [buyer_closed, target_closed]);
    plan.hours = keep(&mut plan, on("sat"));
    assert_eq!(reasons(&plan), [buyer_closed, target_closed], "an open campaign closes nobody");
    plan.hours = keep(&mut plan, on("wed"));
    assert_eq!(reasons(&plan), ["outside_hours {of: campaign, opens_at: 2026-11-25T13:00:00Z}"; 3]);
}

#[test]
fn equal_hours_are_kept_once_whoever_keeps_them() {
    let plan = plan(&[&target_on("mon"), &target_on("mon"), &target_on("tue"), OPEN], None);
    assert_eq!(plan.schedules.len(), 2);
    assert_eq!(plan.targets[0].hours, plan.targets[1].hours);
}

#[test]
fn it_is_after_hours_where_all_who_would_take_the_call_are_closed() {
    let elsewhere = r#"{"price": "45.00", "filter": {"field": "caller.state", "op": "eq", "value": "OK"}}"#;
    let after_hours = |targets: &[&str]| {
        let plan = plan(targets, None);
        judged(&plan, &call(), &empty(&plan), None).after_hours
    };
    let closed = target_on("mon");
    assert!(after_hours(&[&closed]) && after_hours(&[&closed, elsewhere]));
    assert!(!after_hours(&[&closed, OPEN]), "somebody is open");
    assert!(!after_hours(&[elsewhere]), "nobody is closed");
    assert!(!after_hours(&[]), "there is nobody");
}

#[test]
fn it_is_not_after_hours_where_somebody_open_is_full_or_was_tried() {
    let plan = plan(&[&target_on("mon"), OPEN], None);
    let mut capacity = empty(&plan);
    let caps = Caps { concurrency: Some(1), ..Caps::default() };
    capacity.targets[1] = Usage { caps, live: 1, ..Usage::default() };
    assert!(!judged(&plan, &call(), &capacity, None).after_hours, "the open one is full");
    let mut call = call();
    call.legs.push(leg(1, 2));
    assert!(!judged(&plan, &call, &empty(&plan), None).after_hours, "the open one was tried");
    let other_tier = judged(&plan, &call, &empty(&plan), Some(&[2]));
    assert!(!other_tier.after_hours, "no tier was asked");
}

#[test]
fn a_tier_that_is_closed_is_after_hours_whoever_another_tier_has() {
    let place = |n| json!({"target_id": crate::fixtures::target_id(n)});
    let tiers = json!([{"method": "waterfall", "targets": [place(1)]},
                       {"method": "waterfall", "targets": [place(2)]}]);
    let plan = plan(&[&target_on("mon"), OPEN], Some(&tiers.to_string()));
    let mut call = call();
    call.legs.push(leg(1, 2));
    assert!(judged(&plan, &call, &empty(&plan), Some(&[1])).after_hours);
}

#[test]
fn a_campaign_that_is_closed_is_after_hours_whatever_else_is_wrong() {
    let mut plan = plan(&[r#"{"price": "45.00", "paused": true}"#, OPEN], None);
    plan.hours = keep(&mut plan, on("mon"));
    let judgement = judged(&plan, &call(), &empty(&plan), None);
    assert!(judgement.after_hours);
    assert_eq!(eligible(&plan, &judgement), [] as [u128; 0]);
}

#[test]
fn the_branch_after_hours_is_taken_where_there_is_one() {
    let route = |document| match serde_json::from_value(document).expect("a node") {
        crate::flow::Node::Route(route) => route,
        other => panic!("{other:?}"),
    };
    let both = route(json!({"type": "route", "otherwise": "busy", "after_hours": "closed"}));
    assert_eq!((both.without_target(true), both.without_target(false)), (&node("closed"), &node("busy")));
    let one = route(json!({"type": "route", "otherwise": "busy"}));
    assert_eq!(one.without_target(true), &node("busy"));
}

#[test]
fn hours_by_the_callers_clock_are_closed_to_a_caller_of_whom_no_zone_is_known() {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let always = json!({"time_zone": "caller", "open": [{"days": days, "from": "00:00", "to": "24:00"}]});
    let plan = plan(&[&json!({"price": "45.00", "hours": always}).to_string()], None);
    let judgement = judged(&plan, &call(), &empty(&plan), None);
    assert_eq!((eligible(&plan, &judgement), judgement.after_hours), (vec![1], false));
    let mut nobody_knows = call();
    nobody_knows.origin.caller = CallerNumber::Withheld;
    nobody_knows.origin.caller_facts = CallerFacts::default();
    let judgement = judged(&plan, &nobody_knows, &empty(&plan), None);
    let reasons: Vec<_> = judgement.passed_over.iter().map(|(_, reason)| reason.to_string()).collect();
    assert_eq!(reasons, ["caller_zone_unknown {of: target}"]);
    assert!(judgement.after_hours);
}
