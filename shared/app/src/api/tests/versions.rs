use axum::body::Body;
use http::header;
use serde_json::json;

use super::kit::{Agency, Api, Reply};

async fn put(api: &Api, path: &str, if_match: Option<&str>, name: &str) -> Reply {
    let mut request = api.request("PUT", path).header(header::CONTENT_TYPE, "application/json");
    if let Some(tag) = if_match {
        request = request.header(header::IF_MATCH, tag);
    }
    api.send(request.body(Body::from(json!({"name": name}).to_string())).expect("a request")).await
}

#[tokio::test]
async fn a_change_names_the_version_that_it_changes() {
    let api = Api::new().await;
    let path = format!("/v1/publishers/{}", api.create("publishers", json!({"name": "a"})).await);
    let missing = put(&api, &path, None, "b").await;
    assert_eq!((missing.status, missing.fields()), (428, vec!["If-Match"]));
    let changed = put(&api, &path, Some("\"1\""), "b").await;
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""));
    for stale in ["\"1\"", "\"3\"", "W/\"2\"", "2", "\"x\""] {
        let reply = put(&api, &path, Some(stale), "c").await;
        assert_eq!((reply.status, reply.fields()), (412, vec!["If-Match"]), "{stale}");
    }
    assert_eq!(put(&api, &path, Some("\"9\", \"2\""), "d").await.header("etag"), "\"3\"");
    assert_eq!(put(&api, &path, Some("*"), "e").await.header("etag"), "\"4\"");
    let shown = api.get(&path).await;
    assert_eq!(
        (shown.header("etag"), &shown.body["name"], &shown.body["version"]),
        ("\"4\"", &json!("e"), &json!(4))
    );
}

#[tokio::test]
async fn a_version_that_is_known_is_not_sent_again() {
    let api = Api::new().await;
    let path = format!("/v1/publishers/{}", api.create("publishers", json!({"name": "a"})).await);
    for (tag, status) in [("\"1\"", 304), ("W/\"1\"", 304), ("\"2\"", 200)] {
        let request = api.request("GET", &path).header(header::IF_NONE_MATCH, tag);
        let reply = api.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((reply.status, reply.header("etag")), (status, "\"1\""), "{tag}");
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let path = format!("/v1/buyers/{}", agency.buyer);
    let before = api.get(&path).await.expect_status(200);
    let patch = json!({"caps": {"daily": null, "hourly": 7}, "budget": null});
    let after = api.patch(&path, patch).await.expect_status(200);
    assert_eq!(after["caps"], json!({"concurrency": 3, "hourly": 7}));
    assert_eq!((after.get("budget"), &after["name"]), (None, &before["name"]));
    let wrong = api.patch(&path, json!({"caps": {"hourly": -1}})).await;
    assert_eq!((wrong.status, wrong.fields()), (422, vec!["caps.hourly"]));
}

#[tokio::test]
async fn a_target_stays_with_its_buyer() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let other = api.create("buyers", super::kit::buyer()).await;
    let reply = api.patch(&format!("/v1/targets/{}", agency.target), json!({"buyer_id": other})).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["buyer_id"]));
}

#[tokio::test]
async fn changes_of_what_is_not_there_find_nothing() {
    let api = Api::new().await;
    let path = "/v1/publishers/pub_01JD3Q4T7Y8Z9A0B1C2D3E4F5G";
    api.put(path, json!({"name": "a"})).await.expect_status(404);
    api.patch(path, json!({"name": "a"})).await.expect_status(404);
    api.delete(path).await.expect_status(404);
}
