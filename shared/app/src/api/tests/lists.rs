use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::kit::{Api, text};

async fn all(api: &Api, path: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}{cursor}")).await.expect_status(200);
        ids.extend(page["data"].as_array().expect("a list").iter().map(|item| text(&item["id"]).to_owned()));
        match &page["next_cursor"] {
            Value::Null => return ids,
            next => cursor = format!("&cursor={}", text(next)),
        }
    }
}

#[tokio::test]
async fn pages_lead_through_250_things_the_newest_first() {
    let api = Api::new().await;
    let mut created = Vec::new();
    for number in 0..250 {
        created.push(api.create("publishers", json!({"name": format!("Publisher {number}")})).await);
        api.pass(1);
    }
    created.reverse();
    for limit in [100, 99, 7, 1] {
        assert_eq!(all(&api, &format!("/v1/publishers?limit={limit}")).await, created, "{limit} at once");
    }
    let first = api.get("/v1/publishers").await.expect_status(200);
    assert_eq!(first["data"].as_array().map(Vec::len), Some(50));
}

#[tokio::test]
async fn a_list_that_ends_with_its_page_has_no_next_one() {
    let api = Api::new().await;
    for _ in 0..3 {
        api.create("publishers", json!({"name": "a"})).await;
    }
    let page = api.get("/v1/publishers?limit=3").await.expect_status(200);
    assert_eq!((page["data"].as_array().map(Vec::len), &page["next_cursor"]), (Some(3), &Value::Null));
}

#[tokio::test]
async fn archived_things_are_listed_only_when_asked_for() {
    let api = Api::new().await;
    let (mut live, mut everything) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..30 {
        let id = api.create("publishers", json!({"name": "a"})).await;
        if number % 3 == 0 {
            live.insert(id.clone());
        } else {
            api.delete(&format!("/v1/publishers/{id}")).await.expect_status(200);
        }
        everything.insert(id);
    }
    for (path, expected) in [
        ("/v1/publishers?limit=4", &live),
        ("/v1/publishers?limit=4&archived=false", &live),
        ("/v1/publishers?limit=4&archived=true", &everything),
    ] {
        assert_eq!(all(&api, path).await.into_iter().collect::<BTreeSet<_>>(), *expected, "{path}");
    }
}

#[tokio::test]
async fn a_cursor_leads_on_in_its_own_list_alone() {
    let api = Api::new().await;
    for _ in 0..2 {
        api.create("publishers", json!({"name": "a"})).await;
        api.create("buyers", super::kit::buyer()).await;
    }
    let page = api.get("/v1/publishers?limit=1").await.expect_status(200);
    let cursor = text(&page["next_cursor"]);
    let other = api.other_account().await;
    for (api, path) in [
        (&api, format!("/v1/buyers?cursor={cursor}")),
        (&api, format!("/v1/publishers?archived=true&cursor={cursor}")),
        (&api, format!("/v1/publishers?cursor={cursor}A")),
        (&other, format!("/v1/publishers?cursor={cursor}")),
    ] {
        let reply = api.get(&path).await;
        assert_eq!((reply.status, reply.fields()), (400, vec!["cursor"]), "{path}");
    }
}
