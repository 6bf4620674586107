//! Calls by SIP while the platform is killed and started again: whoever calls reaches the desk, and in the end nothing is left of any call.

mod books;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use ringfall_phone::{Dialling, Ending, Phone, Tone};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use self::books::{billed, close};
use crate::stack::{NUMBER_OF_TRUNK, Profile, Seeded, Trunk};

const CALLERS: Tone = Tone::of_tens_of_hertz(70);
const DESK: Tone = Tone::of_tens_of_hertz(110);

/// The most calls of a run.
pub const MOST_CALLS: usize = 5_000;

/// The relay learns of a new number within moments: until then there is none.
const DIALS: u32 = 100;
const DIAL_PAUSE: Duration = Duration::from_millis(100);
/// How long the platform is away: longer than the relay waits for it, so that some callers are sent to the trunk's fallback.
const AWAY: Duration = Duration::from_secs(4);
/// No call takes longer, whatever happens.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many calls, and of what kind.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// In all.
    pub calls: usize,
    /// Begun in a second.
    pub calls_per_second: u32,
    /// How long each caller talks.
    pub talk: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Callers who heard the desk and hung up when they wanted to.
    pub served: usize,
    /// Callers whom the desk heard.
    pub heard: usize,
    /// Calls that the platform knows; those that came while it was away went to the trunk's fallback, which is the same desk.
    pub known: usize,
    /// Calls that it has billed, each once.
    pub billed: usize,
}

/// Plays the calls; half-way the platform is killed, and started again a little later.
///
/// # Errors
/// Something does not start, or something of a call is left: a leg at the relay, a port, a slot, a call without its end.
pub async fn run(profile: Profile, load: Load) -> Result<Outcome> {
    let mut trunk = Trunk::start(profile).await?;
    let ip = Ipv4Addr::LOCALHOST.into();
    let (callers, desk) =
        (Phone::plug_in(ip, CALLERS, &[DESK]).await?, Phone::plug_in(ip, DESK, &[CALLERS]).await?);
    let rules = json!({
        "allow": ["127.0.0.1/32"], "most_calls": MOST_CALLS, "most_calls_per_second": 1_000,
        "fallback": {"sip_uri": format!("sip:desk@{}", desk.address())},
    });
    let seeded = trunk.set_up(desk.address(), &rules).await?;
    let desk = tokio::spawn(staff(desk, load.calls));
    let (callers, at) = (Arc::new(callers), trunk.sip());
    let (mut calls, began) = (JoinSet::new(), Instant::now());
    for place in 0..load.calls {
        let pace = Duration::from_secs(1) / load.calls_per_second.max(1);
        sleep_until(began + pace * u32::try_from(place)?).await;
        let callers = Arc::clone(&callers);
        calls.spawn(async move { call(&callers, at, place, load.talk).await });
        if place == load.calls / 2 {
            trunk.stack.kill()?;
        }
        // Calls go on coming in meanwhile.
        if place == load.calls / 2 + usize::try_from(AWAY.as_millis() / pace.as_millis().max(1))? {
            trunk.stack.start_again().await?;
        }
    }
    let mut outcome = Outcome::default();
    while let Some(served) = calls.join_next().await {
        served?.context("a caller")?;
        outcome.served += 1;
    }
    outcome.heard = timeout(PATIENCE, desk).await.context("the desk was not called by all")??;
    close(&trunk, &seeded).await?;
    (outcome.known, outcome.billed) = billed(&trunk).await?;
    ensure!(outcome.billed <= outcome.known, "more is billed than was called: {outcome:?}");
    Ok(outcome)
}

/// A caller, until the end of the call.
async fn call(phone: &Phone, at: std::net::SocketAddr, place: usize, talk: Duration) -> Result<()> {
    let from = format!("+1214{:07}", 5_550_100 + place);
    for _ in 0..DIALS {
        let mut line = phone.dial(Dialling { number: NUMBER_OF_TRUNK, at, from: &from }).await?;
        if timeout(PATIENCE, line.answered()).await.context("nobody answers")? {
            ensure!(
                timeout(PATIENCE, line.hears(DESK, 1)).await?,
                "the desk is not heard: {:?}",
                line.heard()
            );
            sleep(talk).await;
            ensure!(line.is_answered(), "the call was ended by others");
            line.hang_up();
            let ending = timeout(PATIENCE, line.ended()).await.context("the call does not end")?;
            ensure!(ending == Ending::Ours, "the call ended otherwise: {ending:?}");
            return Ok(());
        }
        let ending = line.ended().await;
        ensure!(ending == Ending::Refused(404), "the call was not answered: {ending:?}");
        sleep(DIAL_PAUSE).await;
    }
    anyhow::bail!("the relay does not learn of the number")
}

/// Answers every call until so many are over: how many callers were heard.
async fn staff(mut phone: Phone, calls: usize) -> usize {
    let mut lines = JoinSet::new();
    for _ in 0..calls {
        let Some(mut line) = phone.rings().await else { break };
        lines.spawn(async move {
            line.ring();
            line.answer();
            let is_heard = line.hears(CALLERS, 1).await;
            line.ended().await;
            is_heard
        });
    }
    lines.join_all().await.into_iter().filter(|is_heard| *is_heard).count()
}

/// What both sides have still in use.
async fn in_use(trunk: &Trunk, seeded: &Seeded) -> Result<(u64, u64, i64)> {
    let usage = trunk.stack.api().get(&format!("/v1/buyers/{}/usage", seeded.buyer)).await?;
    let live = usage["own"]["live"].as_i64().with_context(|| format!("no usage: {usage}"))?;
    let (calls, ports) = (
        trunk.metric("ringfall_relay_live_calls").await?,
        trunk.metric("ringfall_relay_port_pairs_in_use").await?,
    );
    Ok((calls, ports, live))
}
