//! Random filters against a naive judge of three-valued logic that reads the document itself.

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Known, filter, leaf};
use crate::filter::Filter;

const FIELDS: [&str; 4] = ["caller.state", "caller.zip", "number", "tags.x"];
const TEXTS: [&str; 8] = ["", "a", "A", "b", "ab", "1", "2", "1.5"];

fn a_leaf() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(&FIELDS[..]);
    let text = || prop::sample::select(&TEXTS[..]);
    let texts = prop::collection::vec(text(), 1..12);
    let two = prop::sample::select(vec![("1", "2"), ("1", "1.5"), ("a", "ab"), ("", "b")]);
    (field, text(), texts, two, any::<bool>(), 0..6).prop_map(|(field, text, texts, two, truth, op)| match op
    {
        0 => leaf(field, "eq", &json!(text)),
        1 => leaf(field, "in", &json!(texts)),
        2 => leaf(field, "between", &json!([two.0, two.1])),
        3 => leaf(field, "prefix", &json!(format!("{text}a"))),
        4 => leaf(field, "exists", &json!(truth)),
        _ => json!({"field": field, "op": "exists"}),
    })
}

fn a_filter() -> impl Strategy<Value = Value> {
    a_leaf().prop_recursive(3, 48, 4, |inner| {
        let branches = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            branches.clone().prop_map(|branches| json!({"all": branches})),
            branches.prop_map(|branches| json!({"any": branches})),
            inner.prop_map(|inner| json!({"not": inner})),
        ]
    })
}

fn some_facts() -> impl Strategy<Value = Known> {
    let facts = prop::collection::btree_map(
        prop::sample::select(&FIELDS[..]).prop_map(str::to_owned),
        prop::sample::select(&TEXTS[..]).prop_map(str::to_owned),
        0..=FIELDS.len(),
    );
    facts.prop_map(Known)
}

/// Judges the document itself: true, false, or none where it is unknown.
fn naive(document: &Value, facts: &Known) -> Option<bool> {
    if let Some(branches) = document["all"].as_array() {
        let all: Vec<_> = branches.iter().map(|branch| naive(branch, facts)).collect();
        return if all.contains(&Some(false)) {
            Some(false)
        } else {
            all.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
        };
    }
    if let Some(branches) = document["any"].as_array() {
        let any: Vec<_> = branches.iter().map(|branch| naive(branch, facts)).collect();
        return if any.contains(&Some(true)) {
            Some(true)
        } else {
            any.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
        };
    }
    if document["not"].is_object() {
        return naive(&document["not"], facts).map(|inner| !inner);
    }
    let fact = facts.0.get(document["field"].as_str().expect("a field")).map(|fact| fact.to_lowercase());
    let text = |value: &Value| value.as_str().expect("a text").to_lowercase();
    let value = &document["value"];
    match document["op"].as_str().expect("an operator") {
        "exists" => Some(fact.is_some() == value.as_bool().unwrap_or(true)),
        "eq" => fact.map(|fact| fact == text(value)),
        "in" => fact.map(|fact| value.as_array().expect("a list").iter().any(|one| text(one) == fact)),
        "prefix" => fact.map(|fact| fact.starts_with(&text(value))),
        _ => fact.map(|fact| {
            let (low, high) = (text(&value[0]), text(&value[1]));
            match (low.parse::<Decimal>(), high.parse::<Decimal>()) {
                (Ok(low), Ok(high)) => fact.parse().is_ok_and(|fact: Decimal| low <= fact && fact <= high),
                _ => low <= fact && fact <= high,
            }
        }),
    }
}

proptest! {
    #[test]
    fn filters_judge_as_a_naive_judge_would(document in a_filter(), facts in some_facts()) {
        let expected = naive(&document, &facts);
        match filter(&document).evaluate(&facts) {
            Ok(()) => prop_assert_eq!(expected, Some(true)),
            Err(failure) => prop_assert_eq!(expected, (!failure.is_unknown).then_some(false)),
        }
    }

    #[test]
    fn a_filter_reads_back_as_it_was_written(document in a_filter()) {
        let written = serde_json::to_value(filter(&document)).expect("json");
        prop_assert_eq!(written, document);
    }

    #[test]
    fn whatever_is_read_never_panics(text in r#"(\{|\[|"all":|"any":|"not":|"field":|"op":|"value":|"eq"|"tags.x"|1|,|\]|\}){0,40}"#) {
        let _ = serde_json::from_str::<Filter>(&text);
    }
}
