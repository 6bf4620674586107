use serde_json::{Value, json};

use super::*;
use crate::demo::cast::SCENES;

/// The carrier's books after one call: two minutes with Lone Star.
fn books() -> Exchange {
    let exchange = Exchange::default();
    let call = exchange.place_call(1, "+18005550111");
    let leg = exchange.place_leg(call.call, Desk::LoneStar.phone_number());
    exchange.end(&leg, "completed", 120, true);
    exchange
}

/// What the carrier saw of it.
fn seen() -> Seen {
    let sid = Exchange::default().place_call(1, "+18005550111").sid();
    let caller = SCENES[0].callers[0];
    Seen {
        number: 1,
        caller,
        sid,
        trail: Vec::new(),
        twice_alike: Vec::new(),
        was_held: false,
        gave_up: false,
        fault: None,
    }
}

/// What the platform says of it, where all is well.
fn said() -> Value {
    let entry = |kind, amount: &str| json!({"kind": kind, "amount": amount, "postings": [{"amount": amount}, {"amount": format!("-{amount}")}]});
    let sums = json!({
        "calls": 1, "connected": 1, "converted": 1, "abandoned": 0,
        "revenue": "45.00", "payout": "18.00", "telephony_cost": "0.07", "profit": "26.93",
    });
    json!({
        "calls": [{
            "provider_call_id": seen().sid, "caller": "+12145550101", "tags": {"injured": "yes"}, "state": "ended", "disposition": "converted",
            "legs": [{"target_id": "tgt_1", "outcome": "connected", "connected_seconds": 120}],
            "decision": {"candidates": [
                {"target_id": "tgt_1", "outcome": "connected", "reason": {"code": "converted"}},
                {"target_id": "tgt_2", "outcome": "passed_over", "reason": {"code": "paused"}},
            ]},
            "revenue": "45.00", "payout": "18.00", "profit": "26.93",
        }],
        "ledger": [entry("revenue", "45.00"), entry("payout", "18.00"), entry("telephony", "0.07")],
        "by_campaign": {"rows": [], "total": sums},
        "by_publisher": {"rows": [], "total": sums},
        "dry_run": {"candidates": []},
    })
}

/// Changes what the platform says at a place, and gives what then fails.
fn failing(place: &str, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut said = said();
    change(said.pointer_mut(place).expect("there is such a place"));
    let read = |name: &str| said[name].clone();
    let evidence = Evidence {
        calls: serde_json::from_value(read("calls")).expect("calls"),
        ledger: serde_json::from_value(read("ledger")).expect("entries"),
        by_campaign: serde_json::from_value(read("by_campaign")).expect("a report"),
        by_publisher: serde_json::from_value(read("by_publisher")).expect("a report"),
        dry_run: serde_json::from_value(read("dry_run")).expect("a decision"),
    };
    let targets = [("tgt_1", Desk::LoneStar), ("tgt_2", Desk::National)];
    let targets = targets.map(|(id, desk)| (id.to_owned(), desk)).into();
    let exchange = books();
    let checks = of_calls(&evidence, &targets, &[seen()]).into_iter();
    let checks = checks.chain(of_money(&evidence, &exchange)).chain(of_slots(&evidence, &exchange));
    checks.filter(|check| !check.holds()).map(|check| check.what).collect()
}

#[test]
fn where_all_is_well_everything_holds() {
    assert_eq!(failing("", |_| {}), Vec::<String>::new());
}

#[test]
fn each_untruth_of_the_platform_is_found() {
    let again = |list: &mut Value| {
        let list = list.as_array_mut().expect("a list");
        list.push(list[0].clone());
    };
    let empty = |list: &mut Value| *list = json!([]);
    let cent = |amount: &mut Value| *amount = json!("0.01");
    let at_cap = json!([{"target_id": "tgt_1", "outcome": "passed_over",
                         "reason": {"code": "at_concurrency_cap", "limit": 2}}]);
    for (found, check) in [
        (failing("/calls/0/state", |state| *state = json!("ringing")), "all 1 calls ended"),
        (failing("/calls/0/decision/candidates/1/target_id", |id| *id = json!("tgt_3")), "each tells what"),
        (failing("/ledger", again), "each is billed once"),
        (failing("/ledger", empty), "each is billed once"),
        (failing("/ledger/0/amount", cent), "at its buyer's price"),
        (failing("/ledger/1/postings/0/amount", cent), "entries of the ledger balance"),
        (failing("/calls/0/profit", cent), "the calls' profits"),
        (failing("/by_campaign/total/profit", cent), "the report by campaign"),
        (failing("/by_publisher/total/profit", cent), "the report by publisher"),
        (failing("/dry_run/candidates", |lines| *lines = at_cap), "every slot was given back"),
    ] {
        assert!(found.iter().any(|what| what.contains(check)), "{check} holds; only these fail: {found:?}");
    }
}

#[test]
fn a_cap_is_checked_by_the_most_legs_at_once() {
    let exchange = Exchange::default();
    for (legs, holds) in [(1, false), (2, true), (3, false)] {
        exchange.place_leg(legs, Desk::LoneStar.phone_number());
        let check = of_concurrency(Desk::LoneStar, &exchange).expect("it is limited");
        assert_eq!(check.holds(), holds, "{check:?}");
    }
}
