//! How agencies hold callers: short queues, little patience, every kind of overflow.

use serde_json::{Map, Value, json};

use super::super::chance::Chance;

/// A campaign's policy. Where it forwards, it does to `forward`; where it asks other tiers, those that `spare` names.
pub(super) fn policy(chance: &Chance, forward: &str, spare: Option<u8>) -> Value {
    let callback = chance.happens(600).then(|| callback(chance));
    let mut policy = json!({
        "max_size": chance.one_of(&[1, 3, 8, 30]),
        "max_wait_seconds": chance.one_of(&[20, 45, 90, 200, 400]),
        "order": order(chance),
        "announcements": announcements(chance),
        "overflow": overflow(chance, forward, spare, callback.is_some()),
        "retry_seconds": chance.within(5..=60),
    });
    if let Some(callback) = callback {
        policy["callback"] = callback;
    }
    // Campaigns of an agency that both give it share a queue.
    if chance.happens(500) {
        policy["name"] = "intake".into();
    }
    if chance.happens(150) {
        policy["max_estimated_wait_seconds"] = chance.within(20..=300).into();
    }
    if chance.happens(200) {
        policy["audio"] = json!(["https://cdn.example.com/hold.mp3"]);
    }
    policy
}

/// By worth, by bands, by arrival.
fn order(chance: &Chance) -> Value {
    let mut order = match chance.index(4) {
        0 | 1 => json!({"by": "value", "seconds_per_dollar": chance.within(1..=10)}),
        2 => json!({"by": "bands", "bands": ["40.00", "20.00"]}),
        _ => json!({"by": "arrival"}),
    };
    if chance.happens(300) {
        order["value"] = format!("{}.00", chance.within(5..=60)).into();
    }
    order
}

fn announcements(chance: &Chance) -> Value {
    json!({
        "every_seconds": chance.within(15..=60),
        "position": chance.happens(700),
        "estimated_wait": chance.happens(700),
    })
}

/// Over before a run is: it is seen what becomes of each. Most are rung at any hour.
fn callback(chance: &Chance) -> Value {
    let mut callback = json!({
        "key": chance.one_of(&["1", "9"]),
        "offer_after_seconds": chance.within(0..=40),
        "ring_before_seconds": chance.within(0..=120),
        "ring_timeout_seconds": chance.within(10..=30),
        "attempts": chance.within(1..=3),
        "retry_after_seconds": chance.within(60..=200),
        "expires_after_seconds": chance.within(600..=900),
    });
    if chance.happens(800) {
        callback["hours"] = json!({"from": "00:00", "to": "24:00"});
    }
    callback
}

fn overflow(chance: &Chance, forward: &str, spare: Option<u8>, calls_back: bool) -> Vec<Value> {
    let mut overflow = Vec::new();
    if let Some(tier) = spare {
        overflow.push(json!({"type": "tiers", "tiers": [tier]}));
    }
    if chance.happens(300) {
        overflow.push(json!({"type": "forward", "phone_number": forward, "ring_timeout_seconds": 10}));
    }
    if calls_back && chance.happens(500) {
        overflow.push(json!({"type": "callback"}));
    }
    if chance.happens(300) {
        overflow.push(json!({"type": "voicemail", "max_seconds": chance.within(5..=60)}));
    }
    if chance.happens(300) {
        let mut hangup = Map::from_iter([("type".to_owned(), Value::from("hangup"))]);
        if chance.happens(500) {
            hangup.insert("say".to_owned(), "Please call us again.".into());
        }
        overflow.push(hangup.into());
    }
    overflow
}
