//! What the relay and the platform say after the calls.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use tokio::time::sleep;

use super::in_use;
use crate::stack::{Seeded, Trunk};

/// How often is looked for what must come in the end: a slot whose leg nobody knows is asked for by the watchdog some time after its ring.
const LOOKS: u32 = 900;
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Waits until nothing is in use any more.
///
/// # Errors
/// Something stays in use.
pub(super) async fn close(trunk: &Trunk, seeded: &Seeded) -> Result<()> {
    let mut used = (0, 0, 0);
    for _ in 0..LOOKS {
        used = in_use(trunk, seeded).await?;
        if used == (0, 0, 0) {
            return Ok(());
        }
        sleep(LOOK_INTERVAL).await;
    }
    let (calls, ports, slots) = used;
    bail!(
        "there are left {calls} calls and {ports} pairs of ports at the relay, {slots} slots at the platform"
    )
}

/// How many calls the platform knows, all of them ended, and how many of them are billed, each once.
///
/// # Errors
/// A call has not ended, is billed twice, or is not billed though it converted.
pub(super) async fn billed(trunk: &Trunk) -> Result<(usize, usize)> {
    for _ in 0..LOOKS {
        let calls = trunk.stack.api().list("/v1/calls", "data").await?;
        let entries = trunk.stack.api().list("/v1/ledger", "entries").await?;
        let converted = calls.iter().filter(|call| call["disposition"] == "converted").count();
        let revenue = revenue_by_call(&entries);
        if calls.iter().all(|call| call["state"] == "ended") && revenue.len() >= converted {
            ensure!(revenue.values().all(|count| *count == 1), "a call is billed twice: {revenue:?}");
            ensure!(revenue.len() == converted, "{} calls are billed, {converted} converted", revenue.len());
            return Ok((calls.len(), converted));
        }
        sleep(LOOK_INTERVAL).await;
    }
    bail!("not every call has come to its end in the books")
}

fn revenue_by_call(entries: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry["kind"] == "revenue") {
        *counts.entry(entry["call_id"].to_string()).or_default() += 1;
    }
    counts
}
