//! Flows by example: what is refused when they are read and when they are saved.

mod graphs;
mod hostile;
mod walk;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Flow, Node, NodeId};
use crate::{
    call::event::Input,
    filter::{Fact, Facts, Field},
    tags::{TagValue, Tags},
};

impl Facts for Tags {
    fn fact(&self, field: &Field) -> Fact<'_> {
        match field {
            Field::Tag(name) => self.get(name.as_str()).map(TagValue::as_str).into(),
            _ => Fact::Unknown,
        }
    }
}

fn flow(nodes: &Value) -> Flow {
    serde_json::from_value(json!({"start": "start", "nodes": nodes})).expect("a flow")
}

fn id(name: &str) -> NodeId {
    name.to_owned().try_into().expect("a node's name")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A Wednesday, 18:00 in Berlin.
const WEDNESDAY: &str = "2026-01-14T17:00:00Z";

fn digits(text: &str) -> Input {
    Input::Digits(text.to_owned())
}

fn hangup() -> Value {
    json!({"type": "hangup"})
}

fn injured() -> Value {
    json!({
        "type": "menu", "say": "Were you injured?", "tag": "injured", "attempts": 2, "otherwise": "end",
        "choices": {"1": {"value": "yes", "next": "zip"}, "*": {"next": "end"}},
    })
}

fn zip() -> Value {
    json!({"type": "gather", "say": "Your ZIP?", "language": "en-US", "digits": 5, "tag": "zip", "next": "end"})
}

fn intake() -> Flow {
    flow(&json!({"start": injured(), "zip": zip(), "end": hangup()}))
}

#[track_caller]
fn check_refused(node: &Value, expected: &str) {
    let error = serde_json::from_value::<Node>(node.clone()).expect_err("refused").to_string();
    assert!(error.contains(expected), "{node}: {error}");
}

#[test]
fn a_node_has_what_its_type_needs_and_nothing_else() {
    for (node, expected) in [
        (json!({}), "missing field `type`"),
        (json!({"type": "record"}), "unknown variant `record`, expected one of `say`, `menu`, `gather`"),
        (json!({"type": "say", "next": "a"}), "missing field `say`, which a say node needs"),
        (json!({"type": "say", "say": "x"}), "missing field `next`, which a say node needs"),
        (
            json!({"type": "menu", "say": "x", "otherwise": "a"}),
            "missing field `choices`, which a menu node needs",
        ),
        (
            json!({"type": "menu", "say": "x", "choices": {}}),
            "missing field `otherwise`, which a menu node needs",
        ),
        (
            json!({"type": "gather", "say": "x", "next": "a"}),
            "missing field `tag`, which a gather node needs",
        ),
        (
            json!({"type": "condition", "then": "a", "else": "b"}),
            "missing field `if`, which a condition node needs",
        ),
        (
            json!({"type": "hours", "open": "a", "closed": "b"}),
            "missing field `hours`, which an hours node needs",
        ),
        (json!({"type": "route"}), "missing field `otherwise`, which a route node needs"),
        (json!({"type": "forward"}), "missing field `phone_number`, which a forward node needs"),
        (json!({"type": "hangup", "next": "a"}), "`next`: a hangup node has no such field"),
        (
            json!({"type": "say", "say": "x", "next": "a", "digits": 5}),
            "`digits`: a say node has no such field",
        ),
        (json!({"type": "say", "say": "x", "next": "a", "colour": 5}), "unknown field `colour`"),
        (json!({"type": "say", "say": "", "next": "a"}), "a text to speak"),
        (json!({"type": "hangup", "language": "english!"}), "a language tag such as en-US"),
    ] {
        check_refused(&node, expected);
    }
    for (member, value, expected) in [
        ("attempts", json!(0), "from 1 to 5"),
        ("attempts", json!(6), "from 1 to 5"),
        ("timeout_seconds", json!(0), "from 1 to 60"),
        ("timeout_seconds", json!(61), "from 1 to 60"),
        ("timeout_seconds", json!("5"), "from 1 to 60"),
        ("choices", json!({"12": {"next": "a"}}), "one key of a phone"),
        ("choices", json!({"a": {"next": "a"}}), "one key of a phone"),
        ("choices", json!({"1": {"next": "a", "then": "b"}}), "unknown field `then`"),
        ("choices", json!({"1": "a"}), "expected struct Choice"),
        ("choices", json!({"1": {"next": "a", "value": "\u{0}"}}), "a tag's value"),
    ] {
        let mut menu = injured();
        menu[member] = value;
        check_refused(&menu, expected);
    }
    for (tiers, expected) in
        [(json!([0]), "from 1 to 10"), (json!([11]), "from 1 to 10"), (json!(1), "a list of at most 10")]
    {
        check_refused(&json!({"type": "route", "otherwise": "a", "tiers": tiers}), expected);
    }
    check_refused(
        &json!({"type": "forward", "phone_number": "+12145550100", "ring_timeout_seconds": 4}),
        "from 5 to 120",
    );
    check_refused(
        &json!({"type": "gather", "say": "x", "tag": "t", "next": "a", "digits": 0}),
        "from 1 to 32",
    );
}

#[test]
fn no_member_is_ignored() {
    let span = json!({"days": ["mon"], "from": "08:00", "to": "18:00"});
    let members = json!({
        "next": "a", "otherwise": "a", "tag": "t", "choices": {}, "timeout_seconds": 5, "attempts": 2, "digits": 5, "speech": true,
        "if": {"field": "tags.t", "op": "exists"}, "then": "a", "else": "a", "hours": {"time_zone": "UTC", "open": [span]},
        "open": "a", "closed": "a", "tiers": [1], "after_hours": "a", "phone_number": "+12145550100", "ring_timeout_seconds": 20,
    });
    for (member, value) in members.as_object().expect("members") {
        let mut node = hangup();
        node[member] = value.clone();
        check_refused(&node, &format!("unknown field `{member}`: a hangup node has no such field"));
    }
    for (member, value) in [("say", "x"), ("language", "en-US")] {
        let mut node = json!({"type": "route", "otherwise": "a"});
        node[member] = json!(value);
        check_refused(&node, &format!("unknown field `{member}`: a route node has no such field"));
    }
}

#[test]
fn defaults_are_those_of_the_contract() {
    let read = |node: Value| {
        serde_json::to_value(serde_json::from_value::<Node>(node).expect("a node")).expect("json")
    };
    let gather = read(json!({"type": "gather", "say": "x", "digits": 5, "tag": "t", "next": "a"}));
    assert_eq!(
        gather,
        json!({"type": "gather", "say": "x", "digits": 5, "tag": "t", "next": "a", "timeout_seconds": 5, "attempts": 2})
    );
    let forward = read(json!({"type": "forward", "phone_number": "+12145550100"}));
    assert_eq!(
        forward,
        json!({"type": "forward", "phone_number": "+12145550100", "ring_timeout_seconds": 30})
    );
    assert_eq!(read(json!({"type": "route", "otherwise": "a"})), json!({"type": "route", "otherwise": "a"}));
}

#[test]
fn a_flow_has_at_most_100_nodes_each_once() {
    let nodes = |count: usize| {
        let names = (0..count).map(|number| (format!("n{number}"), hangup()));
        json!({"start": "n0", "nodes": names.collect::<BTreeMap<_, _>>()}).to_string()
    };
    assert!(serde_json::from_str::<Flow>(&nodes(100)).is_ok());
    let error = serde_json::from_str::<Flow>(&nodes(101)).expect_err("too many").to_string();
    assert!(error.contains("at most 100 entries"), "{error}");
    let twice = r#"{"start": "a", "nodes": {"a": {"type": "hangup"}, "a": {"type": "hangup", "say": "x"}}}"#;
    let error = serde_json::from_str::<Flow>(twice).expect_err("twice").to_string();
    assert!(error.contains("`a` is given twice"), "{error}");
    assert!(serde_json::from_str::<Flow>(&r#"{"start":"a","nodes":{"a":"#.repeat(50_000)).is_err());
}

/// Each expectation is a path and a part of its message; there are no other problems.
#[track_caller]
fn check_problems(nodes: &Value, expected: &[(&str, &str)]) {
    let problems = flow(nodes).check();
    assert_eq!(problems.len(), expected.len(), "{problems:?}");
    for (path, message) in expected {
        let found = problems.iter().any(|problem| problem.path == *path && problem.message.contains(message));
        assert!(found, "expected {path}: {message}\n     got {problems:?}");
    }
}

#[test]
fn a_sound_flow_has_no_problems() {
    assert_eq!(intake().check(), []);
}

#[test]
fn names_that_lead_nowhere_are_named_at_their_paths() {
    check_problems(&json!({"end": hangup()}), &[("start", "no node `start`")]);
    let mut menu = injured();
    menu["choices"]["1"]["next"] = json!("zap");
    menu["otherwise"] = json!("bye");
    let nodes = json!({"start": menu, "end": hangup()});
    check_problems(
        &nodes,
        &[("nodes.start.choices.1.next", "no node `zap`"), ("nodes.start.otherwise", "no node `bye`")],
    );
    let span = json!({"days": ["mon"], "from": "08:00", "to": "18:00"});
    let hours =
        json!({"type": "hours", "hours": {"time_zone": "UTC", "open": [span]}, "open": "a", "closed": "b"});
    check_problems(&json!({"start": hours}), &[("nodes.start.open", "`a`"), ("nodes.start.closed", "`b`")]);
    let condition =
        json!({"type": "condition", "if": {"field": "tags.a", "op": "exists"}, "then": "a", "else": "b"});
    check_problems(&json!({"start": condition}), &[("nodes.start.then", "`a`"), ("nodes.start.else", "`b`")]);
    let gather =
        json!({"type": "gather", "say": "x", "speech": true, "tag": "t", "next": "a", "otherwise": "b"});
    check_problems(
        &json!({"start": gather}),
        &[("nodes.start.next", "`a`"), ("nodes.start.otherwise", "`b`")],
    );
    let forward = json!({"type": "forward", "phone_number": "+12145550100", "otherwise": "b"});
    check_problems(&json!({"start": forward}), &[("nodes.start.otherwise", "`b`")]);
    let route = json!({"type": "route", "otherwise": "a", "after_hours": "b"});
    check_problems(
        &json!({"start": route}),
        &[("nodes.start.otherwise", "`a`"), ("nodes.start.after_hours", "`b`")],
    );
}

#[test]
fn nodes_that_nobody_reaches_are_named() {
    let nodes = json!({
        "start": hangup(), "lost": {"type": "say", "say": "x", "next": "end"}, "end": hangup(),
    });
    check_problems(&nodes, &[("nodes.lost", "no path from `start`"), ("nodes.end", "no path from `start`")]);
}

#[test]
fn circles_are_named_with_their_nodes_and_what_to_do_instead() {
    let say = |next: &str| json!({"type": "say", "say": "x", "next": next});
    check_problems(&json!({"start": say("start")}), &[("nodes.start.next", "circle: start → start;")]);
    check_problems(
        &json!({"start": say("a"), "a": say("b"), "b": say("a")}),
        &[("nodes.b.next", "circle: a → b → a; to ask a caller again, give a node more `attempts`")],
    );
    let route = json!({"type": "route", "otherwise": "start"});
    check_problems(
        &json!({"start": say("route"), "route": route}),
        &[("nodes.route.otherwise", "start → route → start")],
    );
    // Two ways to the same node are no circle.
    check_problems(&json!({"start": injured(), "zip": zip(), "end": hangup()}), &[]);
}

#[test]
fn a_flow_with_more_paths_than_can_be_walked_is_checked_all_the_same() {
    let menu = |next: &str| {
        let choices: BTreeMap<String, Value> =
            (0..10).map(|key| (key.to_string(), json!({"next": next}))).collect();
        json!({"type": "menu", "say": "x", "choices": choices, "otherwise": next})
    };
    let mut nodes: BTreeMap<String, Value> =
        (1..99).map(|number| (number.to_string(), menu(&(number + 1).to_string()))).collect();
    nodes.insert("start".to_owned(), menu("1"));
    nodes.insert("99".to_owned(), hangup());
    check_problems(&json!(nodes), &[]);
}

#[test]
fn members_that_contradict_each_other_are_named() {
    let with_end = |node: Value| json!({"start": node, "end": hangup()});
    let menu = json!({"type": "menu", "say": "x", "choices": {}, "otherwise": "end"});
    check_problems(&with_end(menu), &[("nodes.start.choices", "one choice or more")]);
    let menu = json!({"type": "menu", "say": "x", "choices": {"1": {"value": "a", "next": "end"}}, "otherwise": "end"});
    check_problems(&with_end(menu), &[("nodes.start.choices.1.value", "give the menu a `tag`")]);
    let gather = json!({"type": "gather", "say": "x", "tag": "t", "next": "end"});
    check_problems(&with_end(gather), &[("nodes.start.digits", "digits, speech or both")]);
    let route = |tiers: Value| json!({"type": "route", "tiers": tiers, "otherwise": "end"});
    check_problems(&with_end(route(json!([]))), &[("nodes.start.tiers", "names no tier")]);
    check_problems(&with_end(route(json!([2, 1, 2]))), &[("nodes.start.tiers[2]", "tier 2 is named twice")]);
    let silent = json!({"type": "hangup", "language": "en-US"});
    check_problems(&json!({"start": silent}), &[("nodes.start.language", "nothing is spoken")]);
    let hours =
        json!({"type": "hours", "hours": {"time_zone": "UTC", "open": []}, "open": "end", "closed": "end"});
    check_problems(&with_end(hours), &[("nodes.start.hours.open", "never open")]);
}
