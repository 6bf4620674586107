//! Numbers and prefixes that an account does not take.

use serde_json::{Value, json};

use super::kit::{Agency, Api, text};

async fn simulated(api: &Api, caller: &str) -> Value {
    let simulation =
        json!({"number": "+18005550111", "caller": caller, "tags": {"injured": "yes", "state": "TX"}});
    api.post("/v1/simulations/route", simulation).await.expect_status(200)
}

#[tokio::test]
async fn a_blocked_number_or_prefix_is_refused_at_once_and_let_in_when_the_block_ends() {
    let api = Api::new().await;
    Agency::set_up(&api).await;
    let number = json!({"phone_number": "+12145550123", "reason": "Pranks"});
    let prefix = json!({"prefix": "+1900", "expires_at": "2026-11-20T17:00:00Z"});
    let number = api.create("blocked_callers", number).await;
    let prefix = api.create("blocked_callers", prefix).await;
    let refused = simulated(&api, "+12145550123").await;
    let reason = json!({"code": "blocked", "blocked_caller": number, "reason": "Pranks"});
    assert_eq!((&refused["suppression"], &refused["would_connect_to"]), (&reason, &Value::Null));
    let reason = json!({"code": "blocked", "blocked_caller": prefix, "prefix": "+1900"});
    assert_eq!(simulated(&api, "+19005550123").await["suppression"], reason);
    let let_in = simulated(&api, "+12145550124").await;
    assert_eq!(let_in["suppression"], Value::Null);
    assert_ne!(let_in["would_connect_to"], Value::Null);
    api.pass(3_600);
    assert_eq!(simulated(&api, "+19005550123").await["suppression"], Value::Null);
    api.delete(&format!("/v1/blocked_callers/{number}")).await.expect_status(200);
    assert_eq!(simulated(&api, "+12145550123").await["suppression"], Value::Null);
}

#[tokio::test]
async fn a_block_can_be_moved_and_nobody_is_blocked_twice() {
    let api = Api::new().await;
    Agency::set_up(&api).await;
    for (one, other) in [
        (json!({"phone_number": "+12145550123"}), json!({"phone_number": "+12145550124"})),
        (json!({"prefix": "+1214"}), json!({"prefix": "+1900"})),
    ] {
        let id = api.create("blocked_callers", one.clone()).await;
        let again = api.post("/v1/blocked_callers", one.clone()).await.expect_status(409);
        assert!(text(&again["detail"]).contains(&id), "{again}");
        api.patch(&format!("/v1/blocked_callers/{id}"), other).await.expect_status(200);
        let second = api.create("blocked_callers", one).await;
        api.delete(&format!("/v1/blocked_callers/{second}")).await.expect_status(200);
        assert_eq!(simulated(&api, "+12145550123").await["suppression"], Value::Null);
    }
}

#[tokio::test]
async fn a_block_is_of_a_number_or_of_a_prefix() {
    let api = Api::new().await;
    for (document, path) in [
        (json!({}), "phone_number"),
        (json!({"phone_number": "+12145550123", "prefix": "+1214"}), "prefix"),
        (json!({"prefix": "1900"}), "prefix"),
        (json!({"prefix": "+0"}), "prefix"),
        (json!({"phone_number": "911"}), "phone_number"),
    ] {
        let refused = api.post("/v1/blocked_callers", document.clone()).await.expect_status(422);
        assert!(refused["errors"].to_string().contains(path), "{document}: {refused}");
    }
}
