use axum::body::Body;
use http::{Request, header};
use serde_json::json;

use super::kit::{ADMIN_KEY, Api, text};
use crate::api::{FirstAccountError, FirstKey, Scope, ensure_first_account};

#[tokio::test]
async fn without_a_valid_key_nothing_is_told() {
    let api = Api::new().await;
    for authorization in [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(ADMIN_KEY.to_owned()),
        Some(format!("Basic {ADMIN_KEY}")),
        Some(format!("Bearer {ADMIN_KEY}x")),
        Some(format!("Bearer {}", "x".repeat(10_000))),
    ] {
        let mut request = Request::get("/v1/buyers");
        if let Some(value) = &authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let reply = api.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Bearer"), "{authorization:?}");
    }
    let request = Request::get("/v1/buyers").header(header::AUTHORIZATION, format!("bearer  {ADMIN_KEY}"));
    assert_eq!(api.send(request.body(Body::empty()).expect("a request")).await.status, 200);
}

#[tokio::test]
async fn a_key_may_do_what_its_scopes_say() {
    let api = Api::new().await;
    for scope in Scope::ALL {
        let made = api.post("/v1/keys", json!({"name": "a", "scopes": [scope]})).await.expect_status(201);
        let with_key = api.signed_in_with(text(&made["secret"]));
        for (needed, reply) in [
            (Scope::Read, with_key.get("/v1/buyers").await),
            (Scope::Read, with_key.get("/v1/calls").await),
            (Scope::Write, with_key.post("/v1/publishers", json!({"name": "a"})).await),
            (Scope::Reports, with_key.get("/v1/ledger").await),
            (Scope::Reports, with_key.get("/v1/reports/pnl").await),
            (Scope::Reports, with_key.post("/v1/reports/pnl/rebuild", json!({})).await),
            (Scope::Keys, with_key.get("/v1/keys").await),
            (Scope::Accounts, with_key.post("/v1/accounts", json!({"name": "a"})).await),
        ] {
            assert_eq!(
                reply.status == 403,
                needed != scope,
                "{scope} where {needed} is needed: {}",
                reply.status
            );
            assert!(reply.status != 403 || text(&reply.body["detail"]).contains(needed.as_str()));
        }
    }
}

#[tokio::test]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let api = Api::new().await;
    let made = api.post("/v1/keys", json!({"name": "Reports", "scopes": ["reports", "read"]})).await;
    let (secret, id) = (text(&made.body["secret"]).to_owned(), text(&made.body["id"]).to_owned());
    assert_eq!(made.header("location"), format!("/v1/keys/{id}"));
    assert!(secret.starts_with("rf_") && secret.len() == 46, "256 bits: {secret}");
    for shown in [api.get(&format!("/v1/keys/{id}")).await, api.get("/v1/keys").await] {
        assert!(!shown.body.to_string().contains(&secret));
    }
    let everything = format!("{:?}", api.store);
    assert!(everything.contains(&id) && !everything.contains(&secret) && !everything.contains(ADMIN_KEY));
}

#[tokio::test]
async fn an_archived_key_signs_in_no_more() {
    let api = Api::new().await;
    let made = api.post("/v1/keys", json!({"name": "a", "scopes": ["read"]})).await.expect_status(201);
    let with_key = api.signed_in_with(text(&made["secret"]));
    with_key.get("/v1/buyers").await.expect_status(200);
    api.delete(&format!("/v1/keys/{}", text(&made["id"]))).await.expect_status(200);
    with_key.get("/v1/buyers").await.expect_status(401);
}

