//! Calls at the function URL: the webhooks, and what the stream and the queue do with them.

use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use ringfall_tests::{
    deployed::Deployment,
    stack::{ACCOUNT_SID, Agency, Dial, Element, InboundCall, NUMBER, Offer, Twilio, TwilioApi, is_one_row},
};
use serde_json::{Value, json};

use crate::patience::once_watched;

/// An agency with one line on the deployed platform, and its callers.
pub(super) struct Scene {
    pub(super) agency: Agency,
    twilio: Twilio,
    twilio_api: TwilioApi,
}

impl Scene {
    pub(super) async fn set_up(deployment: &Deployment) -> Result<Self> {
        let twilio_api = TwilioApi::start().await?;
        let mut offer = Offer::direct(1);
        offer.twilio_api_url = twilio_api.url().to_owned();
        for (_, target) in &mut offer.buyers {
            // The watchdog looks as much later as somebody may ring.
            target["ring_timeout_seconds"] = json!(5);
        }
        offer.campaign["queue"] = json!({
            "max_size": 2,
            "max_wait_seconds": 600,
            "callback": {"offer_after_seconds": 0, "ring_before_seconds": 600, "hours": {"from": "00:00", "to": "24:00"}},
        });
        let agency = Agency::set_up(deployment.api().await?, offer).await?;
        ensure!(agency.voice_url.starts_with(deployment.output("WebhookUrl")?), "{}", agency.voice_url);
        Ok(Self { agency, twilio: deployment.twilio()?, twilio_api })
    }

    fn call(&self, index: usize) -> InboundCall {
        self.twilio.call(index, &number_of(index), NUMBER)
    }

    async fn arrives(&self, call: &InboundCall) -> Result<Element> {
        call.send(&call.arrival(&self.agency)).await?.document()
    }

    /// They talk for so long that it is billed, and the call ends.
    async fn talks(&self, call: &InboundCall, dial: &Dial, told: &str) -> Result<()> {
        call.send(&call.dial_end(dial, 1, Ok(95))?).await?.document()?;
        let ended = call.webhook(told, "completed", &[("CallDuration", "110")]);
        let reply = call.send(&ended).await?;
        ensure!(reply.status.is_success(), "{}: {}", reply.status, reply.body);
        Ok(())
    }

    /// What the report says of the campaign, by the stream's consumer.
    pub(super) async fn sums_are(&self, wanted: &Value) -> Result<()> {
        let mut last = Value::Null;
        let summed = once_watched("the sums are right", async || {
            last = self.agency.api.get("/v1/reports/pnl?group_by=campaign").await?["rows"].take();
            Ok(is_one_row(&last, wanted).then_some(()))
        });
        summed.await.with_context(|| format!("{last:#} is not {wanted:#}"))
    }

    /// Webhooks to the function URL, then the stream: the journal and the sums.
    pub(super) async fn a_call_is_billed(&self) -> Result<()> {
        let call = self.call(1);
        let dial = self.arrives(&call).await?.dial().context("nobody is dialled")?;
        let forged = call.dial_end(&dial, 1, Ok(3_000))?;
        let refused = self.twilio.send_signed(&forged, "bm90IGEgc2lnbmF0dXJl").await?;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
        self.talks(&call, &dial, &self.agency.status_url).await?;
        let wanted = json!({
            "calls": 1, "converted": 1, "revenue": "45.00", "payout": "20.00", "profit": "25.00",
        });
        self.sums_are(&wanted).await?;
        let ledger = self.agency.api.list("/v1/ledger", "entries").await?;
        let mut kinds: Vec<_> = ledger.iter().filter_map(|entry| entry["kind"].as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["payout", "revenue"]);
        Ok(())
    }

    /// Messages of SQS, two kinds of them: one rings a caller who asked for it, and a delayed one asks what became of a leg of which no webhook
    /// told anything. It frees the only line, for the caller who was rung.
    pub(super) async fn a_caller_is_called_back_and_served_when_the_watchdog_frees_the_line(
        &self,
    ) -> Result<()> {
        let (lost, asks) = (self.call(2), self.call(3));
        self.arrives(&lost).await?.dial().context("the line is free")?;
        self.twilio_api.know(json!({
            "sid": lost.leg_sid(1), "parent_call_sid": lost.sid, "account_sid": ACCOUNT_SID, "to": "+12145550100",
            "status": "no-answer", "direction": "outbound-dial", "duration": "0",
            "date_created": jiff::fmt::rfc2822::to_string(&jiff::Zoned::now())?,
        }));
        let held = self.arrives(&asks).await?;
        ensure!(held.dial().is_none(), "the only line was given twice: {held:?}");
        let confirm = press(&asks, &held, "1").await?;
        let kept = press(&asks, &confirm, "1").await?;
        ensure!(kept.verbs() == ["Say", "Hangup"], "{kept:?}");
        asks.send(&asks.end(&self.agency, 20)).await?;

        let placed = once_watched("the caller is rung", async || Ok(self.twilio_api.placed().pop()));
        let (sid, form) = placed.await?;
        let field = |name: &str| form.get(name).with_context(|| format!("no {name}: {form:?}"));
        assert_eq!((field("To")?, field("From")?), (&number_of(3), &NUMBER.to_owned()));
        let rung = self.twilio.placed(&sid, NUMBER, &number_of(3));
        let greeting = rung.send(&rung.webhook(field("Url")?, "in-progress", &[])).await?.document()?;
        let waits = press(&rung, &greeting, "1").await?;
        ensure!(waits.dial().is_none(), "the only line was given twice: {waits:?}");

        let redirected = once_watched("the line is free, and the caller redirected", async || {
            Ok(self.twilio_api.orders().into_iter().find(|(sid, _)| *sid == rung.sid))
        });
        let (_, order) = redirected.await?;
        let url = order.get("Url").with_context(|| format!("no redirect: {order:?}"))?;
        let document = rung.send(&rung.webhook(url, "in-progress", &[])).await?.document()?;
        let dial = document.dial().with_context(|| format!("nobody is dialled: {document:?}"))?;
        self.talks(&rung, &dial, field("StatusCallback")?).await
    }
}

fn number_of(index: usize) -> String {
    format!("+1214555{index:04}")
}

/// The caller presses a key where the document asks for one.
async fn press(call: &InboundCall, document: &Element, key: &str) -> Result<Element> {
    let action = document.find("Gather").and_then(|gather| gather.attribute("action"));
    let action = action.with_context(|| format!("no key is asked for: {document:?}"))?;
    call.send(&call.webhook(action, "in-progress", &[("Digits", key)])).await?.document()
}
