//! The contract's whole example, as it stands there, against the real program.

use anyhow::{Context, Result};
use ringfall_tests::stack::{ACCOUNT_SID, AUTH_TOKEN, Api, NUMBER, Profile, Stack};
use serde_json::{Value, json};

/// What the example sets up.
struct Ids {
    connection: Value,
    target: String,
}

async fn set_up(api: &Api) -> Result<Ids> {
    let connection = api
        .create(
            "/v1/connections",
            &json!({"provider": "twilio", "credentials": {"account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN, "api_base_url": "http://127.0.0.1:9999"}}),
        )
        .await?;
    let publisher = api.create("/v1/publishers", &json!({"name": "Radio One"})).await?;
    let buyer = api
        .create(
            "/v1/buyers",
            &json!({"name": "Lone Star Law", "time_zone": "America/Chicago",
            "caps": {"concurrency": 3, "daily": 50}, "budget": "5000.00"}),
        )
        .await?;
    let target = api
        .create("/v1/targets", &json!({"buyer_id": id(&buyer, "buy_")?, "name": "Intake desk",
            "destination": {"phone_number": "+12145550100"},
            "price": "45.00", "caps": {"concurrency": 2}, "ring_timeout_seconds": 20, "screening": {"press": "1"},
            "hours": {"time_zone": "America/Chicago",
                      "open": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}],
                      "closed_dates": ["2026-12-25"]},
            "filter": {"all": [{"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
                               {"field": "tags.injured", "op": "eq", "value": "yes"}]}}))
        .await?;
    let campaign = api
        .create("/v1/campaigns", &json!({"name": "Auto injury",
            "flow": {"start": "injured", "nodes": {
                "injured": {"type": "menu", "say": "Were you injured? Press 1 for yes, 2 for no.", "tag": "injured",
                            "choices": {"1": {"value": "yes", "next": "zip"}, "2": {"value": "no", "next": "refuse"}},
                            "timeout_seconds": 5, "attempts": 2, "otherwise": "refuse"},
                "zip":     {"type": "gather", "say": "Enter your five digit zip code.", "digits": 5, "tag": "zip",
                            "next": "buyers"},
                "buyers":  {"type": "route", "otherwise": "busy"},
                "refuse":  {"type": "hangup", "say": "Sorry, we cannot help with this request."},
                "busy":    {"type": "hangup", "say": "All lines are busy. Please call again."}}},
            "routing": {"tiers": [{"method": "waterfall",
                        "targets": [{"target_id": id(&target, "tgt_")?, "priority": 1, "weight": 1}]}]},
            "conversion": {"minimum_seconds": 90}, "payout": {"kind": "fixed", "amount": "20.00"},
            "duplicates": {"within_days": 30, "action": "reject"}, "fallback_number": "+12145550199"}))
        .await?;
    let number = api
        .create(
            "/v1/numbers",
            &json!({"phone_number": NUMBER, "connection_id": id(&connection, "con_")?,
            "campaign_id": id(&campaign, "cmp_")?, "publisher_id": id(&publisher, "pub_")?}),
        )
        .await?;
    id(&number, "num_")?;
    Ok(Ids { connection, target: id(&target, "tgt_")? })
}

fn id(document: &Value, prefix: &str) -> Result<String> {
    let id = document["id"].as_str().filter(|id| id.starts_with(prefix));
    Ok(id.with_context(|| format!("no id {prefix}… in {document}"))?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contracts_example_is_accepted_as_it_stands_and_decides_as_it_says() -> Result<()> {
    let stack = Stack::start(Profile::Debug).await?;
    let api = stack.api();
    let ids = set_up(&api).await?;
    let connection = id(&ids.connection, "con_")?;
    for event in ["voice", "status"] {
        let expected = format!("{}/webhooks/{connection}/{event}", stack.url());
        assert_eq!(ids.connection["webhook_urls"][event], expected.as_str());
    }
    assert!(!ids.connection.to_string().contains(AUTH_TOKEN), "a secret is shown");
    // 2026-11-18 is a Wednesday; Chicago is six hours behind UTC then.
    for (at, injured, state, expected) in [
        ("2026-11-18T16:00:00Z", "yes", "TX", ("would_connect", "first_choice")),
        ("2026-11-18T13:59:59Z", "yes", "TX", ("passed_over", "outside_hours")),
        ("2026-11-19T00:00:00Z", "yes", "OK", ("passed_over", "outside_hours")),
        ("2026-11-21T16:00:00Z", "yes", "TX", ("passed_over", "outside_hours")),
        ("2026-12-25T16:00:00Z", "yes", "TX", ("passed_over", "outside_hours")),
        ("2026-11-18T16:00:00Z", "yes", "NY", ("passed_over", "filter_failed")),
    ] {
        let question = json!({"number": NUMBER, "caller": "+12145550123", "at": at,
            "tags": {"injured": injured, "zip": "75201", "state": state}});
        let answer = api.ask("/v1/simulations/route", &question).await?;
        let candidates = answer["decision"]["candidates"].as_array().with_context(|| answer.to_string())?;
        let [candidate] = candidates.as_slice() else { panic!("{candidates:?}") };
        assert_eq!(candidate["target_id"], ids.target.as_str());
        let found = (candidate["outcome"].as_str(), candidate["reason"]["code"].as_str());
        assert_eq!(found, (Some(expected.0), Some(expected.1)), "{question}: {answer:#}");
    }
    Ok(())
}
