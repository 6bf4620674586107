//! Skills that targets serve, and the tags that a number sets.

use serde_json::{Value, json};

use super::kit::{Agency, Api};

async fn simulated(api: &Api, tags: Value) -> Value {
    let simulation = json!({"number": "+18005550111", "caller": "+12145550123", "tags": tags});
    api.post("/v1/simulations/route", simulation).await.expect_status(200)
}

#[tokio::test]
async fn a_numbers_language_finds_who_speaks_it_and_the_caller_may_choose_another() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let skills = json!({"skills": {"language": ["es"]}});
    api.patch(&format!("/v1/targets/{}", agency.target), skills).await.expect_status(200);
    let tags = json!({"tags": {"language": "es-MX"}});
    api.patch(&format!("/v1/numbers/{}", agency.number), tags).await.expect_status(200);
    let spanish = simulated(&api, json!({"injured": "yes", "state": "TX"})).await;
    assert_eq!(spanish["tags"]["language"], "es-MX");
    assert_ne!(spanish["would_connect_to"], Value::Null);
    let english = simulated(&api, json!({"injured": "yes", "state": "TX", "language": "en"})).await;
    let reason = json!({"code": "missing_skill", "skill": "language", "needed": "en"});
    assert_eq!(english["decision"]["candidates"][0]["reason"], reason);
}

#[tokio::test]
async fn what_no_call_or_caller_could_use_is_refused_when_saved() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let tags: serde_json::Map<String, Value> = (0..17).map(|n| (format!("t{n}"), json!("x"))).collect();
    for (kind, id, patch, path) in [
        (
            "targets",
            &agency.target,
            json!({"skills": {"language": ["spanish language"]}}),
            "skills.language[0]",
        ),
        ("targets", &agency.target, json!({"skills": {"licensed": []}}), "skills.licensed"),
        ("numbers", &agency.number, json!({"tags": tags}), "tags"),
        (
            "campaigns",
            &agency.campaign,
            json!({"flow": {"nodes": {"refuse": {"say": {"es": "Lo sentimos."}}}}}),
            "flow.nodes.refuse",
        ),
    ] {
        let path_of = format!("/v1/{kind}/{id}");
        let refused = api.patch(&path_of, patch.clone()).await.expect_status(422);
        assert!(refused["errors"].to_string().contains(path), "{patch}: {refused}");
    }
}
