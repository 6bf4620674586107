//! A buyer with more live legs than its capacity item should hold, whose cap is moved while callers come and go: wherever their leases stand, no
//! more are held than the cap says, and in the end nothing is left of them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use jiff::{Timestamp, tz::TimeZone};
use ringfall_domain::{
    call::{
        Call, Leg, LegEnd, LegFact, Origin, Stamp, TelephonyRates, Terms,
        event::{CallerFacts, EndCause},
    },
    capacity::Window,
    config::{Buyer, PayoutRule, Target},
    flow::NodeId,
    ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
    money::Money,
    phone::CallerNumber,
    tags::Tags,
    target::Destination,
};
use ringfall_store::{
    port::{StoreError, Table},
    protocols::{
        arrive::arrive,
        leases::read_leases,
        release::release,
        reserve::{Request, Reserved, read_capacity, reserve},
        save::{Expected, Wish, save},
    },
    records::capacity::{CapacityRecord, lease::MOST_WITHIN},
};
use serde_json::json;
use tokio::task::JoinSet;

const ACCOUNT: AccountId = AccountId::from_parts(1, 1);
const BUYER: BuyerId = BuyerId::from_parts(1, 1);
const TARGET: TargetId = TargetId::from_parts(1, 1);
/// The caps that the buyer has in turn: all but one are beyond what stands within.
const CAPS: [u32; 6] = [80, 100, 70, 90, 60, 110];

/// What was seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Calls that were held.
    pub held: u32,
    /// The most at once.
    pub most_at_once: u32,
}

/// The buyer, and what is true of it.
struct Scene {
    table: Arc<dyn Table>,
    /// The caps so far. A higher one is noted before it is saved, a lower one after: so the last is never less than what holds.
    caps: Mutex<Vec<u32>>,
    /// Counted up after a call is held, and down before it is released: never more than there are.
    live: AtomicU32,
    most_at_once: AtomicU32,
    held: AtomicU32,
}

