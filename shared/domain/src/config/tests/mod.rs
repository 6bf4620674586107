//! The documents of the contract, and what is refused in them.

mod duplicates;
mod payout;
mod schema;
mod suppression;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Buyer, Campaign, Caps, Document, Publisher, Target, TrackingNumber};

const ULID: &str = "01JD3Q4T7Y8Z9A0B1C2D3E4F5G";

fn target_id(number: usize) -> String {
    format!("tgt_{}{number:04}", &ULID[..22])
}

fn buyer() -> Value {
    json!({"name": "Lone Star Law", "time_zone": "America/Chicago", "caps": {"concurrency": 3, "daily": 50}, "budget": "5000.00"})
}

fn target() -> Value {
    json!({
        "buyer_id": format!("buy_{ULID}"), "name": "Intake desk", "destination": {"phone_number": "+12145550100"},
        "price": "45.00", "caps": {"concurrency": 2}, "ring_timeout_seconds": 20, "screening": {"press": "1"},
        "hours": {
            "time_zone": "America/Chicago",
            "open": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}],
            "closed_dates": ["2026-12-25"],
        },
        "filter": {"all": [
            {"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
            {"field": "tags.injured", "op": "eq", "value": "yes"},
        ]},
    })
}

fn campaign() -> Value {
    json!({
        "name": "Auto injury",
        "flow": {"start": "injured", "nodes": {
            "injured": {
                "type": "menu", "say": "Were you injured? Press 1 for yes, 2 for no.", "tag": "injured",
                "choices": {"1": {"value": "yes", "next": "zip"}, "2": {"value": "no", "next": "refuse"}},
                "timeout_seconds": 5, "attempts": 2, "otherwise": "refuse",
            },
            "zip": {"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip", "next": "buyers"},
            "buyers": {"type": "route", "otherwise": "busy"},
            "refuse": {"type": "hangup", "say": "Sorry, we cannot help with this request."},
            "busy": {"type": "hangup", "say": "All lines are busy. Please call again."},
        }},
        "routing": {"tiers": [{"method": "waterfall", "targets": [{"target_id": target_id(1), "priority": 1, "weight": 1}]}]},
        "conversion": {"minimum_seconds": 90}, "payout": {"kind": "fixed", "amount": "20.00"},
        "duplicates": {"within_days": 30, "action": "reject"}, "fallback_number": "+12145550199",
    })
}

fn number() -> Value {
    json!({
        "phone_number": "+18005550111", "connection_id": format!("con_{ULID}"), "campaign_id": format!("cmp_{ULID}"),
        "publisher_id": format!("pub_{ULID}"),
    })
}

fn read<T: DeserializeOwned>(document: &Value) -> Result<T, String> {
    let text = document.to_string();
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text))
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))
}

/// The document with one part replaced, or added where its parent has no such part.
fn with(mut document: Value, pointer: &str, part: Value) -> Value {
    if let Some(place) = document.pointer_mut(pointer) {
        *place = part;
    } else {
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        document.pointer_mut(parent).expect(pointer)[member] = part;
    }
    document
}

fn without(mut document: Value, member: &str) -> Value {
    document.as_object_mut().expect("an object").remove(member).expect(member);
    document
}

/// Reads a document of the contract, and finds in what is written all that was given.
#[track_caller]
fn check_taken<T: DeserializeOwned + Serialize + Document + PartialEq + std::fmt::Debug>(given: &Value) -> T {
    let document: T = read(given).expect("a document");
    assert_eq!(document.check(), [], "{given}");
    let written = serde_json::to_value(&document).expect("json");
    assert_is_within("", given, &written);
    assert_eq!(read::<T>(&written).expect("what was written"), document);
    document
}

#[track_caller]
fn assert_is_within(path: &str, given: &Value, written: &Value) {
    match given {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, part)| assert_is_within(&format!("{path}.{name}"), part, &written[name]));
        }
        Value::Array(parts) => {
            assert_eq!(written.as_array().map(Vec::len), Some(parts.len()), "{path}");
            parts.iter().enumerate().for_each(|(index, part)| {
                assert_is_within(&format!("{path}[{index}]"), part, &written[index]);
            });
        }
        part => assert_eq!(written, part, "{path}"),
    }
}

