//! A bad day on AWS: requests are throttled, in conflict, lost, or carried out without an answer, and streams and queues tell things twice. The
//! program must not break a cap, lose a slot, or book a call twice or not at all.

use anyhow::{Context, Result, ensure};
use ringfall_tests::{
    aws::{Aws, Fault},
    stack::{Agency, Dial, InboundCall, NUMBER, Offer, Profile, Stack, Store, Twilio, TwilioApi},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::patience::once_watched;

const CAP: usize = 3;
const CALLERS: usize = 12;
const ROUNDS: usize = 5;
/// Of a thousand requests.
const FAULTS: u64 = 120;
/// How often a provider tells what it is not sure that we have heard.
const TOLD: usize = 3;
const SEED: u64 = 20_261_121;
const TALKED_SECONDS: u32 = 95;

/// Has all call at once; gives those that were connected. Others are told that all lines are busy, or that we have failed.
async fn arrive(agency: &Agency, calls: &[InboundCall]) -> Result<Vec<(InboundCall, Dial)>> {
    let mut arrivals = JoinSet::new();
    for call in calls {
        let (call, arrival) = (call.clone(), call.arrival(agency));
        arrivals.spawn(async move {
            let document = call.send(&arrival).await?.document()?;
            Ok::<_, anyhow::Error>((call, document.dial()))
        });
    }
    let mut connected = Vec::new();
    while let Some(arrived) = arrivals.join_next().await {
        if let (call, Some(dial)) = arrived?? {
            connected.push((call, dial));
        }
    }
    Ok(connected)
}

/// The calls end, and whoever asks Twilio is told the same.
async fn hang_up(agency: &Agency, api: &TwilioApi, calls: &[(InboundCall, Dial)]) -> Result<()> {
    for (call, dial) in calls {
        api.know(json!({
            "sid": call.leg_sid(1), "parent_call_sid": call.sid, "to": "+12145550100", "status": "completed",
            "date_created": jiff::fmt::rfc2822::to_string(&jiff::Zoned::now())?,
            "duration": TALKED_SECONDS.to_string(),
        }));
        for webhook in [call.dial_end(dial, 1, Ok(TALKED_SECONDS))?, call.end(agency, 100)] {
            for _ in 0..TOLD {
                call.send(&webhook).await?;
            }
        }
    }
    Ok(())
}

/// The legs that hold a slot of the only buyer.
async fn live(agency: &Agency, buyer: &str) -> Result<u64> {
    let usage = agency.api.get(&format!("/v1/buyers/{buyer}/usage")).await?;
    usage["own"]["live"].as_u64().context("how many are live")
}

fn amount(document: &Value) -> &str {
    document.as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn caps_hold_and_every_call_is_booked_once_while_the_network_fails() -> Result<()> {
    let (aws, network) = Aws::start_behind_faults(SEED, FAULTS).await?;
    let api = TwilioApi::start().await?;
    let stack = Stack::start_on(Store::DynamoDb(aws.names()), Profile::Debug).await?;
    let offer = Offer { twilio_api_url: api.url().to_owned(), ..Offer::direct(u32::try_from(CAP)?) };
    let agency = Agency::set_up(stack.api(), offer).await?;
    let buyers = agency.api.list("/v1/buyers", "data").await?;
    let buyer = buyers[0]["id"].as_str().context("a buyer")?.to_owned();
    let twilio = Twilio::quick();
    network.fail(true);
    let mut connected = 0;
    for round in 0..ROUNDS {
        let calls: Vec<_> = (0..CALLERS)
            .map(|caller| twilio.call(round * CALLERS + caller, &format!("+1214555{caller:04}"), NUMBER))
            .collect();
        let taken = arrive(&agency, &calls).await?;
        ensure!(
            taken.len() <= CAP,
            "seed {SEED}, round {round}: {} legs live, the cap is {CAP}",
            taken.len()
        );
        hang_up(&agency, &api, &taken).await?;
        connected += taken.len();
    }
    network.fail(false);
    let met = network.met();
    for fault in Fault::ALL {
        ensure!(met.contains_key(&fault), "seed {SEED}: no request met {fault:?}: {met:?}");
    }
    ensure!(connected >= CAP, "seed {SEED}: only {connected} of {} calls were connected", ROUNDS * CALLERS);
    once_watched("every slot is free", async || Ok((live(&agency, &buyer).await? == 0).then_some(())))
        .await?;
    is_booked(&agency, connected).await
}

/// Of every call that was connected there is one charge, and the sums are those of the journal.
async fn is_booked(agency: &Agency, connected: usize) -> Result<()> {
    let revenue = format!("{}.00", connected * 45);
    let settled = async || {
        let report = agency.api.get("/v1/reports/pnl?group_by=campaign").await?;
        Ok((amount(&report["rows"][0]["revenue"]) == revenue).then_some(()))
    };
    once_watched(&format!("the revenue is {revenue}"), settled).await?;
    let entries = agency.api.list("/v1/ledger", "entries").await?;
    let mut ids: Vec<&str> = entries.iter().filter_map(|entry| entry["id"].as_str()).collect();
    let of_kind = |kind: &str| entries.iter().filter(|entry| entry["kind"] == kind).count();
    ensure!(of_kind("revenue") == connected, "{connected} calls and {} charges", of_kind("revenue"));
    ensure!(of_kind("payout") == connected, "{connected} calls and {} payouts", of_kind("payout"));
    ids.sort_unstable();
    ids.dedup();
    ensure!(ids.len() == entries.len(), "an entry is there twice");
    for entry in &entries {
        let postings = entry["postings"].as_array().context("postings")?;
        let sum: rust_decimal::Decimal = postings
            .iter()
            .filter_map(|posting| amount(&posting["amount"]).parse::<rust_decimal::Decimal>().ok())
            .sum();
        ensure!(sum.is_zero() && postings.len() >= 2, "{entry} does not balance");
    }
    let rebuilt = agency.api.get("/v1/reports/pnl?group_by=campaign").await?;
    ensure!(amount(&rebuilt["rows"][0]["payout"]) == format!("{}.00", connected * 20), "{rebuilt}");
    Ok(())
}
