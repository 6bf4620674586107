//! Random filters against a naive judge of three-valued logic that reads the document itself.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Known, filter, leaf};
use crate::filter::{Field, Filter};

const TEXTS: [&str; 20] = [
    "", "a", "A", "b", "aB", "ab", "é", "É", "zz", " ", "1", "01", "2", "1.5", "1.50", "-1", "+1", "1e2",
    "true", "75201",
];

fn a_field() -> impl Strategy<Value = &'static str> {
    prop_oneof![prop::sample::select(Field::NAMES), prop::sample::select(&["tags.x", "tags.y"][..])]
}

fn a_text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(&TEXTS[..]).prop_map(str::to_owned);
    prop_oneof![6 => known, 1 => (-200..200).prop_map(number_text), 1 => "\\PC{0,3}"]
}

/// A number of hundredths, written in one of several ways.
fn number_text(hundredths: i32) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, fraction) = (hundredths.abs() / 100, hundredths.abs() % 100);
    match hundredths.rem_euclid(3) {
        0 => format!("{sign}{whole}.{fraction:02}"),
        1 => format!("{sign}0{whole}.{fraction:02}0"),
        _ => format!("{sign}{whole}.{fraction:02}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

/// A value as a document may write it.
fn a_scalar() -> impl Strategy<Value = Value> {
    prop_oneof![6 => a_text().prop_map(Value::from), 1 => (-3..3).prop_map(Value::from), 1 => any::<bool>().prop_map(Value::from)]
}

/// The ends of a `between`, in their order: both numbers or both texts that are none.
fn ends() -> impl Strategy<Value = Value> {
    let numbers =
        (-200..200, 0..200).prop_map(|(low, more)| json!([number_text(low), number_text(low + more)]));
    let word = "[a-dA-D]{0,3}";
    let texts = (word, word).prop_map(|(one, other)| {
        if lower(&json!(one)) <= lower(&json!(other)) { json!([one, other]) } else { json!([other, one]) }
    });
    prop_oneof![numbers, texts]
}

fn a_leaf() -> impl Strategy<Value = Value> {
    let scalars = || prop::collection::vec(a_scalar(), 1..12);
    let prefix = || a_text().prop_map(|text| format!("{text}a"));
    let right_side = prop_oneof![
        a_scalar().prop_map(|one| ("eq", one)),
        scalars().prop_map(|list| ("in", json!(list))),
        ends().prop_map(|ends| ("between", ends)),
        prefix().prop_map(|prefix| ("prefix", json!(prefix))),
        prop::collection::vec(prefix(), 1..4).prop_map(|list| ("prefix", json!(list))),
        any::<bool>().prop_map(|wanted| ("exists", json!(wanted))),
        Just(("exists", Value::Null)),
    ];
    (a_field(), right_side).prop_map(|(field, (op, value))| match value {
        Value::Null => json!({"field": field, "op": op}),
        value => leaf(field, op, &value),
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
    let possible =
        || prop_oneof![4 => prop::collection::vec(a_text(), 1), 1 => prop::collection::vec(a_text(), 2..4)];
    prop::collection::vec((a_field(), possible()), 0..=Field::NAMES.len()).prop_map(|facts| {
        facts.iter().fold(Known::default(), |known, (field, possible)| {
            known.with(field, &possible.iter().map(String::as_str).collect::<Vec<_>>())
        })
    })
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
    let possible = facts.0.get(document["field"].as_str().expect("a field"));
    if document["op"] == "exists" {
        return Some(possible.is_some() == document["value"].as_bool().unwrap_or(true));
    }
    let verdicts: BTreeSet<bool> =
        possible?.iter().map(|fact| holds(document, &lower(&json!(fact)))).collect();
    verdicts.first().copied().filter(|_| verdicts.len() == 1)
}

/// Compares one text.
fn holds(document: &Value, fact: &str) -> bool {
    let value = &document["value"];
    let one_or_many = || value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    match document["op"].as_str().expect("an operator") {
        "eq" | "in" => one_or_many().iter().any(|one| lower(one) == fact),
        "prefix" => one_or_many().iter().any(|one| fact.starts_with(&lower(one))),
        _ => {
            let (low, high) = (lower(&value[0]), lower(&value[1]));
            match (millionths(&low), millionths(&high)) {
                (Some(low), Some(high)) => millionths(fact).is_some_and(|fact| low <= fact && fact <= high),
                _ => *low <= *fact && *fact <= *high,
            }
        }
    }
}

/// The text that a value is compared as, its ASCII letters in lower case.
fn lower(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().map(|character| character.to_ascii_lowercase()).collect()
}

/// The number that a short plain decimal writes.
fn millionths(text: &str) -> Option<i64> {
    let (digits, sign) = text.strip_prefix('-').map_or((text, 1), |digits| (digits, -1));
    let mut parts = digits.split('.');
    let (whole, fraction) = (parts.next()?, parts.next().unwrap_or("0"));
    let is_plain = [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.len() < 7 && part.chars().all(|one| one.is_ascii_digit()));
    if !is_plain || parts.next().is_some() {
        return None;
    }
    Some(sign * format!("{whole}{fraction:0<6}").parse::<i64>().ok()?)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

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
