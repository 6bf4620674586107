//! Documents that are no flows, or hardly: none makes reading, checking or walking panic, and what is accepted ends.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::graphs::{a_graph, a_sound_graph, an_input, steps_to_the_end};
use crate::flow::Flow;

/// Names and words that a flow's document knows.
const WORDS: [&str; 27] = [
    "start",
    "nodes",
    "type",
    "say",
    "menu",
    "gather",
    "condition",
    "hours",
    "route",
    "forward",
    "hangup",
    "next",
    "choices",
    "otherwise",
    "if",
    "then",
    "else",
    "tag",
    "digits",
    "attempts",
    "timeout_seconds",
    "phone_number",
    "tiers",
    "n0",
    "n1",
    "1",
    "",
];

fn a_word() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

/// Any JSON, in the words of flows more often than not.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..12).prop_map(Value::from),
        a_word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(a_word(), inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

/// What is done to a document, at the part of it that a number chooses.
#[derive(Debug, Clone)]
enum Damage {
    Replace(Value),
    Remove,
    Add(String, Value),
}

fn some_damage() -> impl Strategy<Value = Vec<(prop::sample::Index, Damage)>> {
    let damage = prop_oneof![
        any_json().prop_map(Damage::Replace),
        Just(Damage::Remove),
        (a_word(), any_json()).prop_map(|(name, value)| Damage::Add(name, value)),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), damage), 1..4)
}

fn size(document: &Value) -> usize {
    let inner: usize = match document {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    };
    inner + 1
}

/// Damages the part that is reached after so many others.
fn damaged(document: Value, before: &mut usize, damage: &Damage) -> Option<Value> {
    let is_here = *before == 0;
    *before = before.wrapping_sub(1);
    let mut document = match (is_here, damage) {
        (true, Damage::Remove) => return None,
        (true, Damage::Replace(value)) => return Some(value.clone()),
        (true, Damage::Add(..)) | (false, _) => document,
    };
    match &mut document {
        Value::Object(members) => {
            if let (true, Damage::Add(name, value)) = (is_here, damage) {
                members.insert(name.clone(), value.clone());
            }
            let inner = std::mem::take(members).into_iter();
            *members =
                inner.filter_map(|(name, part)| Some((name, damaged(part, before, damage)?))).collect();
        }
        Value::Array(items) => {
            let inner = std::mem::take(items).into_iter();
            *items = inner.filter_map(|part| damaged(part, before, damage)).collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Some(document)
}

fn a_damaged_flow() -> impl Strategy<Value = Value> {
    let flow = prop_oneof![a_graph().boxed(), a_sound_graph().boxed()];
    (flow, some_damage()).prop_map(|(flow, damages)| {
        let document = serde_json::to_value(flow).expect("json");
        damages.iter().fold(document, |document, (place, damage)| {
            let mut before = place.index(size(&document));
            damaged(document, &mut before, damage).unwrap_or(Value::Null)
        })
    })
}

/// Reads a document and, where it is a flow without a fault, takes a call through it.
fn check(document: &Value, inputs: &[crate::call::event::Input]) -> Result<(), TestCaseError> {
    if let Ok(flow) = serde_json::from_str::<Flow>(&document.to_string()) {
        let steps = steps_to_the_end(&flow, inputs);
        prop_assert!(!flow.check().is_empty() || steps.is_some(), "{document}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_json_is_refused_or_a_flow_that_ends(
        document in any_json(),
        inputs in prop::collection::vec(an_input(), 0..20),
    ) {
        check(&document, &inputs)?;
        check(&json!({"start": "n0", "nodes": {"n0": document}}), &inputs)?;
    }

    #[test]
    fn a_damaged_flow_is_refused_or_ends(
        document in a_damaged_flow(),
        inputs in prop::collection::vec(an_input(), 0..20),
    ) {
        check(&document, &inputs)?;
    }
}
