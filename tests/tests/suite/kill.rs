//! `kill -9` at any moment loses nothing that was acknowledged: the real process is killed again and again under load, on each
//! store, and after each restart everything that it had said still holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use ringfall_tests::stack::{
    Agency, InboundCall, NUMBER, Offer, Profile, Reply, Stack, Store, Twilio, Webhook, is_one_row,
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::patience::{eventually, once_watched};

/// Draws the moments of death.
const SEED: u64 = 20_261_118;

/// How often the process dies, and under which load.
struct Course {
    rounds: u64,
    callers: usize,
    /// Fewer than callers, so that places are fought for.
    cap: u32,
    /// How long the process lives in a round, in milliseconds.
    life: std::ops::Range<u64>,
    /// The least calls and publishers that tell anything.
    least: usize,
}

const ON_SQLITE: Course = Course { rounds: 15, callers: 12, cap: 5, life: 50..900, least: 100 };
/// A local DynamoDB answers some hundred requests a second: with more callers, webhooks would pass their deadline.
const ON_DYNAMODB: Course = Course { rounds: 8, callers: 5, cap: 2, life: 200..1_500, least: 15 };

/// Which life of the process callers may talk to.
type Life = u64;

/// What every caller is given.
#[derive(Clone)]
struct Load {
    agency: Agency,
    twilio: Twilio,
    life: watch::Receiver<Life>,
    cap: u32,
    /// The round is over which no call begins.
    closing_time: Life,
    calls: Arc<AtomicUsize>,
    /// Legs that live by the carrier's word, and the most that ever did.
    live: Arc<AtomicI64>,
    most_live: Arc<AtomicI64>,
    acknowledged: Arc<Mutex<Acknowledged>>,
}

/// What the process has said that it did.
#[derive(Debug, Clone, Default)]
struct Acknowledged {
    /// Calls that came in.
    arrived: BTreeSet<String>,
    /// Calls that were told to dial.
    dialled: BTreeSet<String>,
    /// Calls whose talk of 95 seconds was taken up.
    talked: BTreeSet<String>,
    /// Publishers that were created: id and name.
    publishers: BTreeMap<String, String>,
}

impl Load {
    fn acknowledge<T>(&self, keep: impl FnOnce(&mut Acknowledged) -> T) {
        keep(&mut self.acknowledged.lock().expect("no holder of the lock panics"));
    }

    fn acknowledged(&self) -> Acknowledged {
        self.acknowledged.lock().expect("no holder of the lock panics").clone()
    }

    /// Waits for another life of the process than the one that failed.
    async fn next_life(&mut self, failed: Life) -> Result<()> {
        self.life.wait_for(|life| *life > failed).await?;
        Ok(())
    }

    /// Sends a webhook until it is answered, as a provider that tries again.
    async fn send(&mut self, call: &InboundCall, webhook: &Webhook) -> Result<Reply> {
        loop {
            let life = *self.life.borrow();
            match call.send(webhook).await {
                Ok(reply) => return Ok(reply),
                Err(_) => self.next_life(life).await?,
            }
        }
    }

    /// One caller's calls, one after the other.
    async fn call_on(mut self) -> Result<()> {
        while *self.life.borrow() < self.closing_time {
            let index = self.calls.fetch_add(1, Ordering::Relaxed);
            let call = self.twilio.call(index, &format!("+1214{index:07}"), NUMBER);
            self.whole_call(&call).await.with_context(|| call.sid.clone())?;
        }
        Ok(())
    }

