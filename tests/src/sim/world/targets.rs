//! Buyers and their targets, tight enough that calls compete for them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use ringfall_domain::{config::Buyer, ids::BuyerId, schedule::Schedule};
use serde_json::{Map, Value, json};

use super::{super::chance::Chance, calendar::ZONES};

/// A buyer's document.
pub(super) fn buyer(chance: &Chance, number: u64) -> Value {
    let mut document = json!({
        "name": format!("Buyer {number}"),
        "time_zone": chance.one_of(&ZONES),
        "caps": caps(chance, 4),
        "money_caps": money_caps(chance),
    });
    if chance.happens(350) {
        document["budget"] = Value::from(format!("{}.00", chance.within(50..=900)));
    }
    if chance.happens(80) {
        document["minimum_seconds_between_calls"] = Value::from(chance.within(1..=5));
    }
    if chance.happens(150) {
        document["duplicates"] = json!({"within_days": chance.within(1..=30)});
    }
    let groups = if chance.happens(400) { chance.within(1..=2) } else { 0 };
    document["groups"] = (1..=groups).map(|number| group(chance, number)).collect();
    document
}

/// A group's document.
fn group(chance: &Chance, number: u64) -> Value {
    let mut document =
        json!({"name": format!("Desk {number}"), "caps": caps(chance, 3), "money_caps": money_caps(chance)});
    if chance.happens(100) {
        document["minimum_seconds_between_calls"] = Value::from(chance.within(1..=5));
    }
    document
}

/// Caps in money, each there or not.
fn money_caps(chance: &Chance) -> Value {
    let mut caps = Map::new();
    let mut cap = |name: &str, per_mille, most| {
        if chance.happens(per_mille) {
            caps.insert(name.to_owned(), Value::from(format!("{}.50", chance.within(10..=most))));
        }
    };
    cap("hourly", 120, 300);
    cap("daily", 120, 500);
    cap("monthly", 80, 700);
    cap("total", 80, 900);
    Value::Object(caps)
}

/// Caps, each there or not. Small ones: a cap that is never reached proves nothing.
pub(super) fn caps(chance: &Chance, most_concurrent: u64) -> Value {
    let mut caps = Map::new();
    let mut cap = |name: &str, per_mille, most| {
        if chance.happens(per_mille) {
            caps.insert(name.to_owned(), Value::from(chance.within(1..=most)));
        }
    };
    cap("concurrency", 800, most_concurrent);
    cap("hourly", 250, 12);
    cap("daily", 200, 20);
    cap("monthly", 150, 30);
    cap("total", 100, 40);
    Value::Object(caps)
}

/// Where callers crowd, nothing limits a buyer or a target but lines: whoever waits may be served.
pub(super) fn only_lines(chance: &Chance, mut document: Value) -> Value {
    let Some(members) = document.as_object_mut() else { return document };
    for limit in ["budget", "money_caps", "minimum_seconds_between_calls", "duplicates", "groups", "group"] {
        members.remove(limit);
    }
    members.insert("caps".to_owned(), json!({"concurrency": chance.within(1..=3)}));
    document
}

/// A target's document.
pub(super) fn target(
    chance: &Chance,
    (id, buyer): (BuyerId, &Buyer),
    address: &str,
    begins_at: Timestamp,
    length: Duration,
) -> Value {
    let kind = if address.starts_with("sip") { "sip_uri" } else { "phone_number" };
    let mut document = json!({
        "buyer_id": id,
        "name": "Intake desk",
        "destination": {kind: address},
        "price": format!("{}.{:02}", chance.within(8..=60), chance.within(0..=99)),
        "caps": caps(chance, 3),
        "money_caps": money_caps(chance),
        "ring_timeout_seconds": chance.within(5..=30),
    });
    if !buyer.groups.is_empty() && chance.happens(600) {
        document["group"] = Value::from(chance.one_of(&buyer.groups).name.as_str());
    }
    if chance.happens(80) {
        document["minimum_seconds_between_calls"] = Value::from(chance.within(1..=5));
    }
    if chance.happens(600) {
        document["screening"] = json!({"press": chance.one_of(&["1", "5", "#"])});
    }
    if chance.happens(200) {
        document["whisper"] = Value::from("A caller from your campaign.");
    }
    if chance.happens(100) {
        document["timer_offset_seconds"] = Value::from(chance.within(1..=20));
    }
    if chance.happens(250) {
        document["skills"] = chance.one_of(&skills()).clone();
    }
    if chance.happens(150) {
        document["filter"] = json!({"any": [
            {"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
            {"field": "tags.zip", "op": "prefix", "value": ["7"]}]});
    }
    if chance.happens(150) {
        document["hours"] = hours_document(chance, begins_at, length);
    }
    document
}

/// What the people at a target can do, of what callers need.
fn skills() -> [Value; 5] {
    [
        json!({"language": ["en"]}),
        json!({"language": ["es"]}),
        json!({"language": ["en", "es-MX"]}),
        json!({"injured": ["yes"]}),
        json!({"injured": ["yes", "no"], "language": ["es"]}),
    ]
}

/// Hours that begin or end within some time.
///
/// # Panics
/// If a schedule of one span is none.
pub fn hours(chance: &Chance, from: Timestamp, within: Duration) -> Schedule {
    serde_json::from_value(hours_document(chance, from, within)).expect("a schedule of one span")
}

fn hours_document(chance: &Chance, begins_at: Timestamp, length: Duration) -> Value {
    let zone = *chance.one_of(&ZONES);
    let milliseconds = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let within = i64::try_from(chance.within(0..=milliseconds)).unwrap_or(0);
    let edge = (begins_at + SignedDuration::from_millis(within))
        .to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC));
    let edge = format!("{:02}:{:02}", edge.hour(), edge.minute());
    let (from, to) = if chance.happens(500) { ("00:00", edge.as_str()) } else { (edge.as_str(), "24:00") };
    let from_midnight = from == to || to == "00:00";
    let to = if from_midnight { "24:00" } else { to };
    json!({"time_zone": zone, "open": [
        {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": from, "to": to}]})
}
