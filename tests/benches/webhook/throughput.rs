//! As many webhooks as there come through, against the bare endpoint.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use ringfall_tests::stack::{Agency, NUMBER, Script, Stack, Step, Twilio, Webhook};
use tokio::task::JoinSet;

use super::{
    bare::Bare,
    machine::processor_time,
    measured::median,
    wire::{self, Wire},
};

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 5;
const ROUND_TIME: Duration = Duration::from_secs(4);
/// Each connection of each round has calls of its own.
const CALLS_PER_CONNECTION: usize = 10_000;
/// Webhooks of a connection that are kept to be posted to the bare endpoint.
const MOST_KEPT: usize = 2_000;

/// What a round came to.
struct Round {
    per_second: f64,
    processor_microseconds: f64,
}

pub(crate) async fn measure(stack: &Stack, agency: &Agency) -> Result<()> {
    let bare = Bare::start().await?;
    let (mut platform_rounds, mut bare_rounds) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let kept = Arc::new(Mutex::new(Vec::new()));
        platform_rounds.push(of_platform(round, stack, agency, &kept).await?);
        let kept = std::mem::take(&mut *kept.lock().expect("no holder of the lock panics"));
        bare_rounds.push(of_bare(&bare, kept).await?);
    }
    let ratios =
        platform_rounds.iter().zip(&bare_rounds).map(|(ours, bare)| ours.per_second / bare.per_second);
    let ratio = median(ratios.collect());
    println!("throughput over {CONNECTIONS} connections, the median of {ROUNDS} rounds:");
    for (name, rounds) in [("ringfall", &platform_rounds), ("bare", &bare_rounds)] {
        let per_second = median(rounds.iter().map(|round| round.per_second).collect());
        let processor = median(rounds.iter().map(|round| round.processor_microseconds).collect());
        println!("  {name:<10} {per_second:>6.0} webhooks/s, {processor:>4.0} µs of processor time each");
    }
    println!("  ratio      {ratio:>6.2}");
    Ok(())
}

/// Whole calls, one after the other on each connection.
async fn of_platform(
    round: usize,
    stack: &Stack,
    agency: &Agency,
    kept: &Arc<Mutex<Vec<Vec<Webhook>>>>,
) -> Result<Round> {
    let over = Arc::new(AtomicBool::new(false));
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let first_call = (round * CONNECTIONS + connection) * CALLS_PER_CONNECTION;
        let (agency, over, kept, address) =
            (agency.clone(), Arc::clone(&over), Arc::clone(kept), stack.address());
        connections.spawn(async move {
            let (count, webhooks) = call_on(address, &agency, first_call, &over).await?;
            kept.lock().expect("no holder of the lock panics").push(webhooks);
            Ok(count)
        });
    }
    measured(connections, &over, stack.process_id()).await
}

async fn call_on(
    address: SocketAddr,
    agency: &Agency,
    first_call: usize,
    over: &AtomicBool,
) -> Result<(usize, Vec<Webhook>)> {
    let (twilio, mut wire) = (Twilio::quick(), Wire::open(address).await?);
    let (mut count, mut webhooks) = (0, Vec::new());
    for index in first_call..first_call + CALLS_PER_CONNECTION {
        let mut script = Script::new(agency, twilio.call(index, "+12145550123", NUMBER));
        for step in Step::ALL {
            if over.load(Ordering::Relaxed) {
                return Ok((count, webhooks));
            }
            let webhook = script.webhook(step);
            let document = wire.post(&wire::request(&webhook, address)).await?;
            script.answered(step, document)?;
            count += 1;
            if webhooks.len() < MOST_KEPT {
                webhooks.push(webhook);
            }
        }
    }
    Ok((count, webhooks))
}

/// The same webhooks again and again, built and signed anew each time as for the platform.
async fn of_bare(bare: &Bare, kept: Vec<Vec<Webhook>>) -> Result<Round> {
    let over = Arc::new(AtomicBool::new(false));
    let mut connections = JoinSet::new();
    for webhooks in kept {
        ensure!(!webhooks.is_empty(), "a connection got no webhook through");
        let (over, address) = (Arc::clone(&over), bare.address);
        connections.spawn(async move {
            let mut wire = Wire::open(address).await?;
            let mut count = 0;
            for webhook in webhooks.iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                wire.post(&wire::request(webhook, address)).await?;
                count += 1;
            }
            Ok(count)
        });
    }
    measured(connections, &over, bare.process_id()).await
}

/// Lets connections post for a while and counts what came through.
async fn measured(
    mut connections: JoinSet<Result<usize>>,
    over: &AtomicBool,
    process_id: u32,
) -> Result<Round> {
    let (began, processor_before) = (Instant::now(), processor_time(process_id));
    tokio::time::sleep(ROUND_TIME).await;
    over.store(true, Ordering::Relaxed);
    let mut count = 0;
    while let Some(connection) = connections.join_next().await {
        count += connection??;
    }
    let processor = processor_time(process_id) - processor_before;
    let count = f64::from(u32::try_from(count)?);
    Ok(Round {
        per_second: count / began.elapsed().as_secs_f64(),
        processor_microseconds: processor.as_secs_f64() * 1e6 / count,
    })
}
