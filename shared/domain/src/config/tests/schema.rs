//! The API's description of the documents.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::config::{Buyer, Campaign, Publisher, Target, TrackingNumber};

fn schemas_of<T: ToSchema>() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}

/// Every `$ref` within a part of a description.
fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(parts) => parts.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn whatever_the_description_refers_to_is_in_it_once() {
    let all = [
        schemas_of::<Buyer>(),
        schemas_of::<Campaign>(),
        schemas_of::<Publisher>(),
        schemas_of::<Target>(),
        schemas_of::<TrackingNumber>(),
    ];
    let mut described: BTreeMap<String, Value> = BTreeMap::new();
    for (name, schema) in all.into_iter().flatten() {
        let schema = serde_json::to_value(schema).expect("json");
        let known = described.entry(name.clone()).or_insert_with(|| schema.clone());
        assert_eq!(*known, schema, "two descriptions of {name}");
    }
    for (name, schema) in &described {
        for reference in references(schema) {
            let referred = reference.strip_prefix("#/components/schemas/").expect("a component");
            assert!(described.contains_key(referred), "{name} refers to {referred}");
        }
    }
    assert!(described.contains_key("Filter") && described.contains_key("MenuNode"));
}

#[test]
fn no_amount_of_a_document_is_described_with_a_sign() {
    for (name, schemas) in [
        ("buyer", schemas_of::<Buyer>()),
        ("target", schemas_of::<Target>()),
        ("campaign", schemas_of::<Campaign>()),
    ] {
        let described = serde_json::to_value(schemas).expect("json");
        let amounts: Vec<_> =
            references(&described).into_iter().filter(|to| to.ends_with("/Amount")).collect();
        assert!(!amounts.is_empty(), "{name}");
        assert!(!references(&described).iter().any(|to| to.ends_with("/Money")), "{name}");
    }
}

#[test]
fn the_description_asks_for_what_reading_asks_for() {
    let required = |schema: RefOr<Schema>| {
        let schema = serde_json::to_value(schema).expect("json");
        let mut names: Vec<String> = serde_json::from_value(schema["required"].clone()).expect("names");
        names.sort();
        names
    };
    assert_eq!(required(Buyer::schema()), ["name", "time_zone"]);
    assert_eq!(required(Target::schema()), ["buyer_id", "destination", "name", "price"]);
    assert_eq!(required(Campaign::schema()), ["conversion", "flow", "name", "payout"]);
    assert_eq!(required(crate::flow::GatherNode::schema()), ["next", "say", "tag"]);
    assert_eq!(required(crate::schedule::Schedule::schema()), ["open", "time_zone"]);
    assert_eq!(required(crate::config::TierTarget::schema()), ["target_id"]);
}