/// Has so many callers call so often each, all at once, while the cap moves.
///
/// # Errors
/// More were held than the cap said, fewer than ever could be, or something was left; or the store failed.
pub async fn holds_under_load(
    table: Arc<dyn Table>,
    callers: u32,
    calls_each: u32,
    stay: Duration,
) -> Result<Seen> {
    let scene = Arc::new(Scene {
        table,
        caps: Mutex::new(vec![CAPS[0]]),
        live: AtomicU32::new(0),
        most_at_once: AtomicU32::new(0),
        held: AtomicU32::new(0),
    });
    scene.open().await?;
    let mut running = JoinSet::new();
    for caller in 0..callers {
        let scene = Arc::clone(&scene);
        running.spawn(async move {
            for call in 0..calls_each {
                scene.one(u128::from(caller * calls_each + call) + 1, stay).await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    let moving = tokio::spawn(Arc::clone(&scene).move_cap(stay));
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    moving.abort();
    if let Ok(moved) = moving.await {
        moved?;
    }
    scene.is_empty().await?;
    let seen = Seen {
        held: scene.held.load(Ordering::SeqCst),
        most_at_once: scene.most_at_once.load(Ordering::SeqCst),
    };
    ensure!(seen.most_at_once > MOST_WITHIN, "no lease stood elsewhere: {seen:?}");
    Ok(seen)
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn buyer(cap: u32) -> Result<Buyer> {
    Ok(serde_json::from_value(json!({"name": "B", "time_zone": "UTC", "caps": {"concurrency": cap}}))?)
}

impl Scene {
    async fn open(&self) -> Result<()> {
        let target: Target =
            serde_json::from_value(json!({"buyer_id": BUYER, "name": "T", "price": "45.00",
            "destination": {"phone_number": "+12145550100"}}))?;
        save(&*self.table, ACCOUNT, BUYER, &Wish::Create(buyer(CAPS[0])?), now()).await?;
        save(&*self.table, ACCOUNT, TARGET, &Wish::Create(target), now()).await?;
        Ok(())
    }

    async fn move_cap(self: Arc<Self>, stay: Duration) -> Result<()> {
        let mut before = CAPS[0];
        for cap in CAPS.into_iter().cycle().skip(1) {
            if cap > before {
                self.note(cap);
            }
            let wish = Wish::Replace { document: buyer(cap)?, expected: Expected::Any };
            save(&*self.table, ACCOUNT, BUYER, &wish, now()).await?;
            if cap < before {
                self.note(cap);
            }
            before = cap;
            tokio::time::sleep(stay * 3).await;
        }
        Ok(())
    }

    fn note(&self, cap: u32) {
        self.caps.lock().expect("no holder of the lock panics").push(cap);
    }

    /// How many caps were noted so far.
    fn noted(&self) -> usize {
        self.caps.lock().expect("no holder of the lock panics").len()
    }

    /// The highest cap that may have held since so many were noted.
    fn highest_since(&self, noted: usize) -> u32 {
        let caps = self.caps.lock().expect("no holder of the lock panics");
        caps[noted.saturating_sub(1)..].iter().copied().max().unwrap_or(0)
    }

    async fn capacity(&self) -> Result<CapacityRecord> {
        let read = read_capacity(&*self.table, ACCOUNT, &[BUYER]).await?;
        read.into_iter().next().flatten().context("the buyer has a capacity")
    }

    /// One call: held if there is room, and released twice.
    async fn one(&self, n: u128, stay: Duration) -> Result<()> {
        let call = arrive(&*self.table, &call(n)?).await?;
        let (known, mut leg) = (self.capacity().await?, leg()?);
        let noted = self.noted();
        let request = Request {
            call: &call,
            is_stored: true,
            leg: &leg,
            expires_at: now() + Duration::from_secs(60),
            known: &known,
            rulings: &[],
            caller: None,
            takes_out: None,
        };
        match reserve(&*self.table, &request).await {
            Ok(Reserved::Held) => {}
            // So many save and come at once that nobody's reading lasts; nothing was written.
            Ok(Reserved::Full(_)) | Err(StoreError::Unavailable(_)) => return Ok(()),
            other => bail!("{other:?}"),
        }
        let live = self.live.fetch_add(1, Ordering::SeqCst) + 1;
        let most = self.highest_since(noted);
        ensure!(live <= most, "{live} are held, and the cap is {most}");
        self.most_at_once.fetch_max(live, Ordering::SeqCst);
        self.held.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(stay).await;
        let stamp = Stamp { arrived_at: now(), occurred_at: None };
        leg.learn(LegFact::Ended(LegEnd { stamp, cause: EndCause::NoAnswer, duration_seconds: None }));
        self.live.fetch_sub(1, Ordering::SeqCst);
        for _copy in 0..2 {
            release(&*self.table, &call, &leg, now()).await?;
        }
        Ok(())
    }

    async fn is_empty(&self) -> Result<()> {
        let record = self.capacity().await?;
        // By the range, whatever the count says.
        let counted = CapacityRecord { buyer: some_elsewhere(&record), ..record.clone() };
        let left = read_leases(&*self.table, ACCOUNT, BUYER, &counted).await?;
        ensure!(record.buyer.legs() == 0 && left.is_empty(), "left: {record:?} and {left:?}");
        ensure!(record.targets.values().all(|scope| scope.legs() == 0), "left: {record:?}");
        ensure!(record.buyer.counted.values().all(|count| *count == 0), "counted: {record:?}");
        Ok(())
    }
}

fn some_elsewhere(record: &CapacityRecord) -> ringfall_store::records::capacity::ScopeRecord {
    ringfall_store::records::capacity::ScopeRecord { elsewhere: 1, ..record.buyer.clone() }
}

fn call(n: u128) -> Result<Call> {
    let origin = Origin {
        connection: ConnectionId::from_parts(1, 1),
        provider_call_id: format!("CA{n}"),
        campaign: CampaignId::from_parts(1, 1),
        publisher: PublisherId::from_parts(1, 1),
        number: NumberId::from_parts(1, 1),
        dialled: "+18005550111".parse()?,
        caller: CallerNumber::from_presented("+12145550123"),
        caller_facts: CallerFacts::default(),
        rates: TelephonyRates::default(),
        arrived_at: now(),
    };
    Ok(Call::new(CallId::from_parts(1, n), ACCOUNT, origin, Tags::default()))
}

fn leg() -> Result<Leg> {
    Ok(Leg {
        attempt: 1,
        target: TARGET,
        buyer: BUYER,
        destination: Destination::PhoneNumber("+12145550100".parse()?),
        node: NodeId::try_from("buyers".to_owned()).ok().context("a node's name")?,
        ring_timeout_seconds: 20,
        screening_key: None,
        terms: Terms {
            price: Money::from_cents(4_500),
            billable_after_seconds: 90,
            payout: PayoutRule::Fixed { amount: Money::ZERO },
            duplicate: None,
            second_chance_before_seconds: None,
        },
        reserved_at: now(),
        is_fetched: false,
        counted_in: Window::all_at(now(), &TimeZone::UTC),
        group: None,
        claims_caller: false,
        provider_leg_id: None,
        answered: None,
        screened: None,
        bridged: None,
        recording_url: None,
        ended: None,
    })
}
