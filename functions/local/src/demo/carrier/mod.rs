//! A small carrier. It brings callers to the platform by signed webhooks, does what the documents say that it gets, rings the
//! buyers' desks, and answers when the platform asks what became of a leg.
//!
//! It runs many times as fast as life: a second of a call takes some milliseconds, and is reported as a second.

mod call;
mod dial;
mod exchange;
mod orders;
mod rest;
mod sounds;
#[cfg(test)]
mod tests;
mod twiml;
mod webhook;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use reqwest::StatusCode;
use tokio::{net::TcpListener, sync::watch, time::Instant};

pub(crate) use self::{
    call::Seen,
    exchange::{Entry, Exchange},
};
use self::{
    call::{InboundCall, Undecided},
    sounds::Sounds,
    webhook::{Fields, Webhooks},
};
use super::cast::{BurstCaller, Caller, Scene};

/// The platform's account here.
pub(crate) const ACCOUNT_SID: &str = "AC00000000000000000000000000000000";
/// What signs webhooks and signs in to the REST API. Known to everyone who reads this: nothing listens here but the demonstration.
pub(crate) const AUTH_TOKEN: &str = "the-demonstration-carriers-token";

/// Where the platform wants its webhooks.
#[derive(Debug, Clone)]
pub(crate) struct Entrances {
    /// For calls that come in.
    pub(crate) voice: String,
    /// For calls that end.
    pub(crate) status: String,
}

/// The carrier.
#[derive(Debug)]
pub(crate) struct Carrier {
    http: reqwest::Client,
    webhooks: Webhooks,
    sounds: Sounds,
    exchange: Arc<Exchange>,
    api_base_url: String,
    /// How long a second of a call takes.
    second: Duration,
}

impl Carrier {
    /// Starts it, with its REST API on a free port of this machine. `second`: how long one of a call takes.
    ///
    /// # Errors
    /// No port is to be had.
    pub(crate) async fn start(http: reqwest::Client, second: Duration) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the carrier")?;
        let api_base_url = format!("http://{}", listener.local_addr()?);
        let exchange = Arc::new(Exchange::default());
        let router = rest::router(Arc::clone(&exchange));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let webhooks = Webhooks::new(http.clone(), AUTH_TOKEN);
        let sounds = Sounds::new(http.clone());
        Ok(Self { http, webhooks, sounds, exchange, api_base_url, second })
    }

    /// Where its REST API is.
    pub(crate) fn api_base_url(&self) -> &str {
        &self.api_base_url
    }

    /// How many seconds of a call have passed.
    fn seconds_since(&self, began: Instant) -> u32 {
        let seconds = began.elapsed().as_millis() / self.second.as_millis().max(1);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    /// Its books.
    pub(crate) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// Places all calls of a scene at the same moment, and follows each to its end. `first`: the number of its first call. What is
    /// seen of a call is told as soon as it ends.
    pub(crate) async fn play(
        &self,
        scene: &Scene,
        first: usize,
        entrances: &Entrances,
        tell: impl Fn(&Seen),
    ) -> Vec<Seen> {
        let undecided = watch::Sender::new(scene.callers.len());
        let calls = scene.callers.iter().enumerate().map(|(index, caller)| {
            self.place(first + index, caller, entrances, Undecided::new(&undecided), &tell)
        });
        futures::future::join_all(calls).await
    }

    /// Places calls that come one after the other, each in its second, and follows each to its end.
    pub(crate) async fn play_burst(&self, callers: &[BurstCaller], entrances: &Entrances) -> Vec<Seen> {
        let calls = callers.iter().zip(1..).map(async |(burst, number)| {
            tokio::time::sleep(self.second * burst.calls_at_second).await;
            // Nobody waits for the others with a conversation.
            let alone = Undecided::new(&watch::Sender::new(1));
            self.place(number, &burst.caller, entrances, alone, |_| {}).await
        });
        futures::future::join_all(calls).await
    }

    async fn place(
        &self,
        number: usize,
        caller: &Caller,
        entrances: &Entrances,
        undecided: Undecided,
        tell: impl Fn(&Seen),
    ) -> Seen {
        let seen = InboundCall::new(self, number, caller, entrances, undecided).take_its_course().await;
        tell(&seen);
        seen
    }

    /// Posts a webhook that somebody else has signed.
    ///
    /// # Errors
    /// No answer.
    pub(crate) async fn post_forged(
        &self,
        entrances: &Entrances,
        caller: &Caller,
    ) -> anyhow::Result<StatusCode> {
        let fields = Fields::from([
            ("CallSid", format!("CA{:032x}", u128::MAX)),
            ("From", caller.number.to_owned()),
            ("To", caller.publisher.phone_number().to_owned()),
        ]);
        let forger = Webhooks::new(self.http.clone(), "a-token-that-was-guessed");
        Ok(forger.post(&entrances.voice, &fields).await?.0)
    }
}
