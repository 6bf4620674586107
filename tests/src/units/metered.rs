//! The platform in this process over a metered table, and the parts of a call on it.

use std::{mem, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use axum::Router;
use jiff::SignedDuration;
use ringfall_app::{
    api::{self, ensure_first_account},
    clock::{SystemClock, SystemRandomness},
    connection::RealProviders,
    platform::{Platform, Ports, Settings},
    rollup::{CaughtUp, catch_up},
    seal::{KeyRing, KeysAtHand},
    webhooks,
};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

use super::{Gauge, Step};
use crate::stack::{Agency, Api, Dial, Element, InboundCall, NUMBER, Offer, Twilio, Webhook};

const ADMIN_KEY: &str = "a-key-for-the-units-that-is-long-enough";
/// What providers' tokens are sealed with.
pub const SEALING_KEY: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
/// How long the target's leg lasts, from its answer.
const LEG_SECONDS: u32 = 95;
/// How long a turn of the change feed's consumer may last.
const TURN: SignedDuration = SignedDuration::from_mins(10);
const BETWEEN_TURNS: Duration = Duration::from_millis(500);

/// The platform, and an agency on it.
pub(super) struct Metered<G> {
    gauge: G,
    platform: Arc<Platform>,
    url: String,
    agency: Agency,
    twilio: Twilio,
    server: JoinHandle<()>,
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
            Arc::new(KeysAtHand::new(KeyRing::read(SEALING_KEY)?)),
            settings,
        ));
        ensure_first_account(&platform, Some(ADMIN_KEY)).await?;
        let router = Router::new()
            .merge(webhooks::router(Arc::clone(&platform)))
            .merge(api::router(Arc::clone(&platform)));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("an accepting server never ends");
        });
        let url = url.as_str().trim_end_matches('/').to_owned();
        let agency = Agency::set_up(Api::new(&url, ADMIN_KEY), offer).await?;
        let twilio = Twilio::quick();
        let metered = Self { gauge, platform, url, agency, twilio, server };
        metered.sum_up().await?;
        Ok(metered)
    }

    /// What the webhooks' URLs begin with.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Sends webhooks to another address from now on, signed as before.
    pub(super) fn send_through(&mut self, address: &str) {
        self.twilio = Twilio::quick().through(&self.url, address);
    }

    /// A call from somebody else for each index.
    pub(super) fn call(&self, index: usize) -> Call<'_, G> {
        let call = self.twilio.call(index, &format!("+1214555{index:04}"), NUMBER);
        Call { gauge: &self.gauge, agency: &self.agency, call, steps: Vec::new() }
    }

    /// What the consumer of the change feed does with what has come since, in one turn where all is told at once.
    pub(super) async fn sum_up(&self) -> Result<G::Usage> {
        let taken_up = || self.platform.metrics.feed_changes.get();
        let mut idle = 0;
        loop {
            let before = taken_up();
            let until = self.platform.now() + TURN;
            ensure!(catch_up(&self.platform, until).await? == CaughtUp::Yes, "a turn's time was too short");
            idle = if taken_up() == before { idle + 1 } else { 0 };
            if idle >= G::LATE_READS {
                return Ok(self.gauge.take());
            }
            tokio::time::sleep(BETWEEN_TURNS).await;
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

    /// What its webhooks used since this was last asked.
    pub(super) fn take_steps(&mut self) -> Vec<Step<G::Usage>> {
        mem::take(&mut self.steps)
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
