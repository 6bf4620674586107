//! Callers who wait, on the real program over HTTP: webhooks signed by the official Twilio package, orders through a stand-in for Twilio's
//! REST API.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result, ensure};
use reqwest::{StatusCode, header};
use ringfall_tests::stack::{
    Agency, Dial, Element, InboundCall, NUMBER, Offer, Oracle, Profile, Stack, Store, Twilio, TwilioApi,
    Webhook,
};
use serde_json::{Value, json};

use crate::patience::eventually;

/// One line, two places, and whoever asks for it is called back at once, whatever the hour.
fn policy() -> Value {
    json!({
        "max_size": 2,
        "max_wait_seconds": 600,
        "order": {"by": "arrival"},
        "callback": {"offer_after_seconds": 0, "ring_before_seconds": 600, "hours": {"from": "00:00", "to": "24:00"}},
        "overflow": [{"type": "voicemail", "say": "Leave us a message."}],
    })
}

/// An agency with one line, whose calls Twilio signs.
struct Scene {
    // Ends with the test.
    _stack: Stack,
    agency: Agency,
    oracle: Arc<Mutex<Oracle>>,
    twilio: Twilio,
    twilio_api: TwilioApi,
}

impl Scene {
    async fn set_up_on(store: Store) -> Result<Self> {
        let stack = Stack::start_on(store, Profile::Debug).await?;
        let twilio_api = TwilioApi::start().await?;
        let mut offer = Offer::direct(1);
        offer.twilio_api_url = twilio_api.url().to_owned();
        offer.campaign["queue"] = policy();
        let agency = Agency::set_up(stack.api(), offer).await?;
        let oracle = Arc::new(Mutex::new(Oracle::start()?));
        let twilio = Twilio::official(&oracle);
        Ok(Self { _stack: stack, agency, oracle, twilio, twilio_api })
    }

    /// Sends a webhook and reads the document that answers it, which must be TwiML by the official package's word.
    async fn send(&self, call: &InboundCall, webhook: &Webhook) -> Result<Element> {
        let reply = call.send(webhook).await?;
        let document = reply.document()?;
        let complaints = self.oracle.lock().expect("the oracle works").complaints(&reply.body)?;
        ensure!(complaints.is_empty(), "{}: {complaints:?}", reply.body);
        Ok(document)
    }

    /// A call comes in, and is answered so.
    async fn arrives(&self, index: usize) -> Result<(InboundCall, Element)> {
        let call = self.twilio.call(index, &number_of(index), NUMBER);
        let document = self.send(&call, &call.arrival(&self.agency)).await?;
        Ok((call, document))
    }

    /// The caller presses a key where the document asks for one.
    async fn press(&self, call: &InboundCall, document: &Element, key: &str) -> Result<Element> {
        let action = document.find("Gather").and_then(|gather| gather.attribute("action"));
        let action = action.with_context(|| format!("no key is asked for: {document:?}"))?;
        self.send(call, &call.webhook(action, "in-progress", &[("Digits", key)])).await
    }

    /// Twilio has been told to fetch another document for a call, and does so.
    async fn redirected(&self, call: &InboundCall) -> Result<Dial> {
        let order = eventually("the caller is redirected", async || {
            Ok(self.twilio_api.orders().into_iter().find(|(sid, _)| *sid == call.sid))
        });
        let (_, order) = order.await?;
        ensure!(order.get("Method").is_some_and(|method| method == "POST"), "{order:?}");
        let url = order.get("Url").with_context(|| format!("no redirect: {order:?}"))?;
        let document = self.send(call, &call.webhook(url, "in-progress", &[])).await?;
        document.dial().with_context(|| format!("nobody is dialled: {document:?}"))
    }

    /// They talk for so long that it is billed, and the dial ends.
    async fn talks(&self, call: &InboundCall, dial: &Dial) -> Result<()> {
        let document = self.send(call, &call.dial_end(dial, 1, Ok(95))?).await?;
        ensure!(document.verbs() == ["Hangup"], "{document:?}");
        Ok(())
    }

