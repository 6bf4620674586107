use ringfall_domain::ids::CallId;
use ringfall_store::{
    port::{Feed, Position},
    protocols::arrivals::count_arrival,
};
use serde_json::{Value, json};

use super::kit::{Agency, Api, campaign, target};

async fn run(api: &Api, question: Value) -> Value {
    api.post("/v1/simulations/route", question).await.expect_status(200)
}

fn question() -> Value {
    json!({"number": "+18005550111", "caller": "+12145550123", "at": "2026-11-20T16:00:00Z",
           "tags": {"injured": "yes", "zip": "75201", "state": "TX"}})
}

/// Of a caller whose number tells no place.
fn unplaced() -> Value {
    with(question(), "caller", json!("+18885550123"))
}

fn with(mut question: Value, name: &str, value: Value) -> Value {
    question[name] = value;
    question
}

fn reasons(answer: &Value) -> Vec<Value> {
    let candidates = answer["decision"]["candidates"].as_array().expect("a list");
    candidates.iter().map(|candidate| candidate["reason"]["code"].clone()).collect()
}

#[tokio::test]
async fn a_dry_run_decides_as_a_call_would_and_writes_nothing() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let head = api.store.read(&Position::default(), 1_000, |_| true).await.expect("a feed").changes.len();
    let answer = run(&api, question()).await;
    assert_eq!(answer["would_connect_to"]["target_id"], json!(agency.target));
    assert_eq!(answer["would_connect_to"]["price"], "45.00");
    assert_eq!(answer["route_nodes"], json!(["buyers"]));
    assert_eq!(reasons(&answer), ["first_choice"]);
    assert_eq!(run(&api, question()).await, answer, "the same question has the same answer");
    assert_eq!(
        api.store.read(&Position::default(), 1_000, |_| true).await.expect("a feed").changes.len(),
        head
    );
}

#[tokio::test]
async fn a_dry_run_tells_why_nobody_would_take_the_call() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    for (question, reason) in [
        (with(unplaced(), "tags", json!({"injured": "yes"})), "filter_failed"),
        (with(question(), "at", json!("2026-11-21T16:00:00Z")), "outside_hours"),
        (with(question(), "at", json!("2026-12-25T16:00:00Z")), "outside_hours"),
    ] {
        let answer = run(&api, question.clone()).await;
        assert_eq!(reasons(&answer), [reason], "{question}");
        assert_eq!((&answer["would_connect_to"], &answer["end_nodes"]), (&Value::Null, &json!(["busy"])));
    }
    let closed = run(&api, with(question(), "at", json!("2026-11-21T16:00:00Z"))).await;
    let reason = &closed["decision"]["candidates"][0]["reason"];
    assert_eq!(reason, &json!({"code": "outside_hours", "of": "target", "opens_at": "2026-11-23T14:00:00Z"}));
    api.patch(&format!("/v1/buyers/{}", agency.buyer), json!({"caps": {"concurrency": 0}}))
        .await
        .expect_status(200);
    let full = run(&api, question()).await;
    let reason = &full["decision"]["candidates"][0]["reason"];
    assert_eq!(reason, &json!({"code": "at_concurrency_cap", "scope": "buyer", "live": 0, "limit": 0}));
}

#[tokio::test]
async fn a_caller_who_does_not_qualify_is_routed_nowhere() {
    let api = Api::new().await;
    Agency::set_up(&api).await;
    let answer = run(&api, with(question(), "tags", json!({"injured": "no"}))).await;
    assert_eq!((&answer["decision"]["candidates"], &answer["end_nodes"]), (&json!([]), &json!(["refuse"])));
}

#[tokio::test]
async fn what_the_provider_says_of_the_caller_counts_below_what_the_caller_says() {
    let api = Api::new().await;
    Agency::set_up(&api).await;
    let facts = json!({"state": "OK"});
    let said = with(with(question(), "tags", json!({"injured": "yes"})), "caller_facts", facts.clone());
    assert_eq!(reasons(&run(&api, said.clone()).await), ["first_choice"]);
    let stated = with(said, "tags", json!({"injured": "yes", "state": "NY"}));
    assert_eq!(reasons(&run(&api, stated).await), ["filter_failed"]);
}