#[track_caller]
fn check_refused<T: DeserializeOwned>(rows: &[(Value, &str, &str)]) {
    for (document, path, expected) in rows {
        let error = read::<T>(document).err().unwrap_or_else(|| panic!("taken: {document}"));
        let named = error.starts_with(&format!("{path}: "));
        assert!(named && error.contains(expected), "expected {path}: {expected}\n     got {error}");
    }
}

#[track_caller]
fn check_problems<T: DeserializeOwned + Document>(rows: &[(Value, &str, &str)]) {
    for (document, path, expected) in rows {
        let problems = read::<T>(document).expect("readable").check();
        let found =
            problems.iter().any(|problem| problem.path == *path && problem.message.contains(expected));
        assert!(found, "expected {path}: {expected}\n     got {problems:?}");
    }
}

/// A JSON number with a point, which the documents take nowhere.
fn fraction(text: &str) -> Value {
    serde_json::from_str(text).expect("a number")
}

#[test]
fn the_documents_of_the_contract_are_taken() {
    check_taken::<Publisher>(&json!({"name": "Radio One"}));
    check_taken::<TrackingNumber>(&number());
    check_taken::<Buyer>(&buyer());
    check_taken::<Target>(&target());
    check_taken::<Campaign>(&campaign());
    check_taken::<Target>(&with(target(), "/destination", json!({"sip_uri": "sip:desk@127.0.0.1:5080"})));
    check_taken::<Campaign>(&with(campaign(), "/queue", json!({"max_size": 100, "max_wait_seconds": 300})));
}

#[test]
fn what_is_left_out_is_no_limit() {
    let buyer: Buyer = check_taken(&json!({"name": "B", "time_zone": "UTC"}));
    assert!(buyer.caps.is_unlimited() && buyer.budget.is_none());
    let target: Target = check_taken(&json!({
        "buyer_id": format!("buy_{ULID}"), "name": "T", "destination": {"phone_number": "+12145550100"}, "price": "0.00",
    }));
    assert!(
        target.caps.is_unlimited() && target.hours.is_none() && target.filter.is_none() && !target.paused
    );
    assert_eq!((target.ring_timeout_seconds, target.timer_offset_seconds, target.screening), (20, 0, None));
    let screened: Target = check_taken(&with(self::target(), "/screening", json!({})));
    assert_eq!(screened.screening.map(|screening| screening.press.as_char()), Some('1'));
    let mut campaign = campaign();
    for member in ["routing", "duplicates", "fallback_number"] {
        campaign = without(campaign, member);
    }
    let campaign: Campaign = check_taken(&campaign);
    assert!(campaign.routing.tiers.is_empty() && campaign.queue.is_none() && !campaign.record);
    assert_eq!(campaign.warnings(), []);
    let place: super::TierTarget = read(&json!({"target_id": target_id(1)})).expect("a place");
    assert_eq!((place.priority, place.weight), (1, 1));
}

#[test]
fn a_notice_of_a_recording_that_is_not_made_is_warned_of() {
    let silent = with(campaign(), "/recording_notice", json!({"default": "We record.", "es": "Grabamos."}));
    let campaign: Campaign = check_taken(&silent);
    assert_eq!(campaign.warnings()[0].path, "recording_notice");
    let campaign: Campaign = check_taken(&with(silent, "/record", json!(true)));
    assert_eq!(campaign.warnings(), []);
}

#[test]
fn what_is_needed_cannot_be_left_out() {
    for member in ["buyer_id", "name", "destination", "price"] {
        check_refused::<Target>(&[(without(target(), member), ".", &format!("missing field `{member}`"))]);
    }
    for member in ["name", "flow", "conversion", "payout"] {
        check_refused::<Campaign>(&[(
            without(campaign(), member),
            ".",
            &format!("missing field `{member}`"),
        )]);
    }
    for member in ["phone_number", "connection_id", "campaign_id", "publisher_id"] {
        check_refused::<TrackingNumber>(&[(
            without(number(), member),
            ".",
            &format!("missing field `{member}`"),
        )]);
    }
    check_refused::<Buyer>(&[
        (without(buyer(), "name"), ".", "missing field `name`"),
        (without(buyer(), "time_zone"), ".", "missing field `time_zone`"),
    ]);
    check_refused::<Publisher>(&[(json!({}), ".", "missing field `name`")]);
}

