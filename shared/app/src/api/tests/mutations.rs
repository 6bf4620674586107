use proptest::prelude::*;
use serde_json::{Value, json};

use super::kit::{Agency, Api};

/// What a stranger may put in the place of anything.
fn hostile() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        " ",
        "\u{0}",
        "\u{202e}",
        "'; DROP TABLE calls;--",
        "../../etc/passwd",
        "{{7*7}}",
        "+1",
        "-1",
        "1e309",
        "99999999999999999999.99",
        "buyers",
        "injured",
        "9999-99-99",
        "24:00",
        "mon",
        "UTC",
        "tags.x",
        "null",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
        Just(Value::from("x".repeat(5_000))),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_.]{0,8}", inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

/// Every place in a document, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                places(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn mutate(document: &mut Value, pick: usize, kind: u8, value: Value) {
    let mut found = Vec::new();
    places(document, "", &mut found);
    let Some(place) = document.pointer_mut(&found[pick % found.len()]) else { return };
    match (kind, place) {
        (0, Value::Object(members)) => {
            members.insert("surplus".to_owned(), value);
        }
        (1, Value::Object(members)) => {
            let first = members.keys().nth(pick % members.len().max(1)).cloned();
            first.map(|name| members.remove(&name));
        }
        (2, Value::Array(items)) => {
            let copies = items.clone();
            (0..pick % 200).for_each(|_| items.extend(copies.iter().take(1).cloned()));
        }
        (_, place) => *place = value,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The kit refuses every 5xx, and every refusal that has not its one form.
    #[test]
    fn no_mutation_of_a_document_makes_the_api_fail(
        changes in prop::collection::vec((0_usize..6, any::<usize>(), 0_u8..6, hostile()), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let api = Api::new().await;
            let agency = Agency::set_up(&api).await;
            let mut documents = agency.documents();
            for (which, pick, kind, value) in changes {
                let (path, document) = &mut documents[which];
                mutate(document, pick, kind, value.clone());
                let collection = path.rsplit_once('/').expect("a collection").0;
                api.post(collection, document.clone()).await;
                api.put(path, document.clone()).await;
                api.patch(path, value.clone()).await;
                api.get(path).await.expect_status(200);
                api.post("/v1/simulations/route", document.clone()).await;
                let question = json!({"number": "+18005550111", "caller": "x", "tags": value});
                api.post("/v1/simulations/route", question).await;
            }
        });
    }
}