#[tokio::test]
async fn where_a_caller_is_may_be_asked_of_the_number_the_provider_and_the_caller() {
    let api = Api::new().await;
    Agency::set_up(&api).await;
    let injured = |caller: &str, more: Value| {
        let mut tags = json!({"injured": "yes"});
        tags.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        with(with(question(), "caller", json!(caller)), "tags", tags)
    };
    let unknown = json!({"code": "filter_failed", "field": "caller.state", "op": "in", "fact": "unknown"});
    let other = json!({"code": "filter_failed", "field": "caller.state", "op": "in", "fact": "known"});
    let taken = json!({"code": "first_choice"});
    for (question, state, reason) in [
        (injured("+14055550123", json!({})), json!({"values": ["OK"], "source": "number"}), &taken),
        (injured("+12125550123", json!({})), json!({"values": ["NY"], "source": "number"}), &other),
        (injured("+19995550123", json!({})), Value::Null, &unknown),
        (injured("+18005550123", json!({})), Value::Null, &unknown),
        (injured("anonymous", json!({})), Value::Null, &unknown),
        (injured("+442071838750", json!({})), Value::Null, &unknown),
        (
            injured("anonymous", json!({"zip": "73102"})),
            json!({"values": ["OK"], "source": "stated"}),
            &taken,
        ),
        (
            injured("anonymous", json!({"state": "texas"})),
            json!({"values": ["TX"], "source": "stated"}),
            &taken,
        ),
        (
            injured("+12145550123", json!({"zip": "10001"})),
            json!({"values": ["NY"], "source": "stated"}),
            &other,
        ),
        (
            injured("+12145550123", json!({"zip": "10001", "state": "TX"})),
            json!({"values": ["NY", "TX"], "source": "stated"}),
            &unknown,
        ),
    ] {
        let answer = run(&api, question.clone()).await;
        assert_eq!(answer["caller_facts"]["state"], state, "{question}");
        assert_eq!(&answer["decision"]["candidates"][0]["reason"], reason, "{question}");
    }
    let line = json!({"line_type": "mobile"});
    let answer = run(&api, with(question(), "caller_facts", line)).await;
    assert_eq!(answer["caller_facts"]["line_type"], json!({"values": ["mobile"], "source": "provider"}));
    let wrong = with(question(), "caller_facts", json!({"line_type": "cell"}));
    assert_eq!(api.post("/v1/simulations/route", wrong).await.fields(), ["caller_facts.line_type"]);
}

#[tokio::test]
async fn the_flow_goes_on_where_a_route_finds_nobody() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let mut second = target(&agency.buyer);
    second.as_object_mut().expect("an object").remove("filter");
    let second = api.create("targets", second).await;
    let mut document = campaign(&agency.target);
    document["routing"]["tiers"] = json!([
        {"method": "waterfall", "targets": [{"target_id": agency.target}]},
        {"method": "waterfall", "targets": [{"target_id": second}]}]);
    document["flow"]["nodes"]["buyers"] = json!({"type": "route", "tiers": [1], "otherwise": "others"});
    document["flow"]["nodes"]["others"] = json!({"type": "route", "tiers": [2], "otherwise": "busy"});
    api.put(&format!("/v1/campaigns/{}", agency.campaign), document).await.expect_status(200);
    let answer = run(&api, with(unplaced(), "tags", json!({"injured": "yes"}))).await;
    assert_eq!(answer["would_connect_to"]["target_id"], json!(second));
    assert_eq!(answer["route_nodes"], json!(["others"]));
    assert_eq!(reasons(&answer), ["first_choice", "tier_not_asked"]);
}

#[tokio::test]
async fn a_call_outside_the_hours_of_a_buyer_or_the_campaign_takes_the_branch_after_hours() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let mut document = campaign(&agency.target);
    document["flow"]["nodes"]["buyers"]["after_hours"] = json!("closed");
    document["flow"]["nodes"]["closed"] = json!({"type": "hangup", "say": "Please call again on Monday."});
    let campaign = format!("/v1/campaigns/{}", agency.campaign);
    api.put(&campaign, document).await.expect_status(200);
    let open = run(&api, question()).await;
    assert_eq!((&open["after_hours"], &open["end_nodes"]), (&json!(false), &json!([])));
    let mondays = json!({"hours": {"time_zone": "America/Chicago",
                         "open": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]}});
    for (path, of) in [(format!("/v1/buyers/{}", agency.buyer), "buyer"), (campaign, "campaign")] {
        api.patch(&path, mondays.clone()).await.expect_status(200);
        let closed = run(&api, question()).await;
        let reason = json!({"code": "outside_hours", "of": of, "opens_at": "2026-11-23T15:00:00Z"});
        assert_eq!(closed["decision"]["candidates"][0]["reason"], reason);
        assert_eq!((&closed["after_hours"], &closed["end_nodes"]), (&json!(true), &json!(["closed"])));
        let elsewhere =
            with(with(question(), "caller", json!("+12125550123")), "tags", json!({"injured": "yes"}));
        let answer = run(&api, elsewhere).await;
        let expected = if of == "buyer" { (false, "busy") } else { (true, "closed") };
        assert_eq!(
            (&answer["after_hours"], &answer["end_nodes"]),
            (&json!(expected.0), &json!([expected.1]))
        );
    }
}

