//! What the platform says of one side, fetched through its API.

use std::time::Duration;

use jiff::Timestamp;
use ringfall_domain::money::Money;
use serde::Deserialize;

use super::{Fate, seed::Side};
use crate::demo::{
    api::Api,
    evidence::{Entry, ledger},
};

/// More than are played.
const CALLS_LISTED: usize = 100;

/// What the platform says.
#[derive(Debug, Deserialize)]
pub(super) struct Evidence {
    pub(super) calls: Vec<Call>,
    pub(super) ledger: Vec<Entry>,
    pub(super) total: Sums,
    /// Lines that are in use, by its word.
    pub(super) live: u32,
    /// How many wait.
    pub(super) waiting: usize,
}

/// A call.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    pub(super) provider_call_id: String,
    pub(super) disposition: String,
    ended_at: Option<Timestamp>,
    queue: Option<Queued>,
    legs: Vec<Leg>,
}

#[derive(Debug, Deserialize)]
struct Queued {
    entered_at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Leg {
    outcome: String,
    reserved_at: Timestamp,
}

/// Of the report on profit and loss.
#[derive(Debug, Deserialize)]
pub(super) struct Sums {
    pub(super) calls: usize,
    pub(super) connected: usize,
    pub(super) abandoned: usize,
    pub(super) revenue: Money,
    pub(super) profit: Money,
    pub(super) connected_rate: Option<f64>,
    pub(super) average_wait_seconds: Option<u64>,
}

/// Who waits.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Queue {
    pub(super) waiting: Vec<Waiter>,
}

/// Somebody who waits.
#[derive(Debug, Deserialize)]
pub(super) struct Waiter {
    pub(super) value: Money,
}

#[derive(Deserialize)]
struct CallPage {
    data: Vec<Call>,
}

#[derive(Deserialize)]
struct Report {
    total: Sums,
}

#[derive(Deserialize)]
struct Usage {
    own: InUse,
}

#[derive(Deserialize)]
struct InUse {
    live: u32,
}

impl Evidence {
    /// Asks for all of it.
    ///
    /// # Errors
    /// The platform refuses, or answers in another shape.
    pub(super) async fn gather(side: &Side) -> anyhow::Result<Self> {
        let calls: CallPage = side.api.get(&format!("/v1/calls?limit={CALLS_LISTED}")).await?;
        let report: Report = side.api.get("/v1/reports/pnl?group_by=campaign").await?;
        Ok(Self {
            calls: calls.data,
            ledger: ledger(&side.api).await?,
            total: report.total,
            live: live(&side.api, &side.buyers).await?,
            waiting: queue(side).await?.waiting.len(),
        })
    }

    /// How many calls came to that.
    pub(super) fn count(&self, fate: Fate) -> usize {
        let of_fate = |call: &&Call| Fate::of_disposition(&call.disposition) == Some(fate);
        self.calls.iter().filter(of_fate).count()
    }

    /// How long callers have waited in the queue on average, until somebody was rung who took them, or until they hung up; none if nobody has.
    /// To the millisecond, since the report's whole seconds are long ones here.
    pub(super) fn average_wait(&self) -> Option<Duration> {
        let waits: Vec<Duration> = self.calls.iter().filter_map(Call::wait).collect();
        let count = u32::try_from(waits.len()).ok().filter(|count| *count > 0)?;
        Some(waits.iter().sum::<Duration>() / count)
    }
}

impl Call {
    fn wait(&self) -> Option<Duration> {
        let taken = self.legs.iter().find(|leg| leg.outcome == "connected").map(|leg| leg.reserved_at);
        let until = taken.or(self.ended_at)?;
        let wait = until.duration_since(self.queue.as_ref()?.entered_at);
        Some(Duration::try_from(wait).unwrap_or_default())
    }
}

/// Who waits on a side; nobody where callers are not held.
///
/// # Errors
/// As [`Evidence::gather`].
pub(super) async fn queue(side: &Side) -> anyhow::Result<Queue> {
    if !side.holds {
        return Ok(Queue::default());
    }
    side.api.get(&format!("/v1/queues/{}", side.campaign)).await
}

async fn live(api: &Api, buyers: &[String]) -> anyhow::Result<u32> {
    let mut live = 0;
    for buyer in buyers {
        let usage: Usage = api.get(&format!("/v1/buyers/{buyer}/usage")).await?;
        live += usage.own.live;
    }
    Ok(live)
}
