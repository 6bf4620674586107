//! Whom agencies do not want to speak to.

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::super::chance::Chance;

/// The last figures of the numbers from which callers call: few, so that most call more than once.
pub const CALLERS: RangeInclusive<u64> = 0..=40;

/// The flow's node for callers who are turned away.
pub(super) const NODE: &str = "turned_away";

/// A campaign's policy.
pub(super) fn policy(chance: &Chance) -> Value {
    let mut policy = Map::new();
    if chance.happens(400) {
        policy.insert("anonymous".to_owned(), "reject".into());
    }
    if chance.happens(400) {
        policy.insert("spam".to_owned(), "reject".into());
    }
    if chance.happens(300) {
        let (least, missing) = (chance.one_of(&["A", "B", "C"]), chance.one_of(&["allow", "reject"]));
        policy.insert("attestation".to_owned(), json!({"least": least, "when_missing": missing}));
    }
    if policy.is_empty() || chance.happens(600) {
        let limits = match chance.index(3) {
            0 => json!({"hourly": chance.within(1..=3), "daily": chance.within(4..=6)}),
            1 => json!({"daily": chance.within(1..=6)}),
            _ => json!({"hourly": chance.within(1..=4)}),
        };
        policy.insert("rate_limits".to_owned(), limits);
    }
    if chance.happens(400) {
        policy.insert("then".to_owned(), NODE.into());
    }
    Value::Object(policy)
}

/// Whether a policy sends the callers whom it turns away on in the flow.
pub(super) fn sends_on(policy: &Value) -> bool {
    policy.get("then").is_some()
}

/// Blocks of numbers and of prefixes, each of other callers; some end in the course of the run.
pub(super) fn blocked_callers(chance: &Chance, begins_at: Timestamp, length: Duration) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let documents = (0..chance.within(0..=6)).filter_map(|_| {
        let (kind, digits) = match chance.happens(700) {
            true => ("phone_number", format!("+1512{:07}", chance.within(CALLERS))),
            false => ("prefix", format!("+1512{:06}", chance.within(0..=4))),
        };
        let mut document = json!({kind: digits});
        if chance.happens(300) {
            let most = i64::try_from(length.as_millis()).unwrap_or(0).unsigned_abs();
            let after = i64::try_from(chance.within(0..=most)).unwrap_or(0);
            let expires_at = begins_at + SignedDuration::from_millis(after);
            document["expires_at"] = Value::from(expires_at.to_string());
        }
        seen.insert(digits).then_some(document)
    });
    documents.collect()
}
