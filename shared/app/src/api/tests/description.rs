use std::collections::BTreeSet;

use serde_json::Value;

use super::kit::{Api, text};
use crate::api::resources::SECRETS;

async fn description() -> Value {
    let api = Api::new().await;
    let reply = api.signed_in_with("").get("/v1/openapi.json").await;
    assert_eq!(reply.header("content-type"), "application/json");
    reply.expect_status(200)
}

fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&'a str, &'a Value)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                visit(name, value);
                walk(value, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_is_whole() {
    let description = description().await;
    assert_eq!(description["openapi"], "3.1.0");
    let mut references = BTreeSet::new();
    walk(&description, &mut |name, value| {
        if name == "$ref" {
            references.insert(text(value));
        }
    });
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a reference within the description");
        assert!(description.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn every_endpoint_of_the_contract_is_described_with_its_key_and_its_refusals() {
    let description = description().await;
    let mut expected = BTreeSet::from(
        [
            "GET /v1/buyers/{id}/usage",
            "GET /v1/queues/{id}",
            "GET /v1/queues/{id}/callbacks",
            "POST /v1/callbacks",
            "GET /v1/callbacks/{id}",
            "DELETE /v1/callbacks/{id}",
            "GET /v1/calls",
            "GET /v1/calls/{id}",
            "GET /v1/reports/pnl",
            "POST /v1/reports/pnl/rebuild",
            "GET /v1/ledger",
            "POST /v1/simulations/route",
            "POST /v1/keys",
            "GET /v1/keys",
            "GET /v1/keys/{id}",
            "DELETE /v1/keys/{id}",
            "POST /v1/accounts",
            "GET /v1/account",
        ]
        .map(str::to_owned),
    );
    for kind in ["connections", "publishers", "buyers", "targets", "campaigns", "numbers", "blocked_callers"]
    {
        expected.extend(["GET", "POST"].map(|method| format!("{method} /v1/{kind}")));
        expected
            .extend(["GET", "PUT", "PATCH", "DELETE"].map(|method| format!("{method} /v1/{kind}/{{id}}")));
    }
    let mut described = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{} {path}", method.to_uppercase());
            assert!(ids.insert(text(&operation["operationId"])), "{name}");
            assert_eq!(operation["security"][0]["bearer"], serde_json::json!([]), "{name}");
            for status in ["400", "401", "403", "500", "503"] {
                assert!(
                    operation["responses"].get(status).is_some(),
                    "{name} does not describe its {status}"
                );
            }
            described.insert(name);
        }
    }
    assert_eq!(described, expected);
}

#[tokio::test]
async fn what_is_described_as_written_only_is_what_is_never_shown() {
    let description = description().await;
    let mut hidden = BTreeSet::new();
    walk(&description["components"]["schemas"], &mut |name, value| {
        if value.get("writeOnly") == Some(&Value::Bool(true)) {
            hidden.insert(name);
        }
    });
    assert_eq!(hidden, BTreeSet::from(SECRETS));
}

#[tokio::test]
async fn the_pages_to_try_it_need_nothing_from_elsewhere() {
    let api = Api::new().await;
    let page = api.signed_in_with("").get("/docs/").await.expect_status(200);
    assert!(!text(&page).contains("://"), "{page}");
    let script = api.get("/docs/swagger-initializer.js").await.expect_status(200);
    assert!(text(&script).contains("/v1/openapi.json"), "{script}");
    api.get("/docs/swagger-ui-bundle.js").await.expect_status(200);
}
