use serde_json::{Value, json};

use super::*;
use crate::{flow::Flow, problem::Problem};

fn flow(tiers: &Value) -> Flow {
    serde_json::from_value(json!({"start": "buyers", "nodes": {
        "buyers": {"type": "route", "tiers": tiers, "otherwise": "busy"},
        "busy": {"type": "hangup"},
    }}))
    .expect("a flow")
}

fn read(more: &Value) -> Result<QueuePolicy, String> {
    let mut document = json!({"max_size": 100, "max_wait_seconds": 300});
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    serde_path_to_error::deserialize(document).map_err(|error| error.to_string())
}

fn problems(more: &Value) -> Vec<String> {
    let policy = read(more).expect("a policy that reads");
    policy.check_within(&flow(&json!([1])), 2).iter().map(Problem::to_string).collect()
}

#[test]
fn two_figures_are_a_policy_with_every_default_that_a_user_expects() {
    let policy = read(&json!({})).expect("a policy");
    assert_eq!((policy.order.by, policy.order.seconds_per_dollar), (ServeBy::Value, 2));
    assert!(policy.announcements.position && policy.announcements.estimated_wait);
    assert_eq!((policy.retry_seconds, policy.answered_within_seconds), (30, 20));
    assert_eq!(policy.check_within(&flow(&json!(null)), 1), []);
    let callback = read(&json!({"callback": {}})).expect("a policy").callback.expect("a callback");
    assert_eq!(
        (callback.hours.from.to_string(), callback.hours.to.to_string()),
        ("08:00".into(), "21:00".into())
    );
}

#[test]
fn what_reading_can_tell_is_refused_with_the_field_and_what_would_be_right() {
    for (more, expected) in [
        (
            json!({"max_wait_seconds": 9}),
            "max_wait_seconds: invalid value: integer `9`, expected a whole number from 10",
        ),
        (
            json!({"max_size": 0}),
            "max_size: invalid value: integer `0`, expected a whole number from 1 to 5000",
        ),
        (json!({"name": "Injury intake"}), "name: expected a queue's name"),
        (json!({"audio": ["ftp://example.com/a.mp3"]}), "audio[0]: expected the http or https URL"),
        (
            json!({"audio": ["https://user:secret@example.com/a.mp3"]}),
            "audio[0]: expected the http or https URL",
        ),
        (json!({"overflow": [{"type": "forward"}]}), "overflow[0]: missing field `phone_number`"),
        (json!({"overflow": [{"type": "hangup", "tiers": [1]}]}), "overflow[0]: unknown field `tiers`"),
        (
            json!({"overflow": [{"type": "voicemail", "max_seconds": 4}]}),
            "overflow[0].max_seconds: invalid value",
        ),
        (json!({"order": {"by": "worth"}}), "order.by: unknown variant `worth`"),
        (json!({"callback": {"hours": {"from": "8"}}}), "callback.hours.from: expected a time of day"),
        (json!({"tick": 5}), "unknown field `tick`"),
    ] {
        let error = read(&more).expect_err("no policy");
        assert!(error.contains(expected), "{more}: {error}");
    }
}

#[test]
fn a_policy_that_cannot_work_is_refused_with_the_reason() {
    for (more, expected) in [
        (json!({"order": {"by": "bands"}}), "order.bands: an order by bands needs"),
        (json!({"order": {"bands": ["10.00"]}}), "order.bands: is for an order by bands"),
        (
            json!({"order": {"by": "bands", "bands": ["10.00", "10.00"]}}),
            "order.bands: expected amounts that fall",
        ),
        (
            json!({"callback": {"hours": {"from": "21:00", "to": "08:00"}}}),
            "callback.hours.to: expected a time after",
        ),
        (json!({"overflow": [{"type": "callback"}]}), "overflow[0].type: needs the queue's `callback`"),
        (json!({"overflow": [{"type": "hangup"}, {"type": "voicemail"}]}), "overflow[0].type: ends the call"),
        (json!({"overflow": [{"type": "tiers", "tiers": []}]}), "overflow[0].tiers: names no tier"),
        (json!({"overflow": [{"type": "tiers", "tiers": [3]}]}), "overflow[0].tiers[0]: there is no tier 3"),
        (json!({"overflow": [{"type": "tiers", "tiers": [1]}]}), "would overflow to itself"),
    ] {
        let found = problems(&more);
        assert!(found.len() == 1 && found[0].contains(expected), "{more}: {found:?}");
    }
    assert_eq!(
        problems(&json!({"overflow": [{"type": "tiers", "tiers": [2]}, {"type": "hangup"}]})),
        [] as [&str; 0]
    );
    let asks_all = read(&json!({"overflow": [{"type": "tiers", "tiers": [2]}]})).expect("a policy");
    assert_eq!(
        asks_all.check_within(&flow(&json!(null)), 2).len(),
        1,
        "a route without tiers asks all of them"
    );
}

#[test]
fn a_policy_reads_back_as_it_was_written() {
    let policy = read(&json!({
        "name": "injury", "max_estimated_wait_seconds": 600, "order": {"by": "bands", "bands": ["100.00", "50.00"]},
        "audio": ["https://cdn.example.com/a.mp3"], "announcements": {"message": {"default": "Hi.", "es": "Hola."}, "language": "en-US"},
        "overflow": [{"type": "forward", "phone_number": "+12145550100"}, {"type": "callback"}, {"type": "voicemail", "say": "Speak."}],
        "callback": {"attempts": 2}, "retry_seconds": 60,
    }))
    .expect("a policy");
    let written = serde_json::to_value(&policy).expect("json");
    assert_eq!(serde_json::from_value::<QueuePolicy>(written).expect("a policy"), policy);
}