/// Sets the suppression policy of the agency's campaign.
async fn suppress(api: &Api, agency: &Agency, policy: Value) {
    let campaign = format!("/v1/campaigns/{}", agency.campaign);
    api.patch(&campaign, json!({"suppression": null})).await.expect_status(200);
    api.patch(&campaign, json!({"suppression": policy})).await.expect_status(200);
}

#[tokio::test]
async fn a_dry_run_turns_away_whom_the_policy_names_and_says_why() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let refused = json!({"attestation": {"least": "B", "when_missing": "reject"}});
    let weak = |found: &str| json!({"code": "attestation", "found": found, "least": "B"});
    for (policy, member, value, reason) in [
        (json!({"anonymous": "reject"}), "caller", json!("anonymous"), json!({"code": "anonymous"})),
        (json!({"anonymous": "reject"}), "caller", json!("+12145550123"), Value::Null),
        (json!({"spam": "reject"}), "spam", json!(true), json!({"code": "spam"})),
        (json!({"spam": "reject"}), "spam", json!(false), Value::Null),
        (refused.clone(), "attestation", json!("A"), Value::Null),
        (refused.clone(), "attestation", json!("C"), weak("C")),
        (refused.clone(), "attestation", json!("failed"), weak("failed")),
        (refused, "attestation", Value::Null, weak("missing")),
    ] {
        suppress(&api, &agency, policy).await;
        let answer = run(&api, with(question(), member, value.clone())).await;
        assert_eq!(answer["suppression"], reason, "{member}: {value}");
        assert_eq!(answer["would_connect_to"].is_null(), !reason.is_null(), "{member}: {value}");
    }
    for (member, wrong) in [("attestation", json!("D")), ("spam", json!("yes"))] {
        let reply = api.post("/v1/simulations/route", with(question(), member, wrong)).await;
        assert_eq!((reply.status, reply.fields()), (422, vec![member]));
    }
}

#[tokio::test]
async fn a_dry_run_counts_the_calls_that_were_made_and_adds_none() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    suppress(&api, &agency, json!({"rate_limits": {"hourly": 2}, "then": "busy"})).await;
    let caller = "+12145550123".parse().expect("a number");
    for (n, minute, limited) in [(1, 0, false), (2, 1, false), (3, 2, true)] {
        for _copy in 0..3 {
            let at = format!("2026-11-20T16:{minute:02}:30Z");
            let answer = run(&api, with(question(), "at", json!(at))).await;
            let reason = json!({"code": "rate_limited", "period": "hour", "calls": 3, "limit": 2});
            let expected = if limited { (reason, json!(["busy"])) } else { (Value::Null, json!([])) };
            assert_eq!((&answer["suppression"], &answer["end_nodes"]), (&expected.0, &expected.1));
        }
        let at = format!("2026-11-20T16:{minute:02}:00Z").parse().expect("a time");
        let call = CallId::from_parts(1, n);
        count_arrival(&api.store, api.account().await, &caller, call, at).await.expect("a write");
    }
    let later = run(&api, with(question(), "at", json!("2026-11-20T17:30:00Z"))).await;
    assert_eq!(later["suppression"], Value::Null);
}

#[tokio::test]
async fn a_paused_number_asks_nobody() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    api.patch(&format!("/v1/numbers/{}", agency.number), json!({"paused": true})).await.expect_status(200);
    let answer = run(&api, question()).await;
    assert_eq!((&answer["number_paused"], &answer["decision"]["candidates"]), (&json!(true), &json!([])));
    let by_id = run(&api, with(question(), "number", json!(agency.number))).await;
    assert_eq!(by_id, answer);
}

#[tokio::test]
async fn a_number_that_is_not_there_or_there_twice_is_named() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let other = api.create("connections", super::kit::connection()).await;
    api.create("numbers", super::kit::number(&other, &agency.campaign, &agency.publisher)).await;
    for number in ["+18005550111", "+18005550112", "18005550111", "", "num_01JD3Q4T7Y8Z9A0B1C2D3E4F5G"] {
        let reply = api.post("/v1/simulations/route", with(question(), "number", json!(number))).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["number"]), "{number}: {}", reply.body);
    }
}