    /// Who waits: the provider's id of the call, the kind and the position of each.
    async fn waiting(&self) -> Result<Vec<(String, String, u64)>> {
        let calls = self.calls().await?;
        let queue = self.agency.api.get(&format!("/v1/queues/{}", self.agency.campaign_id)).await?;
        let waiting = queue["waiting"].as_array().with_context(|| format!("no list: {queue}"))?;
        ensure!(queue["size"] == waiting.len(), "{queue}");
        let line = |waiter: &Value| {
            let id = waiter["call_id"].as_str()?;
            let sid = calls.values().find(|call| call["id"] == id)?["provider_call_id"].as_str()?;
            Some((sid.to_owned(), waiter["kind"].as_str()?.to_owned(), waiter["position"].as_u64()?))
        };
        Ok(waiting.iter().filter_map(line).collect())
    }

    async fn waits_there(&self, expected: &[(&InboundCall, &str)]) -> Result<()> {
        let expected: Vec<_> = expected
            .iter()
            .zip(1..)
            .map(|((call, kind), at)| (call.sid.clone(), (*kind).to_owned(), at))
            .collect();
        let mut last = Vec::new();
        let stands = eventually("the queue is as it should be", async || {
            last = self.waiting().await?;
            Ok((last == expected).then_some(()))
        });
        stands.await.with_context(|| format!("{last:?} is not {expected:?}"))
    }

    /// By the provider's id.
    async fn calls(&self) -> Result<BTreeMap<String, Value>> {
        let calls = self.agency.api.list("/v1/calls", "data").await?;
        let by_sid = |call: Value| (call["provider_call_id"].as_str().unwrap_or_default().to_owned(), call);
        Ok(calls.into_iter().map(by_sid).collect())
    }

    /// A call once it has come out so.
    async fn comes_to(&self, call: &InboundCall, disposition: &str) -> Result<Value> {
        let mut last = Value::Null;
        let came = eventually("the call comes out", async || {
            last = self.calls().await?.remove(&call.sid).unwrap_or_default();
            Ok((last["disposition"] == disposition).then(|| last.clone()))
        });
        came.await.with_context(|| format!("not {disposition}: {last:#}"))
    }

    /// What is played is there, and is a sound.
    async fn hears_music(&self, document: &Element) -> Result<()> {
        let url = &document.find("Play").with_context(|| format!("no music: {document:?}"))?.text;
        let answer = reqwest::get(url).await?;
        ensure!(answer.status() == StatusCode::OK, "{url}: {}", answer.status());
        let kind = answer.headers().get(header::CONTENT_TYPE).context("of no kind")?.clone();
        ensure!(kind == "audio/wav" && answer.bytes().await?.starts_with(b"RIFF"), "{url} is {kind:?}");
        Ok(())
    }
}

fn number_of(index: usize) -> String {
    format!("+1214555{index:04}")
}

