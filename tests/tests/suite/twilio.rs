//! Calls as Twilio brings them, signed by the official package, against the real program over HTTP.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result, ensure};
use rand::{SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::StatusCode;
use ringfall_tests::stack::{
    Agency, Dial, Element, InboundCall, NUMBER, Offer, Oracle, Profile, Script, Stack, Step, Store, Twilio,
    TwilioApi, Webhook, is_one_row, qualifying_flow,
};
use serde_json::{Value, json};

use crate::patience::eventually;

/// What Twilio charges in these tests.
const RATES: &str = r#"{"inbound_per_minute": "0.02", "outbound_per_minute": "0.03"}"#;

/// An agency whose calls Twilio signs.
struct Scene {
    stack: Stack,
    agency: Agency,
    oracle: Arc<Mutex<Oracle>>,
    twilio: Twilio,
    twilio_api: TwilioApi,
}

impl Scene {
    /// `buyers`: the documents of one buyer and one target each, in the order in which they are asked.
    async fn set_up(buyers: Vec<(Value, Value)>) -> Result<Self> {
        Self::set_up_on(Store::Sqlite, buyers).await
    }

    async fn set_up_on(store: Store, buyers: Vec<(Value, Value)>) -> Result<Self> {
        let stack = Stack::start_on(store, Profile::Debug).await?;
        let twilio_api = TwilioApi::start().await?;
        let mut offer = Offer::direct(0);
        offer.twilio_api_url = twilio_api.url().to_owned();
        offer.rates = serde_json::from_str(RATES)?;
        offer.buyers = buyers;
        offer.campaign["flow"] = qualifying_flow();
        offer.campaign["fallback_number"] = json!("+12145550199");
        let agency = Agency::set_up(stack.api(), offer).await?;
        let oracle = Arc::new(Mutex::new(Oracle::start()?));
        let twilio = Twilio::official(&oracle);
        Ok(Self { stack, agency, oracle, twilio, twilio_api })
    }

    fn call(&self, index: usize) -> InboundCall {
        self.twilio.call(index, &format!("+1214555{index:04}"), NUMBER)
    }

    /// Sends a webhook and reads the document that answers it, which must be TwiML by the official package's word.
    async fn send(&self, call: &InboundCall, webhook: &Webhook) -> Result<(String, Element)> {
        let reply = call.send(webhook).await?;
        let document = reply.document()?;
        ensure!(reply.content_type.starts_with("text/xml"), "{}", reply.content_type);
        let complaints = self.oracle.lock().expect("the oracle works").complaints(&reply.body)?;
        ensure!(complaints.is_empty(), "{}: {complaints:?}", reply.body);
        Ok((reply.body, document))
    }

    /// Answers the menu and the ZIP, and gives what the caller comes to.
    async fn qualify(&self, call: &InboundCall) -> Result<Element> {
        let mut document = self.send(call, &call.arrival(&self.agency)).await?.1;
        for digits in ["1", "75201"] {
            let action = document.find("Gather").and_then(|gather| gather.attribute("action"));
            let webhook = call.webhook(action.context("no question")?, "in-progress", &[("Digits", digits)]);
            document = self.send(call, &webhook).await?.1;
        }
        Ok(document)
    }

    /// The call as the API shows it, once it has been listed.
    async fn shown(&self, call: &InboundCall) -> Result<Value> {
        let listed = async || {
            let calls = self.agency.api.list("/v1/calls", "data").await?;
            Ok(calls.into_iter().find(|shown| shown["provider_call_id"] == call.sid.as_str()))
        };
        eventually("the call is listed", listed).await
    }

    /// Why each target was taken or passed over, in the order of the offer.
    async fn reasons(&self, call: &InboundCall) -> Result<Vec<String>> {
        let shown = self.shown(call).await?;
        let candidates = shown["decision"]["candidates"].as_array().context("no decision record")?;
        let reason = |target: &String| {
            let of_target = |candidate: &&Value| candidate["target_id"] == target.as_str();
            let mut all = candidates.iter().filter(of_target);
            match (all.next(), all.next()) {
                (Some(one), None) => format!("{}: {}", text(one, "outcome"), text(&one["reason"], "code")),
                _ => format!("{target} is not named once: {candidates:?}"),
            }
        };
        Ok(self.agency.target_ids.iter().map(reason).collect())
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("?")
}

fn buyer(name: &str) -> Value {
    json!({"name": name, "time_zone": "America/Chicago", "caps": {"concurrency": 3, "daily": 50}, "budget": "5000.00"})
}

/// A screened desk of the contract's example, changed as a test needs it. It is open around the clock, since tests are
/// run at any hour.
fn desk(name: &str, number: &str, changes: Value) -> (Value, Value) {
    let mut target = json!({
        "name": name,
        "destination": {"phone_number": number},
        "price": "45.00",
        "caps": {"concurrency": 2},
        "ring_timeout_seconds": 20,
        "screening": {"press": "1"},
        "hours": {"time_zone": "America/Chicago", "open": [{"days": DAYS, "from": "00:00", "to": "24:00"}]},
        "filter": {"all": [
            {"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
            {"field": "tags.injured", "op": "eq", "value": "yes"},
        ]},
    });
    let (Some(target_fields), Value::Object(changes)) = (target.as_object_mut(), changes) else {
        return (buyer(name), target);
    };
    target_fields.extend(changes);
    (buyer(name), target)
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Closed from yesterday to tomorrow, wherever today is.
fn closed_today() -> Value {
    let today = jiff::Zoned::now().date();
    let dates =
        [today.yesterday(), Ok(today), today.tomorrow()].map(|date| date.map(|date| date.to_string()));
    let dates: Vec<String> = dates.into_iter().flatten().collect();
    json!({"time_zone": "America/Chicago", "open": [{"days": DAYS, "from": "00:00", "to": "24:00"}], "closed_dates": dates})
}

/// Every webhook of a call twice, in an order that a seed draws: only what causes a step must have been answered before.
fn shuffled(seed: u64) -> Vec<Step> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut sent: BTreeMap<Step, usize> = BTreeMap::new();
    let mut order = Vec::new();
    loop {
        let is_open = |step: &Step| {
            let caused = step.cause().is_none_or(|cause| sent.contains_key(&cause));
            caused && sent.get(step).is_none_or(|copies| *copies < 2)
        };
        let open: Vec<Step> = Step::ALL.into_iter().filter(is_open).collect();
        let Some(step) = open.choose(&mut random) else { return order };
        *sent.entry(*step).or_default() += 1;
        order.push(*step);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_with_one_revenue_and_one_payout_however_its_webhooks_come() -> Result<()> {
    calls_end_well_on(Store::Sqlite).await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_dynamodb_too_a_call_ends_with_one_revenue_and_one_payout() -> Result<()> {
    calls_end_well_on(Store::dynamodb().await?).await
}

async fn calls_end_well_on(store: Store) -> Result<()> {
    let elsewhere = json!({"filter": {"all": [{"field": "caller.state", "op": "in", "value": ["NY"]}]}});
    let buyers = vec![
        desk("Elsewhere", "+12145550101", elsewhere),
        desk("Closed", "+12145550102", json!({"hours": closed_today()})),
        desk("Full", "+12145550103", json!({"caps": {"concurrency": 0}})),
        desk("Intake desk", "+12145550100", json!({})),
        desk("Second desk", "+12145550104", json!({})),
    ];
    let scene = Scene::set_up_on(store, buyers).await?;
    let seeds = 1..=8;
    for seed in seeds.clone() {
        let call = scene.call(usize::try_from(seed)?);
        deliver(&scene, &call, &shuffled(seed)).await.with_context(|| format!("seed {seed}"))?;
        ends_well(&scene, &call).await.with_context(|| format!("seed {seed}"))?;
    }
    let call = scene.call(9);
    deliver_in_pairs(&scene, &call).await?;
    ends_well(&scene, &call).await?;
    sums_are(&scene, i64::try_from(seeds.count())? + 1).await
}

/// Sends the webhooks of a call. Copies of the last question's answer that find a call under way are told the same dial.
async fn deliver(scene: &Scene, call: &InboundCall, order: &[Step]) -> Result<()> {
    let mut script = Script::new(&scene.agency, call.clone());
    let mut dials: Vec<Dial> = Vec::new();
    let mut answered: Vec<Step> = Vec::new();
    for step in order {
        let (body, document) =
            scene.send(call, &script.webhook(*step)).await.with_context(|| format!("{step:?}"))?;
        dials.extend(document.dial());
        if !answered.contains(step) {
            answered.push(*step);
            script.answered(*step, &body)?;
        }
    }
    let numbers: Vec<&str> = dials.iter().map(|dial| dial.number.as_str()).collect();
    ensure!(numbers.iter().all(|number| *number == "+12145550100"), "dialled {numbers:?}");
    Ok(())
}

/// Sends both copies of each webhook at once. They must be answered alike.
async fn deliver_in_pairs(scene: &Scene, call: &InboundCall) -> Result<()> {
    let mut script = Script::new(&scene.agency, call.clone());
    for step in Step::ALL {
        let webhook = script.webhook(step);
        let (one, other) = tokio::join!(scene.send(call, &webhook), scene.send(call, &webhook));
        let (one, other) = (one?.0, other?.0);
        ensure!(but_for_the_time(&one) == but_for_the_time(&other), "{step:?}: {one} is not {other}");
        script.answered(step, &one)?;
    }
    Ok(())
}

/// The greeting's callback says when it was asked for: in that alone the answers to copies may differ.
fn but_for_the_time(body: &str) -> String {
    let Some((before, after)) = body.split_once("asked_at=") else { return body.to_owned() };
    let rest = after.find(['&', '"']).map_or("", |end| &after[end..]);
    format!("{before}{rest}")
}

async fn ends_well(scene: &Scene, call: &InboundCall) -> Result<()> {
    let shown = scene.shown(call).await?;
    let figures =
        ["state", "disposition", "caller", "number", "revenue", "payout", "telephony_cost", "profit"];
    let found = figures.map(|field| text(&shown, field));
    let caller = shown["caller"].as_str().unwrap_or_default();
    assert_eq!(found, ["ended", "converted", caller, NUMBER, "45.00", "20.00", "0.10", "24.90"]);
    assert_eq!(shown["legs"].as_array().map(Vec::len), Some(1), "{shown:#}");
    assert_eq!(shown["legs"][0]["target_id"], scene.agency.target_ids[3].as_str());
    assert_eq!(
        scene.reasons(call).await?,
        [
            "passed_over: filter_failed",
            "passed_over: outside_hours",
            "passed_over: at_concurrency_cap",
            "connected: converted",
            "passed_over: ranked_below",
        ]
    );
    let entries = eventually("the call is settled", async || {
        let path = format!("/v1/ledger?call_id={}", text(&shown, "id"));
        let entries = scene.agency.api.list(&path, "entries").await?;
        Ok((entries.len() >= 4).then_some(entries))
    })
    .await?;
    let mut lines: Vec<(String, String)> = entries
        .iter()
        .map(|entry| (text(entry, "kind").to_owned(), text(entry, "amount").to_owned()))
        .collect();
    lines.sort();
    let expected = [("payout", "20.00"), ("revenue", "45.00"), ("telephony", "0.04"), ("telephony", "0.06")];
    assert_eq!(lines, expected.map(|(kind, amount)| (kind.to_owned(), amount.to_owned())));
    Ok(())
}

/// Profit and loss over so many calls that all went well, to the cent.
async fn sums_are(scene: &Scene, calls: i64) -> Result<()> {
    let dollars = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    let expected = json!({
        "key": scene.agency.campaign_id,
        "calls": calls, "connected": calls, "converted": calls, "abandoned": 0,
        "revenue": dollars(4_500 * calls), "payout": dollars(2_000 * calls),
        "telephony_cost": dollars(10 * calls), "profit": dollars(2_490 * calls),
    });
    let mut last = Value::Null;
    let summed = eventually("the sums are right", async || {
        last = scene.agency.api.get("/v1/reports/pnl?group_by=campaign").await?;
        Ok(is_one_row(&last["rows"], &expected).then_some(()))
    })
    .await;
    summed.with_context(|| format!("{last:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_does_not_take_the_call_hands_it_to_the_next() -> Result<()> {
    let scene = Scene::set_up(vec![
        desk("Declines", "+12145550101", json!({})),
        desk("Busy", "+12145550102", json!({})),
        desk("Away", "+12145550103", json!({})),
        desk("Takes it", "+12145550100", json!({"screening": null})),
    ])
    .await?;
    let call = scene.call(1);
    let dial = scene.qualify(&call).await?.dial().context("nobody is dialled")?;
    let greeting = dial.greeting.clone().context("the first desk is not greeted")?;
    let greeted = scene.send(&call, &call.leg_webhook(&greeting, 1, "in-progress", &[])).await?.1;
    let key_goes_to =
        greeted.find("Gather").and_then(|gather| gather.attribute("action")).context("no question")?;
    let no_key = call.leg_webhook(key_goes_to, 1, "in-progress", &[("Digits", "")]);
    assert_eq!(scene.send(&call, &no_key).await?.1.verbs(), ["Hangup"]);
    let mut dialled = vec![dial];
    for (attempt, outcome) in [(1, Err("completed")), (2, Err("busy")), (3, Err("no-answer"))] {
        let dial = dialled.last().context("nobody is dialled")?;
        let next = scene.send(&call, &call.dial_end(dial, attempt, outcome)?).await?.1.dial();
        dialled.push(next.with_context(|| format!("after attempt {attempt}"))?);
    }
    let last = dialled.last().context("nobody is dialled")?;
    assert_eq!(scene.send(&call, &call.dial_end(last, 4, Ok(95))?).await?.1.verbs(), ["Hangup"]);
    scene.send(&call, &call.end(&scene.agency, 150)).await?;
    let numbers: Vec<&str> = dialled.iter().map(|dial| dial.number.as_str()).collect();
    assert_eq!(numbers, ["+12145550101", "+12145550102", "+12145550103", "+12145550100"]);
    assert_eq!(
        scene.reasons(&call).await?,
        ["tried: declined", "tried: busy", "tried: no_answer", "connected: converted"]
    );
    assert_eq!(text(&scene.shown(&call).await?, "revenue"), "45.00");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whom_nobody_takes_is_told_and_the_record_says_why() -> Result<()> {
    let elsewhere = json!({"filter": {"all": [{"field": "caller.state", "op": "in", "value": ["NY"]}]}});
    let scene = Scene::set_up(vec![
        desk("Elsewhere", "+12145550101", elsewhere),
        desk("Closed", "+12145550102", json!({"hours": closed_today()})),
    ])
    .await?;
    let call = scene.call(1);
    let told = scene.qualify(&call).await?;
    assert_eq!(told.verbs(), ["Say", "Hangup"]);
    assert_eq!(told.find("Say").map(|say| say.text.as_str()), Some("All lines are busy. Please call again."));
    scene.send(&call, &call.end(&scene.agency, 30)).await?;
    assert_eq!(scene.reasons(&call).await?, ["passed_over: filter_failed", "passed_over: outside_hours"]);
    assert_eq!(text(&scene.shown(&call).await?, "disposition"), "no_target");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_twilio_did_not_sign_or_nobody_has_set_up_does_no_harm() -> Result<()> {
    let scene = Scene::set_up(vec![desk("Intake desk", "+12145550100", json!({}))]).await?;
    let call = scene.call(1);
    let arrival = call.arrival(&scene.agency);
    let signature = scene.oracle.lock().expect("the oracle works").sign(
        "another token",
        &arrival.url,
        &arrival.fields,
    )?;
    for signature in [signature.as_str(), "", "no signature"] {
        assert_eq!(scene.twilio.send_signed(&arrival, signature).await?.status, StatusCode::FORBIDDEN);
    }
    let large = call.webhook(&arrival.url, "ringing", &[("Large", &"x".repeat(70_000))]);
    assert_eq!(call.send(&large).await?.status, StatusCode::PAYLOAD_TOO_LARGE);
    let elsewhere = scene.twilio.call(2, "+12145550123", "+18005550999");
    let told = scene.send(&elsewhere, &elsewhere.arrival(&scene.agency)).await?.1;
    assert_eq!(told.verbs(), ["Say", "Hangup"]);
    let taken = scene.call(3);
    scene.send(&taken, &taken.arrival(&scene.agency)).await?;
    scene.shown(&taken).await?;
    assert_eq!(scene.agency.api.list("/v1/calls", "data").await?.len(), 1, "only the last call is one");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_sends_the_caller_to_the_fallback_number() -> Result<()> {
    let scene = Scene::set_up(vec![desk("Intake desk", "+12145550100", json!({}))]).await?;
    let call = scene.call(1);
    let question = scene.send(&call, &call.arrival(&scene.agency)).await?.1;
    let action =
        question.find("Gather").and_then(|gather| gather.attribute("action")).context("no question")?;
    let answer = call.webhook(action, "in-progress", &[("Digits", "1")]);
    let database = rusqlite::Connection::open(scene.stack.data_folder().join("ringfall.db"))?;
    // As a backup program would that holds on to the file.
    database.execute_batch("BEGIN IMMEDIATE")?;
    let another = scene.call(2);
    let arrival = another.arrival(&scene.agency);
    let (goes_on, begins) = tokio::join!(scene.send(&call, &answer), scene.send(&another, &arrival));
    for (_, told) in [goes_on?, begins?] {
        assert_eq!(told.dial().map(|dial| dial.number), Some("+12145550199".to_owned()), "{told:?}");
    }
    database.execute_batch("ROLLBACK")?;
    let recovered = eventually("the store answers again", async || {
        let question = scene.send(&call, &answer).await?.1;
        Ok((question.verbs() == ["Gather"]).then_some(()))
    });
    recovered.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_whose_end_nobody_told_is_asked_after_and_frees_its_place() -> Result<()> {
    let scene =
        Scene::set_up(vec![desk("Intake desk", "+12145550100", json!({"caps": {"concurrency": 1}}))]).await?;
    let (lost, next) = (scene.call(1), scene.call(2));
    scene.qualify(&lost).await?.dial().context("nobody is dialled")?;
    assert_eq!(scene.qualify(&next).await?.verbs(), ["Say", "Hangup"], "the only place is taken");
    scene.twilio_api.know(json!({
        "sid": lost.leg_sid(1), "parent_call_sid": lost.sid, "to": "+12145550100", "status": "no-answer",
        "date_created": jiff::fmt::rfc2822::to_string(&jiff::Zoned::now())?, "duration": "0",
    }));
    // Twilio tells that the caller hung up, and not a word of the leg.
    scene.send(&lost, &lost.end(&scene.agency, 20)).await?;
    let mut index = 2;
    eventually("the place is free again", async || {
        index += 1;
        let call = scene.call(index);
        Ok(scene.qualify(&call).await?.dial())
    })
    .await?;
    assert_eq!(scene.reasons(&lost).await?, ["tried: no_answer"]);
    Ok(())
}