#[tokio::test]
async fn a_key_gives_no_scope_that_it_lacks_and_does_not_end_itself() {
    let api = Api::new().await;
    let made =
        api.post("/v1/keys", json!({"name": "a", "scopes": ["keys", "read"]})).await.expect_status(201);
    let with_key = api.signed_in_with(text(&made["secret"]));
    let greedy = with_key.post("/v1/keys", json!({"name": "b", "scopes": ["read", "write"]})).await;
    assert_eq!((greedy.status, greedy.fields()), (403, vec!["scopes"]));
    with_key.post("/v1/keys", json!({"name": "b", "scopes": ["read"]})).await.expect_status(201);
    with_key.delete(&format!("/v1/keys/{}", text(&made["id"]))).await.expect_status(409);
    for scopes in [json!([]), json!(["admin"]), json!("read"), json!([5])] {
        let reply = api.post("/v1/keys", json!({"name": "b", "scopes": scopes})).await;
        assert!(reply.status == 422 && reply.fields()[0].starts_with("scopes"), "{}", reply.body);
    }
}

#[tokio::test]
async fn an_opened_account_has_a_key_for_everything_but_further_accounts() {
    let api = Api::new().await;
    let other = api.other_account().await;
    other.post("/v1/publishers", json!({"name": "a"})).await.expect_status(201);
    other.post("/v1/keys", json!({"name": "a", "scopes": ["read"]})).await.expect_status(201);
    other.get("/v1/reports/pnl").await.expect_status(200);
    other.post("/v1/accounts", json!({"name": "a"})).await.expect_status(403);
    assert_eq!(other.get("/v1/account").await.expect_status(200)["name"], "Second agency");
}

#[tokio::test]
async fn a_changed_admin_key_ends_the_one_before() {
    let api = Api::new().await;
    let platform = &*api.platform;
    assert!(matches!(ensure_first_account(platform, Some(ADMIN_KEY)).await, Ok(FirstKey::Given)));
    api.get("/v1/buyers").await.expect_status(200);
    let next = "another admin key, just as long as the first";
    assert!(matches!(ensure_first_account(platform, Some(next)).await, Ok(FirstKey::Given)));
    api.get("/v1/buyers").await.expect_status(401);
    let with_next = api.signed_in_with(next);
    with_next.post("/v1/accounts", json!({"name": "a"})).await.expect_status(201);
    assert!(matches!(ensure_first_account(platform, None).await, Ok(FirstKey::Kept)));
    with_next.get("/v1/buyers").await.expect_status(200);
    assert!(matches!(ensure_first_account(platform, Some(ADMIN_KEY)).await, Ok(FirstKey::Given)));
    api.get("/v1/buyers").await.expect_status(200);
}

#[tokio::test]
async fn an_admin_key_that_was_archived_is_admitted_again_by_its_operator() {
    let api = Api::new().await;
    let keys = api.get("/v1/keys").await.expect_status(200);
    let admin = text(&keys["data"][0]["id"]).to_owned();
    let made = api.post("/v1/keys", json!({"name": "a", "scopes": ["keys"]})).await.expect_status(201);
    let with_key = api.signed_in_with(text(&made["secret"]));
    with_key.delete(&format!("/v1/keys/{admin}")).await.expect_status(200);
    api.get("/v1/keys").await.expect_status(401);
    assert!(matches!(ensure_first_account(&api.platform, Some(ADMIN_KEY)).await, Ok(FirstKey::Given)));
    api.get("/v1/keys").await.expect_status(200);
}

#[tokio::test]
async fn an_admin_key_that_will_not_do_is_refused() {
    let api = Api::new().await;
    let made = api.post("/v1/keys", json!({"name": "a", "scopes": ["read"]})).await.expect_status(201);
    let other = api.other_account().await;
    let refused = |key: String| {
        let platform = std::sync::Arc::clone(&api.platform);
        async move { ensure_first_account(&platform, Some(&key)).await.expect_err("refused") }
    };
    assert!(matches!(refused("x".repeat(31)).await, FirstAccountError::TooShort));
    assert!(matches!(refused(format!("{}\n", "x".repeat(40))).await, FirstAccountError::NotAHeader));
    assert!(matches!(refused(text(&made["secret"]).to_owned()).await, FirstAccountError::Taken));
    assert!(matches!(refused(other.key).await, FirstAccountError::Taken));
    api.get("/v1/buyers").await.expect_status(200);
}
