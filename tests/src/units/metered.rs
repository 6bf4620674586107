//! The platform in this process over a metered table, and the parts of a call on it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::Router;
use ringfall_app::{
    api::{self, ensure_first_account},
    clock::{SystemClock, SystemRandomness},
    connection::RealProviders,
    platform::{Platform, Ports, Settings},
    rollup,
    seal::{KeyRing, KeysAtHand},
    webhooks,
};
use ringfall_store::port::Position;
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

use super::{Gauge, Step};
use crate::stack::{Agency, Api, Dial, Element, InboundCall, NUMBER, Offer, Twilio, Webhook};

const ADMIN_KEY: &str = "a-key-for-the-units-that-is-long-enough";
const CALLER: &str = "+12145550123";
/// How long the target's leg lasts, from its answer.
const LEG_SECONDS: u32 = 95;

/// The platform, and an agency on it.
pub(super) struct Metered<G> {
    gauge: G,
    platform: Arc<Platform>,
    agency: Agency,
    twilio: Twilio,
    server: JoinHandle<()>,
    position: Position,
}

impl<G: Gauge> Metered<G> {
    pub(super) async fn start(ports: Ports, gauge: G, offer: Offer) -> Result<Self> {
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
            Arc::new(KeysAtHand::new(KeyRing::read(&"0a".repeat(32))?)),
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
        let twilio = Twilio::quick();
        let mut metered = Self { gauge, platform, agency, twilio, server, position: Position::default() };
        metered.sum_up().await?;
        Ok(metered)
    }

    /// A call from somebody else for each index.
    pub(super) fn call(&self, index: usize) -> Call<'_, G> {
        let call = self.twilio.call(index, CALLER, NUMBER);
        Call { gauge: &self.gauge, agency: &self.agency, call, steps: Vec::new() }
    }

    /// What the consumer of the change feed does with what has come since.
    pub(super) async fn sum_up(&mut self) -> Result<G::Usage> {
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

impl<G> Drop for Metered<G> {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One call, and what each of its webhooks used.
pub(super) struct Call<'a, G: Gauge> {
    gauge: &'a G,
    agency: &'a Agency,
    call: InboundCall,
    steps: Vec<Step<G::Usage>>,
}

impl<G: Gauge> Call<'_, G> {
    /// What its webhooks used so far.
    pub(super) fn into_steps(self) -> Vec<Step<G::Usage>> {
        self.steps
    }

    /// The provider's id of the call.
    pub(super) fn sid(&self) -> &str {
        &self.call.sid
    }

    pub(super) async fn arrives(&mut self) -> Result<Element> {
        self.send("call comes in", &self.call.arrival(self.agency)).await
    }

    /// A webhook about the caller's leg that says nothing more.
    pub(super) async fn goes_on(&mut self, name: &'static str, url: &str) -> Result<Element> {
        self.send(name, &self.call.webhook(url, "in-progress", &[])).await
    }

    /// The target answers, is greeted if it is to be, and the leg ends.
    pub(super) async fn talks(&mut self, dial: &Dial) -> Result<()> {
        let leg = |call: &InboundCall, url: &str, status: &str, about: &[_]| {
            call.leg_webhook(url, 1, status, about)
        };
        let (before_end, at_end): (Vec<_>, Vec<_>) =
            dial.events.iter().partition(|event| *event != "completed");
        let progress = dial.progress.as_deref().unwrap_or_default();
        for event in before_end {
            let status = if event == "answered" { "in-progress" } else { event };
            self.send("leg's progress", &leg(&self.call, progress, status, &[])).await?;
        }
        if let Some(greeting) = &dial.greeting {
            let greeted = leg(&self.call, greeting, "in-progress", &[]);
            let document = self.send("target is greeted", &greeted).await?;
            let gather = document.find("Gather").and_then(|gather| gather.attribute("action"));
            let action = gather.context("nothing is asked")?;
            let pressed = leg(&self.call, action, "in-progress", &[("Digits", "1")]);
            self.send("target presses 1", &pressed).await?;
        }
        let seconds = LEG_SECONDS.to_string();
        for status in at_end {
            let completed = leg(&self.call, progress, status, &[("CallDuration", &seconds)]);
            self.send("leg's progress", &completed).await?;
        }
        Ok(())
    }

    /// The dial is over, and so is the call.
    pub(super) async fn ends(&mut self, dial: &Dial) -> Result<()> {
        self.send("dial ends", &self.call.dial_end(dial, 1, Ok(LEG_SECONDS))?).await?;
        self.send("call ends", &self.call.end(self.agency, LEG_SECONDS + 15)).await?;
        Ok(())
    }

    async fn send(&mut self, name: &'static str, webhook: &Webhook) -> Result<Element> {
        let reply = self.call.send(webhook).await?;
        self.steps.push(Step { name, usage: self.gauge.take() });
        reply.document()
    }
}
