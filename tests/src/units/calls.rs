//! Whole calls, webhook by webhook, through the real routers over HTTP on loopback.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::Router;
use ringfall_app::{
    api::{self, ensure_first_account},
    clock::{SystemClock, SystemRandomness},
    connection::RealProviders,
    platform::{Platform, Ports, Settings},
    rollup, webhooks,
};
use ringfall_store::{
    engines::{
        dynamodb::{DynamoStore, Missing, Settings as StoreSettings, Units, Unmetered},
        memory::MemoryStore,
    },
    port::Position,
};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

use super::{Consumed, Gauge, Meter, Reports, Usage};
use crate::{
    aws::Names,
    stack::{Agency, Api, Element, NUMBER, Offer, Twilio, Webhook},
};

const ADMIN_KEY: &str = "a-key-for-the-units-that-is-long-enough";

/// One webhook of a call, and what it used.
#[derive(Debug, Clone)]
pub struct Step<U> {
    /// What it was.
    pub name: &'static str,
    /// What it used.
    pub usage: U,
}

/// The platform in this process, over a metered table.
struct Metered<G> {
    gauge: G,
    platform: Arc<Platform>,
    agency: Agency,
    server: JoinHandle<()>,
    position: Position,
}

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

/// One call's share of what was used for all.
pub fn share(units: f64) -> f64 {
    units / CALLS_SUMMED as f64
}

/// A call that is offered at once, taken and billed, after others like it: what can be remembered, is.
///
/// # Errors
/// The call did not go as it should.
pub async fn direct_call(screening: Screening) -> Result<DirectCall<Usage>> {
    let store = MemoryStore::new();
    let meter = Meter::over(store.clone());
    let ports = Ports {
        table: Arc::new(meter.clone()),
        messages: Arc::new(meter.messages()),
        feed: Arc::new(store.clone()),
        survey: Arc::new(store),
    };
    measure(ports, meter, screening).await
}

/// The same call on a DynamoDB, with the units that it reports.
///
/// # Errors
/// The table is not to be had, or the call did not go as it should.
pub async fn reported_call(names: &Names, screening: Screening) -> Result<DirectCall<Units>> {
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
    measure(ports, reports, screening).await
}

async fn measure<G: Gauge>(ports: Ports, gauge: G, screening: Screening) -> Result<DirectCall<G::Usage>> {
    let mut metered = Metered::start(ports, gauge, offer(screening)).await?;
    metered.call(0).await?;
    metered.sum_up().await?;
    let mut webhooks = Vec::new();
    for index in 1..=CALLS_SUMMED {
        webhooks = metered.call(index).await?;
    }
    Ok(DirectCall { webhooks, summed: metered.sum_up().await? })
}

/// A buyer with its usual caps.
fn offer(screening: Screening) -> Offer {
    let mut offer = Offer::direct(3);
    for (buyer, target) in &mut offer.buyers {
        buyer["caps"]["daily"] = json!(500);
        buyer["budget"] = json!("50000.00");
        if screening == Screening::Press {
            target["screening"] = json!({"press": "1"});
        }
    }
    offer
}

impl<G: Gauge> Metered<G> {
    async fn start(ports: Ports, gauge: G, offer: Offer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let settings = Settings {
            public_url: url.clone(),
            cache_time: Duration::from_secs(600),
            private_addresses_allowed: true,
        };
        let platform = Arc::new(Platform::new(
            ports,
            Arc::new(SystemClock),
            Arc::new(SystemRandomness),
            Arc::new(RealProviders::new(true)?),
            settings,
        ));
        ensure_first_account(&platform, Some(ADMIN_KEY)).await?;
        let router = Router::new()
            .merge(webhooks::router(Arc::clone(&platform)))
            .merge(api::router(Arc::clone(&platform)));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("an accepting server never ends");
        });
        let api = Api::new(url.as_str().trim_end_matches('/'), ADMIN_KEY);
        let agency = Agency::set_up(api, offer).await?;
        let mut metered = Self { gauge, platform, agency, server, position: Position::default() };
        metered.sum_up().await?;
        Ok(metered)
    }

    async fn call(&self, index: usize) -> Result<Vec<Step<G::Usage>>> {
        let mut told = Told { gauge: &self.gauge, twilio: Twilio::quick(), steps: Vec::new() };
        let twilio = told.twilio.clone();
        let call = twilio.call(index, "+12145550123", NUMBER);
        let document = told.send("call comes in", &call.arrival(&self.agency)).await?;
        let dial = document.dial().context("nobody is dialled")?;
        let leg = |url: &str, status: &str, about: &[_]| call.leg_webhook(url, 1, status, about);
        let (before_end, at_end): (Vec<_>, Vec<_>) =
            dial.events.iter().partition(|event| *event != "completed");
        let progress = dial.progress.as_deref().unwrap_or_default();
        for event in before_end {
            let status = if event == "answered" { "in-progress" } else { event };
            told.send("leg's progress", &leg(progress, status, &[])).await?;
        }
        if let Some(greeting) = &dial.greeting {
            let document = told.send("target is greeted", &leg(greeting, "in-progress", &[])).await?;
            let gather = document.find("Gather").and_then(|gather| gather.attribute("action"));
            let action = gather.context("nothing is asked")?;
            let pressed = leg(action, "in-progress", &[("Digits", "1")]);
            told.send("target presses 1", &pressed).await?;
        }
        for status in at_end {
            let completed = leg(progress, status, &[("CallDuration", "95")]);
            told.send("leg's progress", &completed).await?;
        }
        told.send("dial ends", &call.dial_end(&dial, 1, Ok(95))?).await?;
        told.send("call ends", &call.end(&self.agency, 110)).await?;
        Ok(told.steps)
    }

    /// What the consumer of the change feed does with what has come since.
    async fn sum_up(&mut self) -> Result<G::Usage> {
        let mut idle = 0;
        loop {
            let reached = rollup::consume(&self.platform, &self.position).await?;
            idle = if reached == self.position { idle + 1 } else { 0 };
            self.position = reached;
            if idle > G::LATE_READS {
                return Ok(self.gauge.take());
            }
            if idle > 0 {
                self.platform.feed.wait(&self.position).await;
            }
        }
    }
}

/// The webhooks of one call.
struct Told<'a, G: Gauge> {
    gauge: &'a G,
    twilio: Twilio,
    steps: Vec<Step<G::Usage>>,
}

impl<G: Gauge> Told<'_, G> {
    async fn send(&mut self, name: &'static str, webhook: &Webhook) -> Result<Element> {
        let reply = self.twilio.send(webhook).await?;
        self.steps.push(Step { name, usage: self.gauge.take() });
        reply.document()
    }
}

impl<G> Drop for Metered<G> {
    fn drop(&mut self) {
        self.server.abort();
    }
}