    async fn whole_call(&mut self, call: &InboundCall) -> Result<()> {
        let reply = self.send(call, &call.arrival(&self.agency)).await?.document()?;
        self.acknowledge(|said| said.arrived.insert(call.sid.clone()));
        if let Some(dial) = reply.dial() {
            let live = self.live.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_live.fetch_max(live, Ordering::SeqCst);
            self.acknowledge(|said| said.dialled.insert(call.sid.clone()));
            tokio::time::sleep(Duration::from_millis(20)).await;
            // The leg is over by the time at which anybody is told.
            self.live.fetch_sub(1, Ordering::SeqCst);
            self.send(call, &call.dial_end(&dial, 1, Ok(95))?).await?.document()?;
            self.acknowledge(|said| said.talked.insert(call.sid.clone()));
        }
        self.send(call, &call.end(&self.agency, 110)).await?.document()?;
        Ok(())
    }

    /// An agency at work meanwhile.
    async fn create_on(mut self) -> Result<()> {
        for index in 0.. {
            let life = *self.life.borrow();
            if life >= self.closing_time {
                break;
            }
            let name = format!("Publisher {index}");
            match self.agency.api.create("/v1/publishers", &json!({"name": name})).await {
                Ok(publisher) => {
                    let id = publisher["id"].as_str().context("a publisher without an id")?.to_owned();
                    self.acknowledge(|said| said.publishers.insert(id, name));
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(error) if error.downcast_ref::<reqwest::Error>().is_some() => {
                    self.next_life(life).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Everything that was acknowledged is there, and nothing else is wrong with it.
async fn check(agency: &Agency, said: &Acknowledged) -> Result<()> {
    let shown = calls(agency, &said.arrived).await?;
    for sid in &said.arrived {
        let call = &shown[sid];
        let legs = call["legs"].as_array().map_or(0, Vec::len);
        ensure!(legs == 1 || (legs == 0 && !said.dialled.contains(sid)), "{sid} was rung: {call:#}");
        if said.talked.contains(sid) {
            ensure!(call["revenue"] == "45.00" && call["payout"] == "20.00", "{sid} has earned: {call:#}");
        }
    }
    for (id, name) in &said.publishers {
        let publisher = agency.api.get(&format!("/v1/publishers/{id}")).await?;
        ensure!(publisher["name"] == name.as_str(), "{publisher} was created as {name}");
    }
    entries(agency).await.map(drop)
}

/// The calls by the provider's id, once all of `wanted` are listed: lists follow calls within moments.
async fn calls(agency: &Agency, wanted: &BTreeSet<String>) -> Result<BTreeMap<String, Value>> {
    eventually("every call that came in is listed", async || {
        let listed = agency.api.list("/v1/calls", "data").await?;
        let by_sid = |call: Value| (call["provider_call_id"].as_str().unwrap_or_default().to_owned(), call);
        let calls: BTreeMap<_, _> = listed.into_iter().map(by_sid).collect();
        Ok(wanted.iter().all(|sid| calls.contains_key(sid)).then_some(calls))
    })
    .await
}

/// How many entries of each kind there are. None may be there twice, and each must be balanced.
async fn entries(agency: &Agency) -> Result<BTreeMap<String, usize>> {
    let (mut seen, mut kinds) = (BTreeSet::new(), BTreeMap::new());
    for entry in agency.api.list("/v1/ledger", "entries").await? {
        let of = |field: &str| entry[field].as_str().map_or_else(|| entry[field].to_string(), str::to_owned);
        ensure!(seen.insert((of("call_id"), of("attempt"), of("kind"))), "{entry:#} is there twice");
        let amounts =
            ["0", "1"].map(|half| entry.pointer(&format!("/postings/{half}/amount")).and_then(Value::as_str));
        let [Some(debit), Some(credit)] = amounts else { bail!("{entry:#} has no two halves") };
        ensure!(credit == format!("-{debit}") || debit == format!("-{credit}"), "{entry:#} is not balanced");
        *kinds.entry(of("kind")).or_default() += 1;
    }
    Ok(kinds)
}

/// Once nobody calls any more, each talk has been billed once, and every place is free.
async fn settle(load: &Load) -> Result<()> {
    let said = load.acknowledged();
    let (arrived, talked) = (said.arrived.len(), said.talked.len());
    let expected = json!({
        "key": load.agency.campaign_id,
        "calls": arrived, "connected": talked, "converted": talked, "abandoned": 0,
        "revenue": format!("{}.00", 45 * talked), "payout": format!("{}.00", 20 * talked),
        "telephony_cost": "0.00", "profit": format!("{}.00", 25 * talked),
    });
    let mut last = Value::Null;
    let settled = eventually("all calls are settled and summed", async || {
        let found = (entries(&load.agency).await?, load.agency.api.get("/v1/reports/pnl").await?);
        last = found.1["rows"].clone();
        let of_kind = |kind: &str| found.0.get(kind).copied().unwrap_or(0);
        let is_billed = of_kind("revenue") == talked && of_kind("payout") == talked;
        Ok((is_billed && is_one_row(&last, &expected)).then_some(()))
    });
    settled.await.with_context(|| format!("{last:#} is not {expected:#}"))?;
    let target = load.agency.api.get(&format!("/v1/targets/{}", load.agency.target_ids[0])).await?;
    let usage = format!("/v1/buyers/{}/usage", target["buyer_id"].as_str().context("a target has a buyer")?);
    once_watched("every place is given back", async || {
        let usage = load.agency.api.get(&usage).await?;
        Ok((usage["own"]["live"] == 0).then_some(()))
    })
    .await?;
    let index = load.calls.load(Ordering::Relaxed);
    let mut connected = 0;
    for index in index..=index + usize::try_from(load.cap)? {
        let call = load.twilio.call(index, &format!("+1214{index:07}"), NUMBER);
        let document = call.send(&call.arrival(&load.agency)).await?.document()?;
        connected += u32::from(document.dial().is_some());
    }
    ensure!(connected == load.cap, "{connected} of {} places were free", load.cap);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_acknowledged_is_lost_when_the_process_is_killed() -> Result<()> {
    nothing_is_lost_on(Store::Sqlite, &ON_SQLITE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_acknowledged_is_lost_on_dynamodb_either() -> Result<()> {
    nothing_is_lost_on(Store::dynamodb().await?, &ON_DYNAMODB).await
}

async fn nothing_is_lost_on(store: Store, course: &Course) -> Result<()> {
    let mut stack = Stack::start_on(store, Profile::Debug).await?;
    let agency = Agency::set_up(stack.api(), Offer::direct(course.cap)).await?;
    let (begin_life, life) = watch::channel(1);
    let load = Load {
        agency,
        twilio: Twilio::quick(),
        life,
        cap: course.cap,
        closing_time: course.rounds + 1,
        calls: Arc::default(),
        live: Arc::default(),
        most_live: Arc::default(),
        acknowledged: Arc::default(),
    };
    let mut random = StdRng::seed_from_u64(SEED);
    let mut work = JoinSet::new();
    (0..course.callers).for_each(|_| drop(work.spawn(load.clone().call_on())));
    work.spawn(load.clone().create_on());
    for round in 1..=course.rounds {
        tokio::time::sleep(Duration::from_millis(random.random_range(course.life.clone()))).await;
        stack.kill()?;
        let said = load.acknowledged();
        stack.start_again().await?;
        check(&load.agency, &said).await.with_context(|| format!("after death {round}, seed {SEED}"))?;
        begin_life.send(round + 1)?;
    }
    while let Some(worked) = work.join_next().await {
        worked??;
    }
    let said = load.acknowledged();
    check(&load.agency, &said).await?;
    settle(&load).await?;
    let most_live = load.most_live.load(Ordering::SeqCst);
    ensure!(most_live == i64::from(course.cap), "{most_live} legs lived at once; the cap is {}", course.cap);
    let (talked, publishers) = (said.talked.len(), said.publishers.len());
    ensure!(talked.min(publishers) > course.least, "{talked} talks and {publishers} publishers tell nothing");
    Ok(())
}
