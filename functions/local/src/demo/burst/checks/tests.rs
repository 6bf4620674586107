use serde_json::{Value, json};

use super::*;
use crate::demo::cast::BURST;

/// A carrier's books after two calls: forty seconds with National, and one that nobody took.
fn books() -> Exchange {
    let exchange = Exchange::default();
    let first = exchange.place_call(1, "+18005550111");
    exchange.place_call(2, "+18005550111");
    let leg = exchange.place_leg(first.call, Desk::National.phone_number());
    exchange.end(&leg, "completed", 40, true);
    exchange
}

/// What the carrier saw: the second caller has lost patience.
fn seen() -> [Seen; 2] {
    [1, 2].map(|number| Seen {
        number,
        caller: BURST[0].caller,
        sid: Exchange::default().place_call(number, "+18005550111").sid(),
        trail: Vec::new(),
        twice_alike: Vec::new(),
        was_held: true,
        gave_up: number == 2,
        fault: None,
    })
}

/// What the platform says of it, where all is well: each has waited for three seconds.
fn said() -> Value {
    let entry = |kind, amount: &str| json!({"kind": kind, "amount": amount, "postings": []});
    let call = |seen: &Seen, disposition, legs| {
        json!({
            "provider_call_id": seen.sid, "disposition": disposition, "legs": legs,
            "ended_at": "2026-03-02T15:00:03.900Z", "queue": {"entered_at": "2026-03-02T15:00:00.500Z"},
        })
    };
    let [first, second] = seen();
    let leg = json!([{"outcome": "connected", "reserved_at": "2026-03-02T15:00:03.100Z"}]);
    json!({
        "calls": [call(&first, "converted", leg), call(&second, "abandoned", json!([]))],
        "ledger": [entry("revenue", "25.00"), entry("payout", "10.00"), entry("telephony", "0.05")],
        "total": {"calls": 2, "connected": 1, "abandoned": 1, "revenue": "25.00", "profit": "14.95",
                  "connected_rate": 0.5, "average_wait_seconds": 2},
        "live": 0,
        "waiting": 0,
    })
}

/// Changes what the platform says at a place, and gives what then fails.
fn failing(place: &str, change: Value) -> Vec<String> {
    let mut said = said();
    *said.pointer_mut(place).expect("there is such a place") = change;
    let evidence: Evidence = serde_json::from_value(said).expect("evidence");
    let exchange = books();
    let checks = of_calls(&evidence, &exchange, &seen())
        .into_iter()
        .chain(of_ends(&evidence, &exchange))
        .chain(of_money(&evidence, &exchange))
        .chain([of_wait(&evidence)]);
    checks.filter(|check| !check.holds()).map(|check| check.what).collect()
}

#[test]
fn where_all_is_well_everything_holds() {
    assert_eq!(failing("/live", json!(0)), Vec::<String>::new());
}

#[test]
fn each_untruth_of_the_platform_is_found() {
    let nobody = json!([]);
    for (place, change, check) in [
        ("/calls", nobody.clone(), "each call is known once"),
        ("/calls/1/disposition", json!("in_progress"), "all 2 callers were connected"),
        ("/calls/1/disposition", json!("no_target"), "all 2 callers were connected"),
        ("/calls/0/disposition", json!("abandoned"), "all 2 callers were connected"),
        ("/total/calls", json!(3), "the report counts as many calls"),
        ("/total/connected", json!(2), "as many connected"),
        ("/total/abandoned", json!(0), "as many abandoned"),
        ("/live", json!(1), "every line was given back"),
        ("/waiting", json!(1), "nobody was left in the queue"),
        ("/ledger", nobody, "each is billed once"),
        ("/total/revenue", json!("25.01"), "at its buyer's price"),
        ("/total/profit", json!("15.00"), "the report's profit"),
        ("/total/average_wait_seconds", json!(4), "average wait"),
        ("/total/average_wait_seconds", json!(0), "average wait"),
    ] {
        let found = failing(place, change);
        assert!(found.iter().any(|what| what.contains(check)), "{check} holds; only these fail: {found:?}");
    }
}

#[test]
fn a_caller_who_is_connected_twice_is_found() {
    let exchange = books();
    let leg = exchange.place_leg(1, Desk::LoneStar.phone_number());
    exchange.end(&leg, "completed", 5, true);
    let evidence: Evidence = serde_json::from_value(said()).expect("evidence");
    let checks = of_calls(&evidence, &exchange, &seen());
    assert!(checks.iter().any(|check| check.what == "nobody was connected twice" && !check.holds()));
}
