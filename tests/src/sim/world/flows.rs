//! What callers go through, in some of the shapes that agencies give it.

use serde_json::{Value, json};

use super::{super::chance::Chance, suppression};

/// What a caller's keys at a node say of the caller: a tag and its value; none where they are no answer, or where it does not matter.
pub fn answer(node: &str, digits: &str) -> Option<(&'static str, &'static str)> {
    match (node, digits) {
        ("injured", "1") => Some(("injured", "yes")),
        ("injured", "2") => Some(("injured", "no")),
        ("language", "1") => Some(("language", "en")),
        ("language", "2") => Some(("language", "es-MX")),
        (_, _) => None,
    }
}

/// What a caller hears who does not qualify.
pub const REFUSED: &str = "Sorry, we cannot help with this request.";
/// What a caller hears whom no target takes.
pub const BUSY: &str = "All lines are busy. Please call again.";

/// What a caller hears who is turned away, and yet answered.
pub const TURNED_AWAY: &str = "We cannot take your call.";

/// A flow over two tiers. Where it forwards, it does to `forward`. It has a node for callers who are turned away where they
/// are sent on, and asks only the first tier where the second is spared for others.
pub(super) fn drawn(
    chance: &Chance,
    forward: &str,
    has_node_for_turned_away: bool,
    spares_a_tier: bool,
) -> Value {
    let mut flow = if spares_a_tier { with_first_tier() } else { without_turned_away(chance, forward) };
    if has_node_for_turned_away {
        flow["nodes"][suppression::NODE] = json!({"type": "hangup", "say": TURNED_AWAY});
    }
    flow
}

/// The second tier is for those whom the first cannot hold.
fn with_first_tier() -> Value {
    json!({"start": "buyers", "nodes": {
        "buyers": {"type": "route", "tiers": [1], "otherwise": "busy"},
        "busy": {"type": "hangup", "say": BUSY}}})
}

fn without_turned_away(chance: &Chance, forward: &str) -> Value {
    let busy = json!({"type": "hangup", "say": BUSY});
    let refuse = json!({"type": "hangup", "say": REFUSED});
    let menu = json!({"type": "menu", "say": "Were you injured? Press 1 for yes, 2 for no.", "tag": "injured",
        "choices": {"1": {"value": "yes", "next": "zip"}, "2": {"value": "no", "next": "refuse"}},
        "timeout_seconds": 4, "attempts": 2, "otherwise": "refuse"});
    let zip = json!({"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip",
        "timeout_seconds": 5, "attempts": 2, "next": "buyers"});
    let all = json!({"type": "route", "otherwise": "busy"});
    let welcome = "Welcome. Please hold the line. ".repeat(*chance.one_of(&[1, 1, 10, 40]));
    match chance.index(6) {
        0 => json!({"start": "buyers", "nodes": {"buyers": all, "busy": busy}}),
        1 => json!({"start": "injured", "nodes": {
            "injured": menu, "zip": zip, "buyers": all, "busy": busy, "refuse": refuse}}),
        2 => json!({"start": "welcome", "nodes": {
            "welcome": {"type": "say", "say": welcome.trim(), "next": "first"},
            "first": {"type": "route", "tiers": [1], "otherwise": "patience"},
            "patience": {"type": "say", "say": "We are still looking for somebody.", "next": "second"},
            "second": {"type": "route", "tiers": [2], "otherwise": "busy"},
            "busy": busy}}),
        3 => json!({"start": "injured", "nodes": {
            "injured": menu,
            "zip": {"type": "condition", "if": {"field": "tags.injured", "op": "eq", "value": "yes"},
                    "then": "buyers", "else": "refuse"},
            "buyers": {"type": "route", "otherwise": "overflow"},
            "overflow": {"type": "forward", "phone_number": forward, "ring_timeout_seconds": 10, "otherwise": "busy"},
            "busy": busy, "refuse": refuse}}),
        4 => json!({"start": "language", "nodes": {
            "language": {"type": "menu", "say": "For English press 1, para español 2.", "tag": "language",
                         "choices": {"1": {"value": "en", "next": "buyers"}, "2": {"value": "es-MX", "next": "buyers"}},
                         "timeout_seconds": 4, "attempts": 2, "otherwise": "buyers"},
            "buyers": all, "busy": busy}}),
        _ => json!({"start": "zip", "nodes": {
            "zip": {"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip",
                    "timeout_seconds": 5, "attempts": 1, "next": "buyers", "otherwise": "buyers"},
            "buyers": all, "busy": busy}}),
    }
}
