use serde_json::{Value, json};

use super::kit::{Agency, Api, connection, text};

/// Whether all that was given is shown, beside what was added by default.
fn holds(shown: &Value, given: &Value) -> bool {
    match (shown, given) {
        (Value::Object(shown), Value::Object(given)) => {
            given.iter().all(|(name, value)| shown.get(name).is_some_and(|shown| holds(shown, value)))
        }
        (Value::Array(shown), Value::Array(given)) => {
            shown.len() == given.len() && shown.iter().zip(given).all(|(shown, given)| holds(shown, given))
        }
        _ => shown == given,
    }
}

#[tokio::test]
async fn the_contracts_example_works_word_for_word() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    for (path, document) in agency.documents() {
        let shown = api.get(&path).await.expect_status(200);
        let mut given = document;
        if let Some(credentials) = given.get_mut("credentials").and_then(Value::as_object_mut) {
            credentials.remove("auth_token").expect("the example has it");
        }
        assert!(holds(&shown, &given), "{path}: {given} was given, {shown} is shown");
        assert_eq!(text(&shown["id"]), path.rsplit('/').next().expect("an id"));
        assert_eq!(shown["version"], 1, "{path}");
        assert_eq!(shown["created_at"], "2026-11-20T16:00:00Z", "{path}");
        assert_eq!(shown.get("archived_at"), None, "{path}");
    }
}

#[tokio::test]
async fn creating_says_where_the_new_thing_is_and_which_version_it_has() {
    let api = Api::new().await;
    let reply = api.post("/v1/publishers", json!({"name": "Radio One"})).await;
    let id = text(&reply.body["id"]).to_owned();
    assert_eq!((reply.status, reply.header("etag")), (201, "\"1\""));
    assert_eq!(reply.header("location"), format!("/v1/publishers/{id}"));
    assert_eq!(api.get(reply.header("location")).await.expect_status(200), reply.body);
}

#[tokio::test]
async fn a_connection_tells_its_webhooks_and_never_its_secrets() {
    let api = Api::new().await;
    let mut document = connection();
    document["credentials"]["signature_key"] = "shut-sesame".into();
    let created = api.post("/v1/connections", document).await.expect_status(201);
    let path = format!("/v1/connections/{}", text(&created["id"]));
    let base = format!("http://127.0.0.1:8080/webhooks/{}", text(&created["id"]));
    let urls = json!({"voice": format!("{base}/voice"), "status": format!("{base}/status")});
    let patched = api.patch(&path, json!({"name": "Main"})).await.expect_status(200);
    let listed = api.get("/v1/connections").await.expect_status(200)["data"][0].clone();
    for shown in [created, patched, listed, api.get(&path).await.expect_status(200)] {
        assert_eq!(shown["webhook_urls"], urls);
        assert_eq!(
            shown["credentials"],
            json!({"account_sid": "AC0123", "api_base_url": "http://127.0.0.1:9999"})
        );
        assert!(!shown.to_string().contains("sesame"), "{shown}");
    }
    let stored =
        api.platform.connection(path.rsplit('/').next().expect("an id").parse().expect("an id")).await;
    assert!(stored.expect("a read").is_some(), "a patch leaves the secrets as they were");
}

#[tokio::test]
async fn what_is_left_out_is_no_limit() {
    let api = Api::new().await;
    let buyer = api.create("buyers", json!({"name": "Lone Star Law", "time_zone": "UTC"})).await;
    let document = json!({"buyer_id": buyer, "name": "Desk", "destination": {"sip_uri": "sip:desk@127.0.0.1:5080"},
                          "price": "0"});
    let target = api.post("/v1/targets", document).await.expect_status(201);
    for name in ["filter", "hours", "screening"] {
        assert_eq!(target.get(name), None, "{target}");
    }
    assert_eq!((&target["caps"], &target["price"]), (&json!({}), &json!("0.00")));
}
