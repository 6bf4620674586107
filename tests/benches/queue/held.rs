//! What it costs to hold callers.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures::{StreamExt, stream};
use ringfall_tests::stack::Element;

use super::{
    agency::{Agency, Buyers, QUEUES},
    machine::processor_time,
    times::describe,
    wire::{self, Wire},
};

const CALLERS: usize = 10_000;
/// A round of the music: as often each caller's step ends.
const STEP: Duration = Duration::from_secs(24);
const CONNECTIONS: usize = 8;

pub(crate) async fn measure() -> Result<()> {
    let agency = Agency::set_up(Buyers::OfOneQueue).await?;
    let process = agency.stack.process_id();
    agency.talk(0..QUEUES).await?;
    let before = resident_bytes(process)?;
    let held = agency.hold(QUEUES..QUEUES + CALLERS).await?;
    let after = resident_bytes(process)?;
    let (began, processor_before) = (Instant::now(), processor_time(process));
    let every = STEP / u32::try_from(CALLERS)?;
    let steps = stream::iter(held.into_iter().zip(1_u32..)).map(|(held, turn)| {
        let agency = &agency;
        async move {
            let due = began + every * turn;
            tokio::time::sleep_until(due.into()).await;
            let mut wire = Wire::open(agency.stack.address()).await?;
            let step = held.call.webhook(&held.step_url, "in-progress", &[]);
            let document = wire.post(&wire::request(&step, agency.stack.address())).await?;
            Element::read(document)?.find("Redirect").context("is not held on")?;
            anyhow::Ok(Instant::now().saturating_duration_since(due))
        }
    });
    let times: Vec<Result<Duration>> = steps.buffered(CONNECTIONS).collect().await;
    let times: Vec<Duration> = times.into_iter().collect::<Result<_>>()?;
    let (took, processor) = (began.elapsed(), processor_time(process) - processor_before);
    println!("{CALLERS} callers are held in {QUEUES} queues:");
    println!("  {:.1} KiB of memory each", (after.saturating_sub(before)) as f64 / 1_024.0 / CALLERS as f64);
    let share = processor.as_secs_f64() / took.as_secs_f64() * 100.0;
    println!("  {share:.0} % of a core for a step of each every {} s", STEP.as_secs());
    println!("  a step: {}", describe(times));
    Ok(())
}

fn resident_bytes(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kibibytes * 1_024)
}
