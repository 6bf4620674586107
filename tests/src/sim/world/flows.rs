//! What callers go through, in some of the shapes that agencies give it.

use serde_json::{Value, json};

use super::super::chance::Chance;

/// What a caller hears who does not qualify.
pub const REFUSED: &str = "Sorry, we cannot help with this request.";
/// What a caller hears whom no target takes.
pub const BUSY: &str = "All lines are busy. Please call again.";

/// A flow over two tiers. Where it forwards, it does to `forward`.
pub(super) fn drawn(chance: &Chance, forward: &str) -> Value {
    let busy = json!({"type": "hangup", "say": BUSY});
    let refuse = json!({"type": "hangup", "say": REFUSED});
    let menu = json!({"type": "menu", "say": "Were you injured? Press 1 for yes, 2 for no.", "tag": "injured",
        "choices": {"1": {"value": "yes", "next": "zip"}, "2": {"value": "no", "next": "refuse"}},
        "timeout_seconds": 4, "attempts": 2, "otherwise": "refuse"});
    let zip = json!({"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip",
        "timeout_seconds": 5, "attempts": 2, "next": "buyers"});
    let all = json!({"type": "route", "otherwise": "busy"});
    let welcome = "Welcome. Please hold the line. ".repeat(*chance.one_of(&[1, 1, 10, 40]));
    match chance.index(5) {
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
        _ => json!({"start": "zip", "nodes": {
            "zip": {"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip",
                    "timeout_seconds": 5, "attempts": 1, "next": "buyers", "otherwise": "buyers"},
            "buyers": all, "busy": busy}}),
    }
}