/// What is spoken, in its order.
fn spoken(document: &Element) -> Vec<&str> {
    let mut texts = Vec::new();
    for child in &document.children {
        if child.name == "Say" {
            texts.push(child.text.as_str());
        }
        texts.extend(spoken(child));
    }
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_wait_are_served_in_their_order_and_nobody_is_lost() -> Result<()> {
    callers_wait_on(Store::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_dynamodb_too_callers_wait_and_nobody_is_lost() -> Result<()> {
    callers_wait_on(Store::dynamodb().await?).await
}

async fn callers_wait_on(store: Store) -> Result<()> {
    let scene = Scene::set_up_on(store).await?;
    let (talks, dialled) = scene.arrives(1).await?;
    let only_line = dialled.dial().context("the line is free")?;

    let (waits, held) = scene.arrives(2).await?;
    assert_eq!(held.verbs(), ["Gather", "Redirect"]);
    assert!(spoken(&held).contains(&"You are next in line."), "{held:?}");
    scene.hears_music(&held).await?;
    scene.waits_there(&[(&waits, "live")]).await?;

    let (leaves, second) = scene.arrives(3).await?;
    assert!(spoken(&second).contains(&"You are number 2 in line."), "{second:?}");
    scene.waits_there(&[(&waits, "live"), (&leaves, "live")]).await?;
    scene.send(&leaves, &leaves.end(&scene.agency, 12)).await?;
    scene.waits_there(&[(&waits, "live")]).await?;
    scene.comes_to(&leaves, "abandoned").await?;

    let (asks, offered) = scene.arrives(4).await?;
    let confirm = scene.press(&asks, &offered, "1").await?;
    assert!(spoken(&confirm)[0].contains("2 1 4 5 5 5 0 0 0 4"), "{confirm:?}");
    let kept = scene.press(&asks, &confirm, "1").await?;
    assert_eq!(kept.verbs(), ["Say", "Hangup"]);
    scene.send(&asks, &asks.end(&scene.agency, 20)).await?;
    scene.comes_to(&asks, "callback").await?;

    let (overflows, message) = scene.arrives(5).await?;
    assert_eq!(spoken(&message), ["Leave us a message."]);
    let record = message.find("Record").and_then(|record| record.attribute("action")).context("no record")?;
    let left =
        [("RecordingUrl", "https://api.twilio.com/2010-04-01/Recordings/RE1"), ("RecordingDuration", "9")];
    let thanked = scene.send(&overflows, &overflows.webhook(record, "in-progress", &left)).await?;
    assert_eq!(thanked.verbs(), ["Hangup"]);
    let shown = scene.comes_to(&overflows, "message").await?;
    assert_eq!(shown["message_url"], left[0].1);
    assert_eq!(shown["overflow"]["reason"], "queue_full");

    let (called_back, told) = is_called_back(&scene, &asks).await?;
    scene.waits_there(&[(&waits, "live"), (&called_back, "live")]).await?;

    // A step of the hold is over: nobody is free yet.
    let step = held.find("Redirect").context("the hold ends")?.text.clone();
    let goes_on = scene.send(&waits, &waits.webhook(&step, "in-progress", &[])).await?;
    scene.hears_music(&goes_on).await?;

    scene.talks(&talks, &only_line).await?;
    let dial = scene.redirected(&waits).await?;
    scene.waits_there(&[(&called_back, "live")]).await?;
    scene.talks(&waits, &dial).await?;
    let dial = scene.redirected(&called_back).await?;
    scene.talks(&called_back, &dial).await?;
    scene.waits_there(&[]).await?;
    for call in [&talks, &waits] {
        scene.send(call, &call.end(&scene.agency, 150)).await?;
    }
    let end = [("CallDuration", "150")];
    scene.send(&called_back, &called_back.webhook(&told, "completed", &end)).await?;
    for call in [&talks, &waits, &called_back] {
        assert_eq!(scene.comes_to(call, "converted").await?["revenue"], "45.00");
    }
    sums_are_right(&scene).await
}

/// Twilio is asked to ring the caller, who answers, presses the key, and holds the line.
///
/// # Returns
/// The new call, and where its end is to be told.
async fn is_called_back(scene: &Scene, asked: &InboundCall) -> Result<(InboundCall, String)> {
    let placed = eventually("the caller is rung", async || Ok(scene.twilio_api.placed().pop()));
    let (sid, form) = placed.await?;
    let field = |name: &str| form.get(name).map(String::as_str);
    assert_eq!((field("To"), field("From")), (Some(number_of(4).as_str()), Some(NUMBER)));
    let call = scene.twilio.placed(&sid, NUMBER, &number_of(4));
    let url = field("Url").context("the call leads nowhere")?;
    let greeting = scene.send(&call, &call.webhook(url, "in-progress", &[])).await?;
    assert_eq!(greeting.verbs(), ["Gather", "Hangup"]);
    let held = scene.press(&call, &greeting, "1").await?;
    scene.hears_music(&held).await?;
    let shown = scene.comes_to(&call, "in_progress").await?;
    let asked = scene.comes_to(asked, "callback").await?;
    assert_eq!(shown["callback_of"], asked["id"]);
    assert_eq!(shown["state"], "queued");
    let told = field("StatusCallback").context("nobody wants to know of its end")?;
    Ok((call, told.to_owned()))
}

async fn sums_are_right(scene: &Scene) -> Result<()> {
    let expected = json!({
        "calls": 6, "connected": 3, "converted": 3, "abandoned": 1, "overflowed": 1, "callbacks": 1,
        "revenue": "135.00", "payout": "60.00", "connected_rate": 0.6,
    });
    let mut found = Value::Null;
    let summed = eventually("the sums are right", async || {
        let report = scene.agency.api.get("/v1/reports/pnl?group_by=campaign").await?;
        let row = report["rows"][0].as_object().cloned().unwrap_or_default();
        found = row.into_iter().filter(|(name, _)| expected.get(name).is_some()).collect();
        Ok((found == expected).then_some(()))
    });
    summed.await.with_context(|| format!("{found:#} is not {expected:#}"))
}
