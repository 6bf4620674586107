//! An agency with many queues.

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use ringfall_tests::stack::{ACCOUNT_SID, AUTH_TOKEN, Element, InboundCall, Profile, Stack, Twilio};
use serde_json::{Value, json};

use super::{
    orders::Orders,
    wire::{self, Wire},
};

/// Campaigns, each with a queue and a number of its own.
pub(crate) const QUEUES: usize = 50;
/// Webhooks under way at once while the queues fill.
const AT_ONCE: usize = 16;

/// Who takes the callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Buyers {
    /// Each queue's has one line, for that queue alone.
    OfOneQueue,
    /// One buyer has as many lines as there are queues, for all of them.
    OfAllQueues,
}

/// The program, with its queues.
pub(crate) struct Agency {
    pub(crate) stack: Stack,
    pub(crate) orders: Orders,
    voice_url: String,
    twilio: Twilio,
}

/// A caller who waits, and where the present step of the hold ends.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) call: InboundCall,
    pub(crate) step_url: String,
}

/// A caller who talks to a buyer.
#[derive(Debug, Clone)]
pub(crate) struct Talks {
    pub(crate) call: InboundCall,
    /// What the dial's end is told to.
    pub(crate) action: String,
}

impl Agency {
    pub(crate) async fn set_up(buyers: Buyers) -> Result<Self> {
        let (stack, orders) = (Stack::start(Profile::Release).await?, Orders::start().await?);
        let api = stack.api();
        let connection = json!({"provider": "twilio", "credentials": {
            "account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "api_base_url": orders.url(),
        }});
        let connection = api.create("/v1/connections", &connection).await?;
        let publisher = api.create("/v1/publishers", &json!({"name": "Radio One"})).await?;
        let mut target = Value::Null;
        for queue in 0..QUEUES {
            if buyers == Buyers::OfOneQueue || queue == 0 {
                let lines = if buyers == Buyers::OfOneQueue { 1 } else { QUEUES };
                let caps = json!({"concurrency": lines});
                let buyer =
                    json!({"name": format!("Buyer {queue}"), "time_zone": "America/Chicago", "caps": caps});
                let buyer = api.create("/v1/buyers", &buyer).await?;
                target = api.create("/v1/targets", &desk(queue, &buyer["id"])).await?;
            }
            let campaign = api.create("/v1/campaigns", &campaign(queue, &target["id"])).await?;
            let number = json!({
                "phone_number": number(queue),
                "connection_id": connection["id"],
                "campaign_id": campaign["id"],
                "publisher_id": publisher["id"],
            });
            api.create("/v1/numbers", &number).await?;
        }
        let voice_url = connection["webhook_urls"]["voice"].as_str().context("no URL for calls")?.to_owned();
        Ok(Self { stack, orders, voice_url, twilio: Twilio::quick() })
    }

    /// The queue of a call of that index.
    pub(crate) const fn queue_of(index: usize) -> usize {
        index % QUEUES
    }

    pub(crate) fn call(&self, index: usize) -> InboundCall {
        let caller = format!("+1214{:07}", 5_000_000 + index % 5_000_000);
        self.twilio.call(index, &caller, &number(Self::queue_of(index)))
    }

    /// A call comes in, and what is answered.
    pub(crate) async fn arrives(&self, wire: &mut Wire, index: usize) -> Result<(InboundCall, Element)> {
        let call = self.call(index);
        let arrival = call.webhook(&self.voice_url, "ringing", &[]);
        let document = wire.post(&wire::request(&arrival, self.stack.address())).await?;
        let document = Element::read(document)?;
        Ok((call, document))
    }

    /// Calls whose callers find a line.
    pub(crate) async fn talk(&self, indexes: impl IntoIterator<Item = usize>) -> Result<Vec<Talks>> {
        let mut wire = Wire::open(self.stack.address()).await?;
        let mut talking = Vec::new();
        for index in indexes {
            let (call, document) = self.arrives(&mut wire, index).await?;
            talking.push(Talks::of(call, &document)?);
        }
        Ok(talking)
    }

    /// Calls whose callers find none.
    pub(crate) async fn hold(&self, indexes: impl IntoIterator<Item = usize>) -> Result<Vec<Held>> {
        let held = stream::iter(indexes).map(async |index| {
            let mut wire = Wire::open(self.stack.address()).await?;
            let (call, document) = self.arrives(&mut wire, index).await?;
            let step = document.find("Redirect").with_context(|| format!("is not held: {document:?}"))?;
            anyhow::Ok(Held { call, step_url: step.text.clone() })
        });
        held.buffer_unordered(AT_ONCE).try_collect().await
    }
}

impl Talks {
    /// What the document makes of a call that is to be dialled.
    pub(crate) fn of(call: InboundCall, document: &Element) -> Result<Self> {
        let dial = document.dial().with_context(|| format!("nobody is dialled: {document:?}"))?;
        Ok(Self { call, action: dial.action.context("the dial's end is not told")? })
    }
}

fn number(queue: usize) -> String {
    format!("+1800555{queue:04}")
}

fn desk(queue: usize, buyer: &Value) -> Value {
    json!({
        "buyer_id": buyer,
        "name": format!("Desk {queue}"),
        "destination": {"phone_number": format!("+1214555{queue:04}")},
        "price": "45.00",
        "ring_timeout_seconds": 20,
    })
}

fn campaign(queue: usize, target: &Value) -> Value {
    json!({
        "name": format!("Campaign {queue}"),
        "flow": {"start": "buyers", "nodes": {
            "buyers": {"type": "route", "otherwise": "busy"},
            "busy": {"type": "hangup", "say": "All lines are busy. Please call again."},
        }},
        "routing": {"tiers": [{"method": "waterfall", "targets": [{"target_id": target, "priority": 1, "weight": 1}]}]},
        "queue": {"max_size": 1_000, "max_wait_seconds": 3_600},
        "conversion": {"minimum_seconds": 90},
        "payout": {"kind": "fixed", "amount": "20.00"},
    })
}
