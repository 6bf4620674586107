//! A SIP phone dials in: the process with its built-in relay, a caller and a buyer that are programs of others.

use anyhow::{Context, Result, ensure};
use ringfall_tests::stack::{
    Api, Profile, Stack,
    sipp::{Phone, free_address},
};
use serde_json::{Value, json};

const NUMBER: &str = "+18005550111";
/// How often is looked for what should come soon.
const LOOKS: u32 = 600;

async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}

async fn set_up(api: &Api, desk: &str) -> Result<()> {
    let trunk = json!({"provider": "relay", "trunk": {"allow": ["127.0.0.1/32"]},
                       "rates": {"inbound_per_minute": "0.01", "outbound_per_minute": "0.02"}});
    let connection = api.create("/v1/connections", &trunk).await?;
    let publisher = api.create("/v1/publishers", &json!({"name": "Radio One"})).await?;
    let buyer = json!({"name": "Lone Star Law", "time_zone": "America/Chicago", "caps": {"concurrency": 1}});
    let buyer = api.create("/v1/buyers", &buyer).await?;
    let target = json!({"buyer_id": buyer["id"], "name": "Intake desk", "destination": {"sip_uri": desk},
                        "price": "45.00", "ring_timeout_seconds": 30});
    let target = api.create("/v1/targets", &target).await?;
    let campaign = json!({
        "name": "Auto injury",
        "flow": {"start": "injured", "nodes": {
            "injured": {"type": "menu", "say": "Were you injured? Press 1 for yes, 2 for no.", "tag": "injured",
                        "choices": {"1": {"value": "yes", "next": "buyers"}, "2": {"value": "no", "next": "refuse"}},
                        "timeout_seconds": 20, "attempts": 2, "otherwise": "refuse"},
            "buyers": {"type": "route", "otherwise": "busy"},
            "refuse": {"type": "hangup", "say": "Sorry."},
            "busy": {"type": "hangup", "say": "All lines are busy."}}},
        "routing": {"tiers": [{"method": "waterfall", "targets": [{"target_id": target["id"], "priority": 1}]}]},
        "conversion": {"minimum_seconds": 1},
        "payout": {"kind": "fixed", "amount": "20.00"},
    });
    let campaign = api.create("/v1/campaigns", &campaign).await?;
    let number = json!({"phone_number": NUMBER, "connection_id": connection["id"], "campaign_id": campaign["id"],
                        "publisher_id": publisher["id"]});
    api.create("/v1/numbers", &number).await?;
    Ok(())
}

/// The relay learns of a new number within a second or so: until then it is answered that there is none.
async fn dial(stack: &Stack) -> Result<()> {
    let mut refused = None;
    for _ in 0..LOOKS {
        let at = stack.sip().context("it takes no SIP")?;
        match Phone::calling(NUMBER.trim_start_matches('+'), at)?.finish().await {
            Ok(()) => return Ok(()),
            Err(error) if error.to_string().contains("404") => refused = Some(error),
            Err(error) => return Err(error),
        }
        pause().await;
    }
    Err(refused.context("never dialled")?)
}

/// The only call, once it is billed.
async fn billed(api: &Api) -> Result<Value> {
    let mut calls = Value::Null;
    for _ in 0..LOOKS {
        calls = api.get("/v1/calls").await?;
        let call = &calls["data"][0];
        if call["state"] == "ended" && call["revenue"] != "0.00" {
            ensure!(calls["data"].as_array().is_some_and(|all| all.len() == 1), "one call: {calls}");
            return Ok(call.clone());
        }
        pause().await;
    }
    anyhow::bail!("the call is not billed: {calls}")
}

async fn profit_and_loss(api: &Api) -> Result<Value> {
    let mut report = Value::Null;
    for _ in 0..LOOKS {
        report = api.get("/v1/reports/pnl?group_by=campaign").await?;
        if report["rows"][0]["converted"] == 1 {
            return Ok(report["rows"][0].clone());
        }
        pause().await;
    }
    anyhow::bail!("it is not summed up: {report}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_dials_in_presses_a_key_and_talks_to_a_buyer_who_pays() -> Result<()> {
    let stack = Stack::start_with_sip(Profile::Debug).await?;
    let (api, desk) = (stack.api(), free_address()?);
    // At once, so that nobody else takes the port meanwhile.
    let buyer = Phone::answering(desk)?;
    set_up(&api, &format!("sip:desk@{desk}")).await?;
    dial(&stack).await.context("the caller")?;
    buyer.finish().await.context("the buyer")?;
    let call = billed(&api).await?;
    ensure!(call["caller"] == "+12145550123" && call["number"] == NUMBER, "who called whom: {call}");
    ensure!(call["revenue"] == "45.00" && call["payout"] == "20.00", "what it earned: {call}");
    ensure!(call["disposition"] == "converted", "what became of it: {call}");
    let row = profit_and_loss(&api).await?;
    ensure!(row["calls"] == 1 && row["connected"] == 1, "one call, connected: {row}");
    ensure!(row["revenue"] == "45.00" && row["payout"] == "20.00", "what they earned: {row}");
    ensure!(row["telephony_cost"] == "0.03", "a begun minute in and one out: {row}");
    Ok(())
}
