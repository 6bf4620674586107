//! Whole calls, webhook by webhook, through the real routers over HTTP on loopback.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
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

/// One webhook of a call, or what came after it, and what it used.
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
    steps: Vec<Step>,
}

/// Whether the target's answerer is asked to take the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screening {
    /// Whoever answers takes the call.
    None,
    /// Whoever answers presses 1.
    Press,
}

/// The steps of a call that is offered at once, taken and billed, after others like it: what can be remembered, is.
///
/// # Errors
/// The call did not go as it should.
pub async fn direct_call(screening: Screening) -> Result<Vec<Step>> {
    let mut metered = Metered::start(offer(screening)).await?;
    metered.call(1).await?;
    metered.steps.clear();
    metered.call(2).await?;
    Ok(std::mem::take(&mut metered.steps))
}

/// A buyer with its usual caps.
fn offer(screening: Screening) -> Offer {
    let mut offer = Offer::direct(3);
    for (buyer, target) in &mut offer.buyers {
        buyer["caps"]["daily"] = json!(50);
        buyer["budget"] = json!("5000.00");
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
            feed: Arc::new(store),
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
            Arc::new(RealProviders::new()?),
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
        let mut metered =
            Self { meter, platform, agency, server, position: Position::default(), steps: Vec::new() };
        metered.after("set up").await?;
        Ok(metered)
    }

    async fn call(&mut self, index: usize) -> Result<()> {
        let twilio = Twilio::quick();
        let call = twilio.call(index, "+12145550123", NUMBER);
        let document = self.step("call comes in", &twilio, &call.arrival(&self.agency)).await?;
        let dial = document.dial().context("nobody is dialled")?;
        let leg = |url: &str, status: &str, about: &[_]| call.leg_webhook(url, 1, status, about);
        let (before_end, at_end): (Vec<_>, Vec<_>) =
            dial.events.iter().partition(|event| *event != "completed");
        let progress = dial.progress.as_deref().unwrap_or_default();
        for event in before_end {
            let status = if event == "answered" { "in-progress" } else { event };
            self.step("leg's progress", &twilio, &leg(progress, status, &[])).await?;
        }
        if let Some(greeting) = &dial.greeting {
            let document =
                self.step("target is greeted", &twilio, &leg(greeting, "in-progress", &[])).await?;
            let gather = document.find("Gather").and_then(|gather| gather.attribute("action"));
            let action = gather.context("nothing is asked")?;
            let pressed = leg(action, "in-progress", &[("Digits", "1")]);
            self.step("target presses 1", &twilio, &pressed).await?;
        }
        for status in at_end {
            let completed = leg(progress, status, &[("CallDuration", "95")]);
            self.step("leg's progress", &twilio, &completed).await?;
        }
        self.step("dial ends", &twilio, &call.dial_end(&dial, 1, Ok(95))?).await?;
        self.step("call ends", &twilio, &call.end(&self.agency, 110)).await?;
        self.after("settled and summed").await
    }

    async fn step(&mut self, name: &'static str, twilio: &Twilio, webhook: &Webhook) -> Result<Element> {
        let reply = twilio.send(webhook).await?;
        let usage = self.meter.take();
        self.steps.push(Step { name, usage });
        reply.document()
    }

    /// What the consumer of the change feed does with it.
    async fn after(&mut self, name: &'static str) -> Result<()> {
        loop {
            let position = rollup::consume(&self.platform, &self.position).await?;
            if position == self.position {
                break;
            }
            self.position = position;
        }
        let usage = self.meter.take();
        ensure!(usage.written > 0, "nothing was settled");
        self.steps.push(Step { name, usage });
        Ok(())
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        self.server.abort();
    }
}
