//! A billed call whose caller was held for about a minute before, webhook by webhook.

use std::time::Duration;

use anyhow::{Context, Result};
use ringfall_app::platform::Ports;
use ringfall_store::engines::dynamodb::Units;
use serde_json::json;

use super::{
    Consumed, Gauge, Step, Usage,
    calls::{DirectCall, Screening, as_reported, by_rules, offer},
    metered::{Call, Metered},
    prices::Bill,
};
use crate::{
    aws::Names,
    stack::{Element, TwilioApi},
};

/// A round of the music lasts 24 s: about so many steps of the hold end within a minute.
const STEPS_OF_A_MINUTE: usize = 2;
/// How often, and how long in between, it is looked whether the caller was redirected.
const LOOKS: (u32, Duration) = (500, Duration::from_millis(10));

/// What a call uses whose caller was held. Its share of the sums is a direct call's.
#[derive(Debug, Clone)]
pub struct QueuedCall<U> {
    /// Its webhooks, one after the other.
    pub webhooks: Vec<Step<U>>,
    /// The webhook of another call that frees the line and serves this one, and the same webhook where nobody waits.
    pub release: (Step<U>, Step<U>),
}

impl QueuedCall<Usage> {
    /// Messages that its webhooks sent, and that serving it adds to the other call's.
    pub fn messages(&self) -> usize {
        let own: usize = self.webhooks.iter().map(|step| step.usage.messages).sum();
        (own + self.release.0.usage.messages).saturating_sub(self.release.1.usage.messages)
    }

    /// What a million of them cost, without the sums.
    pub fn bill(&self) -> Bill {
        let (serving, alone) = &self.release;
        Bill::of(&self.webhooks) + Bill::of(std::slice::from_ref(serving))
            - Bill::of(std::slice::from_ref(alone))
    }

    /// What a million of them cost more than as many calls that were taken at once.
    pub fn more_than(&self, direct: &DirectCall<Usage>) -> Bill {
        self.bill() - Bill::of(&direct.webhooks)
    }
}

impl<U: Consumed> QueuedCall<U> {
    /// Units of its webhooks, and what serving it adds to the other call's.
    pub fn units(&self) -> Units {
        let (serving, alone) = (self.release.0.usage.units(), self.release.1.usage.units());
        let own = self.webhooks.iter().map(|step| step.usage.units());
        own.fold(
            Units { read: serving.read - alone.read, written: serving.written - alone.written },
            |sum, units| Units { read: sum.read + units.read, written: sum.written + units.written },
        )
    }
}

/// A call that waits for the only line behind nobody, after others that were held, by DynamoDB's rules.
///
/// # Errors
/// The call did not go as it should.
pub async fn queued_call() -> Result<QueuedCall<Usage>> {
    let (ports, meter) = by_rules();
    measure(ports, meter).await
}

/// The same call on a DynamoDB, with the units that it reports.
///
/// # Errors
/// The table is not to be had, or the call did not go as it should.
pub async fn reported_queued_call(names: &Names) -> Result<QueuedCall<Units>> {
    let (ports, reports) = as_reported(names).await?;
    measure(ports, reports).await
}

async fn measure<G: Gauge>(ports: Ports, gauge: G) -> Result<QueuedCall<G::Usage>> {
    let twilio_api = TwilioApi::start().await?;
    let mut offer = offer(1, Screening::None);
    offer.twilio_api_url = twilio_api.url().to_owned();
    offer.campaign["queue"] = json!({"max_size": 100, "max_wait_seconds": 300});
    let metered = Metered::start(ports, gauge, offer).await?;
    // The first of all fill what is remembered; another frees the line while nobody waits.
    held_call(&metered, &twilio_api, 0).await?;
    let mut talks = metered.call(2);
    let dial = talks.arrives().await?.dial().context("the line is free")?;
    talks.talks(&dial).await?;
    talks.ends(&dial).await?;
    let alone = release(talks)?;
    let (webhooks, serving) = held_call(&metered, &twilio_api, 3).await?;
    Ok(QueuedCall { webhooks, release: (serving, alone) })
}

/// A call takes the line, and the next one is held until that is over.
///
/// # Returns
/// The webhooks of the one that was held, and that of the other one that freed the line.
async fn held_call<G: Gauge>(
    metered: &Metered<G>,
    twilio_api: &TwilioApi,
    index: usize,
) -> Result<(Vec<Step<G::Usage>>, Step<G::Usage>)> {
    let (mut talks, mut waits) = (metered.call(index), metered.call(index + 1));
    let busy = talks.arrives().await?.dial().context("the line is free")?;
    let mut held = waits.arrives().await?;
    for _ in 0..STEPS_OF_A_MINUTE {
        let then = step_end(&held)?;
        held = waits.goes_on("a step of the hold", &then).await?;
    }
    talks.talks(&busy).await?;
    let then = redirected(twilio_api, waits.sid()).await?;
    talks.ends(&busy).await?;
    let dial = waits.goes_on("caller is redirected", &then).await?.dial().context("the line is free")?;
    waits.talks(&dial).await?;
    waits.ends(&dial).await?;
    Ok((waits.into_steps(), release(talks)?))
}

/// The webhook that frees the line: the one that tells the end of the target's leg.
fn release<G: Gauge>(call: Call<'_, G>) -> Result<Step<G::Usage>> {
    let mut steps = call.into_steps().into_iter();
    steps.rfind(|step| step.name == "leg's progress").context("the leg's end is not told")
}

fn step_end(held: &Element) -> Result<String> {
    let redirect = held.find("Redirect").with_context(|| format!("nobody is held: {held:?}"))?;
    Ok(redirect.text.clone())
}

async fn redirected(twilio_api: &TwilioApi, sid: &str) -> Result<String> {
    let (times, every) = LOOKS;
    for _ in 0..times {
        let order = twilio_api.orders().into_iter().find(|(ordered, _)| ordered == sid);
        if let Some((_, mut form)) = order {
            return form.remove("Url").context("the order is no redirect");
        }
        tokio::time::sleep(every).await;
    }
    anyhow::bail!("the caller is not redirected")
}
