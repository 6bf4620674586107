//! A connection's secret is changed amid a call over its trunk: the relay signs with the one before it until it hears of the change.

use std::{net::Ipv4Addr, time::Duration};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use ringfall_phone::{Dialling, Line, Phone, Tone};
use ringfall_tests::stack::{Api, NUMBER_OF_TRUNK, Profile, Trunk};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::patience::eventually;

const CALLER: Tone = Tone::of_tens_of_hertz(70);
const DESK: Tone = Tone::of_tens_of_hertz(110);
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a number is dialled that the relay may not know yet, and at what distance.
const DIALS: (u32, Duration) = (100, Duration::from_millis(100));

/// A call in which both sides hear each other for longer than it takes to be billed.
async fn talk(trunk: &Trunk, caller: &Phone, desk: &mut Phone) -> Result<Line> {
    let (times, pause) = DIALS;
    for _ in 0..times {
        let dialling = Dialling { number: NUMBER_OF_TRUNK, at: trunk.sip(), from: "+12145550123" };
        let mut out = caller.dial(dialling).await?;
        let line = tokio::select! {
            line = desk.rings() => line.context("a call")?,
            _ = out.ended() => {
                sleep(pause).await;
                continue;
            }
        };
        line.answer();
        ensure!(timeout(PATIENCE, out.hears(DESK, 15)).await?, "the caller hears the desk");
        return Ok(out);
    }
    anyhow::bail!("the relay does not learn of the number")
}

async fn billed(api: &Api, calls: usize) -> Result<()> {
    let settled = async || {
        let listed = api.list("/v1/calls", "data").await?;
        let billed = listed.iter().filter(|call| call["state"] == "ended" && call["revenue"] == "45.00");
        Ok((billed.count() == calls).then_some(()))
    };
    eventually(&format!("{calls} calls are billed"), settled).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_during_which_the_secret_is_changed_ends_and_is_billed_like_any_other() -> Result<()> {
    let trunk = Trunk::start(Profile::Debug).await?;
    let (ip, api) = (Ipv4Addr::LOCALHOST.into(), trunk.stack.api());
    let caller = Phone::plug_in(ip, CALLER, &[DESK]).await?;
    let mut desk = Phone::plug_in(ip, DESK, &[CALLER]).await?;
    let seeded = trunk.set_up(desk.address(), &json!({"allow": ["127.0.0.1/32"]})).await?;
    let path = format!("/v1/connections/{}", seeded.connection);
    let change = || {
        let request = api.request(Method::PATCH, &path).header("if-match", "*");
        request.json(&json!({"credentials": {"secret": null}})).send()
    };
    // Once the relay does not know of the change yet, and once it has long known of it.
    for (calls, known_for) in [(1, Duration::ZERO), (2, Duration::from_secs(1))] {
        let mut line = talk(&trunk, &caller, &mut desk).await?;
        change().await?.error_for_status()?;
        sleep(known_for).await;
        line.hang_up();
        timeout(PATIENCE, line.ended()).await.context("the call does not end")?;
        billed(&api, calls).await?;
    }
    ensure!(trunk.metric("ringfall_relay_notices_lost_total").await? == 0, "a notice is lost");
    Ok(())
}
