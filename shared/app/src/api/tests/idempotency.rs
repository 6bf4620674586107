use axum::body::Body;
use http::header;
use ringfall_store::{
    port::{Condition, Table, Update, Write},
    records::{self, idempotency::RequestDigest},
};
use serde_json::{Value, json};

use super::kit::{Api, Reply, text};

async fn post(api: &Api, path: &str, key: &str, document: &Value) -> Reply {
    let request = api
        .request("POST", path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("Idempotency-Key", key)
        .body(Body::from(document.to_string()));
    api.send(request.expect("a request")).await
}

async fn count(api: &Api, path: &str) -> usize {
    api.get(path).await.expect_status(200)["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn the_same_request_is_answered_the_same_and_creates_one_thing() {
    let api = Api::new().await;
    let document = json!({"name": "a"});
    let first = post(&api, "/v1/publishers", "key-1", &document).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
    api.pass(86_000);
    let again = post(&api, "/v1/publishers", "key-1", &document).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(again.body, first.body);
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.header(name), first.header(name));
    }
    assert_eq!(count(&api, "/v1/publishers").await, 1);
    api.pass(86_400);
    assert_eq!(post(&api, "/v1/publishers", "key-1", &document).await.header("idempotent-replayed"), "");
    assert_eq!(count(&api, "/v1/publishers").await, 2);
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_account() {
    let api = Api::new().await;
    post(&api, "/v1/publishers", "key-1", &json!({"name": "a"})).await.expect_status(201);
    for (path, document) in [
        ("/v1/publishers", json!({"name": "b"})),
        ("/v1/publishers?x=1", json!({"name": "a"})),
        ("/v1/buyers", super::kit::buyer()),
    ] {
        let reply = post(&api, path, "key-1", &document).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["Idempotency-Key"]), "{path}");
    }
    let other = api.other_account().await;
    post(&other, "/v1/publishers", "key-1", &json!({"name": "b"})).await.expect_status(201);
}

#[tokio::test]
async fn a_refused_request_may_be_corrected_under_its_key() {
    let api = Api::new().await;
    post(&api, "/v1/publishers", "key-1", &json!({"name": 5})).await.expect_status(422);
    post(&api, "/v1/publishers", "key-1", &json!({"name": "a"})).await.expect_status(201);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let api = Api::new().await;
    for key in ["", &"x".repeat(256), "käse"] {
        let request = api
            .request("POST", "/v1/publishers")
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", http::HeaderValue::from_bytes(key.as_bytes()).expect("a header"))
            .body(Body::from("{\"name\": \"a\"}"));
        let reply = api.send(request.expect("a request")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec!["Idempotency-Key"]), "{key}");
    }
    assert_eq!(count(&api, "/v1/publishers").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_copies_sent_at_once_one_is_carried_out() {
    let api = std::sync::Arc::new(Api::new().await);
    let copies = (0..20).map(|_| {
        let api = std::sync::Arc::clone(&api);
        tokio::spawn(async move { post(&api, "/v1/publishers", "key-1", &json!({"name": "a"})).await })
    });
    for copy in copies.collect::<Vec<_>>() {
        let reply = copy.await.expect("no panic");
        assert!([201, 409].contains(&reply.status), "{}", reply.body);
    }
    assert_eq!(count(&api, "/v1/publishers").await, 1);
}

#[tokio::test]
async fn a_secret_is_not_shown_again() {
    let api = Api::new().await;
    for (path, document, pointer) in [
        ("/v1/keys", json!({"name": "a", "scopes": ["read"]}), "/secret"),
        ("/v1/accounts", json!({"name": "a"}), "/key/secret"),
    ] {
        let first = post(&api, path, "key-1", &document).await.expect_status(201);
        let secret = text(first.pointer(pointer).expect("a secret")).to_owned();
        let again = post(&api, path, "key-1", &document).await.expect_status(201);
        assert_eq!((again.pointer(pointer), &again["id"]), (Some(&Value::Null), &first["id"]), "{path}");
        assert!(!format!("{:?}", api.store).contains(&secret));
        api.pass(90_000);
    }
}

/// What a process leaves behind that dies after it has done its work and before it has kept the answer.
async fn die_before_keeping_the_answer(api: &Api) {
    let update = Write::Update {
        key: records::idempotency::key(api.account().await, &RequestDigest::of(&[b"key-1"])),
        updates: vec![
            Update::Remove(records::idempotency::RESPONSE.into()),
            Update::Set(records::idempotency::BUSY_UNTIL.into(), "2026-11-20T15:00:00Z".into()),
        ],
        condition: Some(Condition::Exists(records::idempotency::RESPONSE.into())),
    };
    api.store.write(vec![update]).await.expect("an answer that was kept");
}

#[tokio::test]
async fn what_was_created_by_a_try_that_died_is_found_by_the_next() {
    let api = Api::new().await;
    for (list, document) in
        [("/v1/publishers", json!({"name": "a"})), ("/v1/keys", json!({"name": "a", "scopes": ["read"]}))]
    {
        let before = count(&api, list).await;
        let first = post(&api, list, "key-1", &document).await.expect_status(201);
        die_before_keeping_the_answer(&api).await;
        let again = post(&api, list, "key-1", &document).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, ""));
        assert_eq!(again.body["id"], first["id"]);
        assert!(again.body.get("secret").is_none_or(Value::is_null), "nobody knows the secret any more");
        assert_eq!(count(&api, list).await, before + 1);
        api.pass(90_000);
    }
}
