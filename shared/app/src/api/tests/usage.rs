use serde_json::{Value, json};

use super::kit::{Agency, Api, buyer, target};

fn with(mut document: Value, more: &Value) -> Value {
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    document
}

fn warnings(shown: &Value) -> Vec<Value> {
    let warnings = shown["warnings"].as_array().expect("a list");
    warnings.iter().map(|warning| warning["path"].clone()).collect()
}

#[tokio::test]
async fn usage_stands_beside_each_limit() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let more = json!({"money_caps": {"daily": "90.00"}, "minimum_seconds_between_calls": 5,
                      "groups": [{"name": "Night desk", "caps": {"concurrency": 1}}]});
    api.put(&format!("/v1/buyers/{}", agency.buyer), with(buyer(), &more)).await.expect_status(200);
    let usage = api.get(&format!("/v1/buyers/{}/usage", agency.buyer)).await.expect_status(200);
    assert_eq!(usage["budget"], json!({"budget": "5000.00", "available": "5000.00", "committed": "0.00"}));
    assert_eq!(usage["own"]["minimum_seconds_between_calls"], 5);
    let day = json!({"period": "day", "began_at": "2026-11-20T06:00:00Z", "calls": 0, "cap": 50, "committed": "0.00",
                     "money_cap": "90.00"});
    assert_eq!(usage["own"]["windows"][1], day);
    assert_eq!(usage["own"]["windows"][3], json!({"period": "total", "calls": 0, "committed": "0.00"}));
    assert_eq!(
        (&usage["groups"][0]["name"], &usage["groups"][0]["concurrency_cap"]),
        (&json!("Night desk"), &json!(1))
    );
    assert_eq!(usage["targets"][0]["target_id"], json!(agency.target));
    assert_eq!(usage["targets"][0]["concurrency_cap"], 2);
    for missing in ["buy_01JD3Q4T7Y8Z9A0B1C2D3E4F5G", "no_id"] {
        api.get(&format!("/v1/buyers/{missing}/usage")).await.expect_status(404);
    }
    let other = api.other_account().await;
    other.get(&format!("/v1/buyers/{}/usage", agency.buyer)).await.expect_status(404);
}

#[tokio::test]
async fn a_target_names_a_group_that_its_buyer_has_and_keeps_it_there() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let (buyer_path, target_path) =
        (format!("/v1/buyers/{}", agency.buyer), format!("/v1/targets/{}", agency.target));
    let in_group = with(target(&agency.buyer), &json!({"group": "Night desk"}));
    for refused in
        [api.post("/v1/targets", in_group.clone()).await, api.put(&target_path, in_group.clone()).await]
    {
        assert_eq!((refused.status, refused.fields()), (422, vec!["group"]));
    }
    let two = json!([{"name": "Night desk"}, {"name": "Night desk"}]);
    let refused = api.patch(&buyer_path, json!({"groups": two})).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["groups[1].name"]));
    api.patch(&buyer_path, json!({"groups": [{"name": "Night desk"}]})).await.expect_status(200);
    api.put(&target_path, in_group).await.expect_status(200);
    let refused = api.patch(&buyer_path, json!({"groups": []})).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["groups"]));
    api.patch(&target_path, json!({"group": null})).await.expect_status(200);
    api.patch(&buyer_path, json!({"groups": null})).await.expect_status(200);
}

#[tokio::test]
async fn limits_that_take_no_call_are_warned_about() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let nothing = json!({"caps": {"hourly": 0}, "money_caps": {"total": "0.00"}, "budget": "0.00",
                         "groups": [{"name": "Night desk", "caps": {"concurrency": 0}}]});
    let saved =
        api.put(&format!("/v1/buyers/{}", agency.buyer), with(buyer(), &nothing)).await.expect_status(200);
    assert_eq!(warnings(&saved), ["caps.hourly", "money_caps.total", "budget", "groups[0].caps.concurrency"]);
    let too_dear = json!({"money_caps": {"daily": "44.99", "monthly": "45.00"}});
    let saved = with(target(&agency.buyer), &too_dear);
    let saved = api.put(&format!("/v1/targets/{}", agency.target), saved).await.expect_status(200);
    assert_eq!(warnings(&saved), ["money_caps.daily", "price"]);
    let message = "44.99 takes no call at the price of 45.00; raise it, or leave it out for no limit";
    assert_eq!(saved["warnings"][0]["message"], message);
    let late = json!({"second_chance": {"before_seconds": 91}});
    let path = format!("/v1/campaigns/{}", agency.campaign);
    let saved = api.patch(&path, json!({"routing": late})).await.expect_status(200);
    assert!(warnings(&saved).contains(&json!("routing.second_chance.before_seconds")), "{saved}");
}

#[tokio::test]
async fn documents_that_do_not_go_together_are_warned_about_when_saved_and_when_read() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let campaign = format!("/v1/campaigns/{}", agency.campaign);
    assert_eq!(warnings(&api.get(&campaign).await.expect_status(200)), [] as [Value; 0]);
    let (place, action) = ("routing.tiers[0].targets[0].target_id", "duplicates.action");
    let dear =
        json!({"payout": {"kind": "fixed", "amount": "45.01"}, "duplicates": {"action": "original_buyer"}});
    let saved = api.patch(&campaign, dear).await.expect_status(200);
    assert_eq!(warnings(&saved), [place, action]);
    assert_eq!(warnings(&api.get(&campaign).await.expect_status(200)), [place, action]);
    let target = format!("/v1/targets/{}", agency.target);
    let saved = api.patch(&target, json!({"price": "5000.01"})).await.expect_status(200);
    assert_eq!(warnings(&saved), ["price"]);
    assert_eq!(warnings(&api.get(&target).await.expect_status(200)), ["price"]);
    let told = api.get(&campaign).await.expect_status(200);
    let message = "`Intake desk` takes no call: its price, 5000.01, is above its buyer's budget, 5000.00";
    assert_eq!(told["warnings"][0]["message"], message);
    let buyer = format!("/v1/buyers/{}", agency.buyer);
    let saved = api.patch(&buyer, json!({"caps": {"hourly": 51}})).await.expect_status(200);
    assert_eq!(warnings(&saved), ["caps.hourly"]);
}