#[test]
fn a_wrong_buyer_is_refused_at_its_field() {
    check_refused::<Buyer>(&[
        (with(buyer(), "/name", json!("  ")), "name", "1 to 128 characters"),
        (with(buyer(), "/name", json!(5)), "name", "invalid type: integer `5`"),
        (with(buyer(), "/nmae", json!("x")), "nmae", "unknown field `nmae`, expected one of `name`"),
        (with(buyer(), "/time_zone", json!("Texas")), "time_zone", "such as America/Chicago"),
        (with(buyer(), "/caps/daily", json!(-1)), "caps.daily", "a whole number from 0 to 1000000"),
        (with(buyer(), "/caps/daily", json!("50")), "caps.daily", "a whole number from 0 to 1000000"),
        (with(buyer(), "/caps/daily", fraction("1.5")), "caps.daily", "a whole number from 0 to 1000000"),
        (with(buyer(), "/caps/daily", json!(1_000_001)), "caps.daily", "a whole number from 0 to 1000000"),
        (with(buyer(), "/caps/weekly", json!(1)), "caps.weekly", "unknown field `weekly`"),
        (with(buyer(), "/budget", json!(5000)), "budget", "an amount as a string"),
        (with(buyer(), "/budget", json!("-1")), "budget", "zero or more"),
        (with(buyer(), "/budget", json!("1e3")), "budget", "a string of digits"),
    ]);
    check_problems::<Buyer>(&[(
        with(buyer(), "/hours", json!({"time_zone": "UTC", "open": []})),
        "hours.open",
        "never open",
    )]);
    let none: Buyer =
        read(&with(buyer(), "/caps", json!({"concurrency": 0}))).expect("a buyer who takes no calls");
    assert_eq!(none.caps, Caps { concurrency: Some(0), ..Caps::default() });
}

#[test]
fn limits_on_money_and_pace_are_read_and_refused_at_their_field() {
    let limits = json!({"hourly": "100.00", "daily": "400.00", "monthly": "9000.00", "total": "50000.00"});
    let group = json!({"name": "Night desk", "caps": {"concurrency": 1}, "money_caps": limits,
                       "minimum_seconds_between_calls": 5});
    let whole = with(with(buyer(), "/groups", json!([group])), "/money_caps", limits.clone());
    check_taken::<Buyer>(&with(whole.clone(), "/minimum_seconds_between_calls", json!(30)));
    let member = with(with(target(), "/group", json!("Night desk")), "/money_caps", limits);
    check_taken::<Target>(&with(member, "/minimum_seconds_between_calls", json!(86_400)));
    let rule = json!({"before_seconds": 20, "most_reroutes": 2});
    check_taken::<Campaign>(&with(campaign(), "/routing/second_chance", rule));
    check_refused::<Buyer>(&[
        (with(whole.clone(), "/money_caps/daily", json!(50)), "money_caps.daily", "an amount as a string"),
        (with(whole.clone(), "/money_caps/daily", json!("-1")), "money_caps.daily", "zero or more"),
        (
            with(whole.clone(), "/money_caps/weekly", json!("1")),
            "money_caps.weekly",
            "unknown field `weekly`",
        ),
        (with(whole.clone(), "/groups/0/name", json!(" ")), "groups[0].name", "1 to 128 characters"),
        (with(whole, "/groups/0/cap", json!({})), "groups[0].cap", "unknown field `cap`"),
        (with(buyer(), "/groups", json!(vec![group; 21])), "groups", "at most 20 items"),
        (
            with(buyer(), "/minimum_seconds_between_calls", json!(0)),
            "minimum_seconds_between_calls",
            "from 1 to 86400",
        ),
    ]);
    for (rule, field, expected) in [
        (json!({"before_seconds": 0}), "before_seconds", "from 1 to 3600"),
        (json!({"before_seconds": 9, "most_reroutes": 6}), "most_reroutes", "from 1 to 5"),
    ] {
        let path = format!("routing.second_chance.{field}");
        check_refused::<Campaign>(&[(with(campaign(), "/routing/second_chance", rule), &path, expected)]);
    }
}

