use serde_json::json;

use super::kit::{Agency, Api, campaign, number, target};

#[tokio::test]
async fn what_another_account_has_does_not_exist() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let other = api.other_account().await;
    for (path, document) in agency.documents() {
        other.get(&path).await.expect_status(404);
        other.delete(&path).await.expect_status(404);
        other.patch(&path, json!({})).await.expect_status(404);
        let replaced = other.put(&path, document).await;
        assert!([404, 422].contains(&replaced.status), "{path}: {}", replaced.body);
        let list = path.rsplit_once('/').expect("a collection").0;
        assert_eq!(other.get(list).await.expect_status(200)["data"], json!([]), "{list}");
        api.get(&path).await.expect_status(200);
    }
}

#[tokio::test]
async fn nothing_of_another_account_can_be_named() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let other = api.other_account().await;
    for (kind, document, fields) in [
        ("targets", target(&agency.buyer), &["buyer_id"][..]),
        ("campaigns", campaign(&agency.target), &["routing.tiers[0].targets[0].target_id"]),
        (
            "numbers",
            number(&agency.connection, &agency.campaign, &agency.publisher),
            &["connection_id", "campaign_id", "publisher_id"],
        ),
        ("simulations/route", json!({"number": "+18005550111", "caller": "x"}), &["number"]),
        ("simulations/route", json!({"number": agency.number, "caller": "x"}), &["number"]),
    ] {
        let reply = other.post(&format!("/v1/{kind}"), document).await;
        assert_eq!((reply.status, reply.fields()), (422, fields.to_vec()), "{kind}: {}", reply.body);
    }
}

#[tokio::test]
async fn keys_of_another_account_are_out_of_reach() {
    let api = Api::new().await;
    let other = api.other_account().await;
    let key = api.create("keys", json!({"name": "a", "scopes": ["read"]})).await;
    other.get(&format!("/v1/keys/{key}")).await.expect_status(404);
    other.delete(&format!("/v1/keys/{key}")).await.expect_status(404);
    assert_eq!(other.get("/v1/keys").await.expect_status(200)["data"].as_array().map(Vec::len), Some(1));
    assert_ne!(other.get("/v1/account").await.body["id"], api.get("/v1/account").await.body["id"]);
}
