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
use ringfall_store::{engines::memory::MemoryStore, port::Position};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

use super::{Meter, Usage};
use crate::stack::{Agency, Api, Element, NUMBER, Offer, Twilio, Webhook};

const ADMIN_KEY: &str = "a-key-for-the-units-that-is-long-enough";

/// One webhook of a call, and what it used.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it was.
    pub name: &'static str,
    /// What it used.
    pub usage: Usage,
}

/// The platform in this process, over a metered table.
pub struct Metered {
    meter: Meter,
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
pub struct DirectCall {
    /// Its webhooks, one after the other.
    pub webhooks: Vec<Step>,
    /// What the consumer of the change feed does with [`CALLS_SUMMED`] such calls at once: each is listed and charged, and all are
    /// added to the same rows of the report.
    pub summed: Usage,
}

/// The calls that the consumer of the change feed takes up at once.
pub const CALLS_SUMMED: usize = 50;

impl DirectCall {
    /// Write units of one call, its share of the sums included.
    pub fn written(&self) -> f64 {
        self.of_webhooks(|usage| usage.written) + share(self.summed.written)
    }

    /// Read units of one call, its share of the sums included.
    pub fn read(&self) -> f64 {
        self.of_webhooks(|usage| usage.read) + share(self.summed.read)
    }

    fn of_webhooks(&self, units: impl Fn(&Usage) -> usize) -> f64 {
        self.webhooks.iter().map(|step| units(&step.usage) as f64).sum()
    }
}

/// One call's share of what was used for all.
pub fn share(units: usize) -> f64 {
    units as f64 / CALLS_SUMMED as f64
}

/// A call that is offered at once, taken and billed, after others like it: what can be remembered, is.
///
/// # Errors
/// The call did not go as it should.
pub async fn direct_call(screening: Screening) -> Result<DirectCall> {
    let mut metered = Metered::start(offer(screening)).await?;
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

impl Metered {
    async fn start(offer: Offer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let store = MemoryStore::new();
        let meter = Meter::over(store.clone());
        let ports = Ports {
            table: Arc::new(meter.clone()),
            messages: Arc::new(meter.messages()),
            feed: Arc::new(store.clone()),
            survey: Arc::new(store),
        };
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
        let mut metered = Self { meter, platform, agency, server, position: Position::default() };
        metered.sum_up().await?;
        Ok(metered)
    }

    async fn call(&self, index: usize) -> Result<Vec<Step>> {
        let mut told = Told { meter: &self.meter, twilio: Twilio::quick(), steps: Vec::new() };
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
    async fn sum_up(&mut self) -> Result<Usage> {
        loop {
            let reached = rollup::consume(&self.platform, &self.position).await?;
            if reached == self.position {
                break;
            }
            self.position = reached;
        }
        Ok(self.meter.take())
    }
}

/// The webhooks of one call.
struct Told<'a> {
    meter: &'a Meter,
    twilio: Twilio,
    steps: Vec<Step>,
}

impl Told<'_> {
    async fn send(&mut self, name: &'static str, webhook: &Webhook) -> Result<Element> {
        let reply = self.twilio.send(webhook).await?;
        self.steps.push(Step { name, usage: self.meter.take() });
        reply.document()
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        self.server.abort();
    }
}