#[test]
fn a_wrong_target_is_refused_at_its_field() {
    check_refused::<Target>(&[
        (with(target(), "/buyer_id", json!(target_id(1))), "buyer_id", "buy_ followed by 26 characters"),
        (with(target(), "/price", json!(45)), "price", "an amount as a string"),
        (with(target(), "/price", fraction("45.0")), "price", "an amount as a string"),
        (with(target(), "/price", json!("-45.00")), "price", "zero or more"),
        (with(target(), "/price", json!(null)), "price", "an amount as a string"),
        (
            with(target(), "/destination", json!({"phone_number": "2145550100"})),
            "destination.phone_number",
            "E.164",
        ),
        (
            with(target(), "/destination", json!({"fax": "+12145550100"})),
            "destination",
            "unknown variant `fax`",
        ),
        (with(target(), "/destination/sip_uri", json!("sip:a@b")), "destination", ""),
        (with(target(), "/destination", json!({})), "destination", ""),
        (with(target(), "/ring_timeout_seconds", json!(4)), "ring_timeout_seconds", "from 5 to 120"),
        (with(target(), "/ring_timeout_seconds", json!(121)), "ring_timeout_seconds", "from 5 to 120"),
        (with(target(), "/timer_offset_seconds", json!(-1)), "timer_offset_seconds", "from 0 to 3600"),
        (with(target(), "/screening/press", json!("12")), "screening.press", "one key of a phone"),
        (with(target(), "/screening/press", json!(1)), "screening.press", "expected a string"),
        (with(target(), "/screening/key", json!("1")), "screening.key", "unknown field `key`"),
        (with(target(), "/paused", json!("no")), "paused", "expected a boolean"),
        (with(target(), "/hours/time_zone", json!("Mars")), "hours.time_zone", "such as America/Chicago"),
        (with(target(), "/hours/open/0", json!({})), "hours.open[0]", "missing field `days`"),
        (with(target(), "/hours/open/0/to", json!("8pm")), "hours.open[0].to", "a time of day as HH:MM"),
        (with(target(), "/hours/open/0/to", json!("08:00")), "hours.open[0]", "`from` and `to` are the same"),
        (
            with(target(), "/hours/closed_dates", json!(["soon"])),
            "hours.closed_dates[0]",
            "a date as YYYY-MM-DD",
        ),
        (with(target(), "/filter/all/0/op", json!("is")), "filter.all[0].op", "unknown variant `is`"),
        (
            with(target(), "/filter/all/0/field", json!("state")),
            "filter.all[0].field",
            "unknown field `state`",
        ),
        (with(target(), "/filter/all/0/value", json!([{}])), "filter.all[0].value[0]", "a text of at most"),
        (with(target(), "/filter/all/1", json!({"any": []})), "filter.all[1].any", "one or more conditions"),
    ]);
    check_problems::<Target>(&[(with(target(), "/hours/open", json!([])), "hours.open", "never open")]);
}

