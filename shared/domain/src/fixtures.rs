//! One small campaign, as an agency would save it, for the tests of this crate.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    call::{Call, Leg, Origin, TelephonyRates, Terms, event::CallerFacts},
    capacity::Window,
    config::{Buyer, Campaign, PayoutRule, Target},
    flow::NodeId,
    ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
    money::Money,
    phone::CallerNumber,
    plan::Plan,
    tags::Tags,
    target::Destination,
};

/// Noon of a Saturday in New York.
pub(crate) fn noon() -> Timestamp {
    "2026-11-21T17:00:00Z".parse().expect("a time")
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(noon().as_second() + seconds).expect("a time")
}

pub(crate) fn buyer_id(n: u128) -> BuyerId {
    BuyerId::from_parts(1, n)
}

pub(crate) fn target_id(n: u128) -> TargetId {
    TargetId::from_parts(1, n)
}

pub(crate) fn node(name: &str) -> NodeId {
    NodeId::try_from(name.to_owned()).expect("a node's name")
}

pub(crate) fn call() -> Call {
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
        arrived_at: noon(),
    };
    Call::new(CallId::from_parts(1, 1), AccountId::from_parts(1, 1), origin, Tags::default())
}

/// The attempt at the target of that number, reserved at noon, billed 45.00 after 90 seconds, 20.00 of it paid on.
pub(crate) fn leg(attempt: u8, target: u128) -> Leg {
    Leg {
        attempt,
        target: target_id(target),
        buyer: buyer_id(target),
        destination: Destination::PhoneNumber("+12145550100".parse().expect("a number")),
        node: node("buyers"),
        ring_timeout_seconds: 20,
        screening_key: Some('1'),
        terms: Terms {
            price: Money::from_cents(4_500),
            billable_after_seconds: 90,
            payout: serde_json::from_str::<PayoutRule>(r#"{"kind": "fixed", "amount": "20.00"}"#)
                .expect("a rule"),
            duplicate: None,
            second_chance_before_seconds: None,
        },
        reserved_at: noon(),
        is_fetched: false,
        counted_in: Window::all_at(noon(), &jiff::tz::TimeZone::UTC),
        group: None,
        claims_caller: false,
        provider_leg_id: None,
        answered: None,
        screened: None,
        bridged: None,
        recording_url: None,
        ended: None,
    }
}

/// A flow that asks one question and routes, with a busy message.
pub(crate) const FLOW: &str = r#"{
    "start": "injured",
    "nodes": {
        "injured": {"type": "menu", "say": "Were you injured?", "tag": "injured", "attempts": 2, "otherwise": "refuse",
                    "choices": {"1": {"value": "yes", "next": "buyers"}, "2": {"value": "no", "next": "refuse"}}},
        "buyers": {"type": "route", "otherwise": "desk"},
        "desk": {"type": "hours", "hours": {"time_zone": "America/New_York",
                 "open": [{"days": ["mon"], "from": "08:00", "to": "18:00"}]}, "open": "forward", "closed": "busy"},
        "forward": {"type": "forward", "phone_number": "+12145550199", "otherwise": "busy"},
        "refuse": {"type": "hangup", "say": "Sorry."},
        "busy": {"type": "hangup", "say": "All lines are busy."}
    }}"#;

/// A plan whose targets are given as JSON (without buyer and destination), target `n` belonging to buyer `n`, all in one tier of priority 1
/// unless `tiers` says otherwise.
pub(crate) fn plan(targets: &[&str], tiers: Option<&str>) -> Plan {
    let mut documents = BTreeMap::new();
    let mut buyers = BTreeMap::new();
    for (n, json) in (1..).zip(targets) {
        let mut target: serde_json::Value = serde_json::from_str(json).expect("a target");
        target["buyer_id"] = buyer_id(n).to_string().into();
        target["name"] = format!("Target {n}").into();
        target["destination"] = serde_json::json!({"phone_number": "+12145550100"});
        documents.insert(target_id(n), serde_json::from_value::<Target>(target).expect("a target"));
        let buyer = serde_json::json!({"name": format!("Buyer {n}"), "time_zone": "America/Chicago"});
        buyers.insert(buyer_id(n), serde_json::from_value::<Buyer>(buyer).expect("a buyer"));
    }
    let one_tier: Vec<_> =
        documents.keys().map(|id| serde_json::json!({"target_id": id, "priority": 1, "weight": 1})).collect();
    let tiers = tiers.map_or_else(
        || serde_json::json!([{"method": "waterfall", "targets": one_tier}]),
        |tiers| serde_json::from_str(tiers).expect("tiers"),
    );
    let campaign = serde_json::json!({
        "name": "Auto injury",
        "flow": serde_json::from_str::<serde_json::Value>(FLOW).expect("a flow"),
        "routing": {"tiers": tiers},
        "conversion": {"minimum_seconds": 90},
        "payout": {"kind": "fixed", "amount": "20.00"},
        "fallback_number": "+12145550198",
    });
    let campaign: Campaign = serde_json::from_value(campaign).expect("a campaign");
    let (account, id) = (AccountId::from_parts(1, 1), CampaignId::from_parts(1, 1));
    Plan::compile(account, id, 1, &campaign, &documents, &buyers).expect("a plan")
}
