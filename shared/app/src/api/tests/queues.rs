//! Queues and callbacks through the API.

use serde_json::json;

use super::kit::{Agency, Api, text};

async fn holding() -> (Api, Agency) {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let queue = json!({"queue": {"max_size": 5, "max_wait_seconds": 60, "callback": {}}});
    api.patch(&format!("/v1/campaigns/{}", agency.campaign), queue).await.expect_status(200);
    (api, agency)
}

#[tokio::test]
async fn a_queue_is_there_as_long_as_its_campaign_holds_callers() {
    let (api, agency) = holding().await;
    let path = format!("/v1/queues/{}", agency.campaign);
    let shown = api.get(&path).await.expect_status(200);
    assert_eq!((&shown["size"], &shown["waiting"]), (&json!(0), &json!([])));
    assert_eq!(shown["campaign_ids"], json!([agency.campaign]));
    let name = json!({"queue": {"name": "injury"}});
    api.patch(&format!("/v1/campaigns/{}", agency.campaign), name).await.expect_status(200);
    for path in [path.as_str(), "/v1/queues/injury"] {
        assert_eq!(api.get(path).await.expect_status(200)["id"], "injury", "{path}");
    }
    api.patch(&format!("/v1/campaigns/{}", agency.campaign), json!({"queue": null})).await.expect_status(200);
    for path in [path.as_str(), "/v1/queues/injury", "/v1/queues/no_queue"] {
        api.get(path).await.expect_status(404);
    }
}

#[tokio::test]
async fn somebody_is_called_back_by_api_and_the_callback_is_called_off() {
    let (api, agency) = holding().await;
    let wanted = json!({"number": agency.number, "phone_number": "+12145550123", "tags": {"injured": "yes"}});
    let made = api.post("/v1/callbacks", wanted).await.expect_status(201);
    assert_eq!((&made["state"], &made["queue_id"]), (&json!("waiting"), &json!(agency.campaign)));
    let queue = api.get(&format!("/v1/queues/{}", agency.campaign)).await.expect_status(200);
    assert_eq!((&queue["size"], &queue["waiting"][0]["kind"]), (&json!(1), &json!("callback")));
    let listed = api.get(&format!("/v1/queues/{}/callbacks", agency.campaign)).await.expect_status(200);
    assert_eq!(listed["data"], json!([made]));
    let call = api.get(&format!("/v1/calls/{}", text(&made["id"]))).await.expect_status(200);
    assert_eq!((&call["state"], &call["disposition"]), (&json!("ended"), &json!("callback")));
    let path = format!("/v1/callbacks/{}", text(&made["id"]));
    assert_eq!(api.delete(&path).await.expect_status(200)["state"], "cancelled");
    assert_eq!(api.get(&path).await.expect_status(200)["state"], "cancelled");
    let queue = api.get(&format!("/v1/queues/{}", agency.campaign)).await.expect_status(200);
    assert_eq!(queue["size"], 0, "the place is free");
    let other = api.other_account().await;
    other.get(&path).await.expect_status(404);
}

#[tokio::test]
async fn a_callback_that_cannot_be_is_refused_with_the_reason() {
    let (api, agency) = holding().await;
    let wish = |node| json!({"number": agency.number, "phone_number": "+12145550123", "node": node});
    let refused = api.post("/v1/callbacks", wish("refuse")).await.expect_status(422);
    assert!(refused.to_string().contains("no `route` node `refuse`"), "{refused}");
    api.patch(&format!("/v1/campaigns/{}", agency.campaign), json!({"queue": {"callback": null}}))
        .await
        .expect_status(200);
    let refused = api.post("/v1/callbacks", wish("buyers")).await.expect_status(422);
    assert!(refused.to_string().contains("calls nobody back"), "{refused}");
}