#[test]
fn a_wrong_campaign_is_refused_at_its_field() {
    let tier = "routing.tiers[0]";
    check_refused::<Campaign>(&[
        (with(campaign(), "/flow/start", json!("a b")), "flow.start", "a node's name"),
        (with(campaign(), "/flow/nodes/zip/digits", json!(33)), "flow.nodes.zip.digits", "from 1 to 32"),
        (with(campaign(), "/flow/nodes/zip/tag", json!("ZIP")), "flow.nodes.zip.tag", "a tag's name"),
        (
            with(campaign(), "/flow/nodes/zip/then", json!("busy")),
            "flow.nodes.zip",
            "`then`: a gather node has no such field",
        ),
        (
            with(campaign(), "/flow/nodes/zip/type", json!("ask")),
            "flow.nodes.zip.type",
            "unknown variant `ask`",
        ),
        (
            with(campaign(), "/routing/tiers/0/method", json!("auction")),
            &format!("{tier}.method"),
            "unknown variant `auction`",
        ),
        (
            with(campaign(), "/routing/tiers/0/targets/0/weight", json!(0)),
            &format!("{tier}.targets[0].weight"),
            "from 1 to 1000",
        ),
        (
            with(campaign(), "/routing/tiers/0/targets/0/priority", json!(0)),
            &format!("{tier}.targets[0].priority"),
            "from 1 to",
        ),
        (
            with(campaign(), "/routing/tiers/0/targets/0/id", json!(1)),
            &format!("{tier}.targets[0].id"),
            "unknown field `id`",
        ),
        (
            with(
                campaign(),
                "/routing/tiers",
                json!(vec![json!({"method": "waterfall", "targets": []}); 11]),
            ),
            "routing.tiers",
            "at most 10 items",
        ),
        (
            with(campaign(), "/conversion/minimum_seconds", json!(14_401)),
            "conversion.minimum_seconds",
            "from 0 to 14400",
        ),
        (with(campaign(), "/payout/amount", json!(20)), "payout.amount", "an amount as a string"),
        (with(campaign(), "/payout/amount", json!("-20")), "payout.amount", "zero or more"),
        (
            with(campaign(), "/payout/percent", json!("5")),
            "payout",
            "`percent`: a fixed payout has no such field",
        ),
        (with(campaign(), "/payout/kind", json!("free")), "payout.kind", "unknown variant `free`"),
        (
            with(campaign(), "/queue", json!({"max_size": 0, "max_wait_seconds": 1})),
            "queue.max_size",
            "from 1 to 5000",
        ),
        (with(campaign(), "/duplicates/within_days", json!(366)), "duplicates.within_days", "from 1 to 365"),
        (
            with(campaign(), "/duplicates/action", json!("route")),
            "duplicates.action",
            "unknown variant `route`",
        ),
        (with(campaign(), "/fallback_number", json!("911")), "fallback_number", "E.164"),
    ]);
}

#[test]
fn a_campaign_that_contradicts_itself_is_told_where() {
    let share = json!({"kind": "revenue_share", "percent": "40", "least": "10.00", "most": "9.99"});
    let place = json!({"target_id": target_id(1)});
    check_problems::<Campaign>(&[
        (
            with(campaign(), "/flow/nodes/zip/next", json!("nowhere")),
            "flow.nodes.zip.next",
            "no node `nowhere`",
        ),
        (
            with(campaign(), "/flow/nodes/buyers/tiers", json!([1, 2])),
            "flow.nodes.buyers.tiers[1]",
            "no tier 2",
        ),
        (with(campaign(), "/payout", share), "payout.least", "above `most`, 9.99"),
        (with(campaign(), "/hours", json!({"time_zone": "UTC", "open": []})), "hours.open", "never open"),
        (
            with(campaign(), "/routing/tiers/0/targets", json!([place, place])),
            "routing.tiers[0].targets[1].target_id",
            "tiers[0].targets[0] already",
        ),
    ]);
}

#[test]
fn a_campaign_has_at_most_1000_targets_in_all() {
    let tiers = |counts: [usize; 2]| {
        let place = |number| json!({"target_id": target_id(number)});
        let tier = |first, count| json!({"method": "waterfall", "targets": (first..first + count).map(place).collect::<Vec<_>>()});
        with(campaign(), "/routing/tiers", json!([tier(0, counts[0]), tier(counts[0], counts[1])]))
    };
    check_taken::<Campaign>(&tiers([1, 999]));
    check_problems::<Campaign>(&[(
        tiers([1, 1000]),
        "routing.tiers[1].targets[999]",
        "at most 1000 targets in all",
    )]);
    check_refused::<Campaign>(&[(tiers([1001, 0]), "routing.tiers[0].targets", "at most 1000 items")]);
}
