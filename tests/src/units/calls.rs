//! A direct billed call, webhook by webhook, through the real routers over HTTP on loopback.

use std::sync::Arc;

use anyhow::{Context, Result};
use ringfall_app::platform::Ports;
use ringfall_store::engines::{
    dynamodb::{DynamoStore, Missing, Settings as StoreSettings, Units, Unmetered},
    memory::MemoryStore,
};
use serde_json::json;

use super::{Consumed, Gauge, Meter, Reports, Step, Usage, metered::Metered, prices::Bill};
use crate::{aws::Names, stack::Offer};

/// Whether the target's answerer is asked to take the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screening {
    /// Whoever answers takes the call.
    None,
    /// Whoever answers presses 1.
    Press,
}

/// What a direct billed call uses.
#[derive(Debug, Clone)]
pub struct DirectCall<U> {
    /// Its webhooks, one after the other.
    pub webhooks: Vec<Step<U>>,
    /// What the consumer of the change feed does with [`CALLS_SUMMED`] such calls at once: each is listed and charged, and all are
    /// added to the same rows of the report.
    pub summed: U,
    /// The same of one call, where there is no other: what each turn of the consumer takes falls on it alone.
    pub summed_alone: U,
}

/// The calls that the consumer of the change feed takes up at once.
pub const CALLS_SUMMED: usize = 50;

impl<U: Consumed> DirectCall<U> {
    /// Write units of one call, its share of the sums included.
    pub fn written(&self) -> f64 {
        self.in_all(|units| units.written)
    }

    /// Read units of one call, its share of the sums included.
    pub fn read(&self) -> f64 {
        self.in_all(|units| units.read)
    }

    fn in_all(&self, of: impl Fn(Units) -> f64) -> f64 {
        let webhooks: f64 = self.webhooks.iter().map(|step| of(step.usage.units())).sum();
        webhooks + share(of(self.summed.units()))
    }
}

impl DirectCall<Usage> {
    /// What a million of them cost.
    pub fn bill(&self) -> Bill {
        let Units { read, written } = self.summed.units();
        Bill::of(&self.webhooks) + Bill::of_units(&Units { read: share(read), written: share(written) })
    }
}

/// One call's share of what was used for all.
pub fn share(units: f64) -> f64 {
    units / CALLS_SUMMED as f64
}

/// A call that is offered at once, taken and billed, after others like it: what can be remembered, is.
///
/// # Errors
/// The call did not go as it should.
pub async fn direct_call(screening: Screening) -> Result<DirectCall<Usage>> {
    let (ports, meter) = by_rules();
    measure(ports, meter, screening).await
}

/// The same call on a DynamoDB, with the units that it reports.
///
/// # Errors
/// The table is not to be had, or the call did not go as it should.
pub async fn reported_call(names: &Names, screening: Screening) -> Result<DirectCall<Units>> {
    let (ports, reports) = as_reported(names).await?;
    measure(ports, reports, screening).await
}

/// The engine in memory, metered by DynamoDB's rules.
pub(super) fn by_rules() -> (Ports, Meter) {
    let store = MemoryStore::new();
    let meter = Meter::over(store.clone());
    let ports = Ports {
        table: Arc::new(meter.clone()),
        messages: Arc::new(meter.messages()),
        feed: Arc::new(store.clone()),
        survey: Arc::new(store),
    };
    (ports, meter)
}

/// A DynamoDB that reports its units.
pub(super) async fn as_reported(names: &Names) -> Result<(Ports, Reports)> {
    let (table, queue) = (names.as_str().to_owned(), names.as_str().to_owned());
    let settings = StoreSettings { table, queue, missing: Missing::Create };
    let config = names.aws().config().await;
    let reports = Reports::default();
    let store = DynamoStore::open_with(&config, settings, Arc::new(Unmetered)).await?;
    let store = store.metered_by(Arc::new(reports.clone()));
    let ports = Ports {
        table: Arc::new(store.clone()),
        messages: Arc::new(store.clone()),
        feed: Arc::new(store.clone()),
        survey: Arc::new(store),
    };
    Ok((ports, reports))
}

async fn measure<G: Gauge>(ports: Ports, gauge: G, screening: Screening) -> Result<DirectCall<G::Usage>> {
    let metered = Metered::start(ports, gauge, offer(3, screening)).await?;
    call(&metered, 0).await?;
    metered.sum_up().await?;
    call(&metered, 1).await?;
    let summed_alone = metered.sum_up().await?;
    let mut webhooks = Vec::new();
    for index in 2..CALLS_SUMMED + 2 {
        webhooks = call(&metered, index).await?;
    }
    Ok(DirectCall { webhooks, summed: metered.sum_up().await?, summed_alone })
}

/// An agency on a DynamoDB, whose webhooks others answer and whose stream others consume.
pub struct Distant(Metered<Reports>);

impl Distant {
    /// Sets it up.
    ///
    /// # Errors
    /// The table is not to be had.
    pub async fn start(names: &Names) -> Result<Self> {
        let (ports, reports) = as_reported(names).await?;
        Ok(Self(Metered::start(ports, reports, offer(3, Screening::None)).await?))
    }

    /// What its webhooks' URLs begin with.
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Plays calls whose webhooks go to another address, signed as they are.
    ///
    /// # Returns
    /// How many webhooks there were.
    ///
    /// # Errors
    /// A call did not go as it should.
    pub async fn calls(&mut self, address: &str, calls: usize) -> Result<usize> {
        self.0.send_through(address);
        let mut webhooks = 0;
        for index in 0..calls {
            webhooks += call(&self.0, index).await?.len();
        }
        Ok(webhooks)
    }
}

async fn call<G: Gauge>(metered: &Metered<G>, index: usize) -> Result<Vec<Step<G::Usage>>> {
    let mut call = metered.call(index);
    let dial = call.arrives().await?.dial().context("nobody is dialled")?;
    call.talks(&dial).await?;
    call.ends(&dial).await?;
    Ok(call.into_steps())
}

/// A buyer with its usual caps.
pub(super) fn offer(concurrency: u32, screening: Screening) -> Offer {
    let mut offer = Offer::direct(concurrency);
    for (buyer, target) in &mut offer.buyers {
        buyer["caps"]["daily"] = json!(500);
        buyer["budget"] = json!("50000.00");
        if screening == Screening::Press {
            target["screening"] = json!({"press": "1"});
        }
    }
    offer
}
