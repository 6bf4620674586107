//! The store, spoken to as the functions do.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use ringfall_domain::{
    call::{
        Call, CallEnd, Fact, Leg, LegEnd, LegFact, Origin, Stamp, TelephonyRates, Terms,
        event::{CallerFacts, EndCause},
    },
    capacity::Window,
    config::{Buyer, PayoutRule, QueueOrder, Target},
    flow::NodeId,
    ids::{AccountId, BuyerId, CallId, CampaignId, ConnectionId, NumberId, PublisherId, TargetId},
    money::Money,
    phone::CallerNumber,
    queue::{OverflowReason, Overflowed, Place, QueueId, Queued, Waiter, WaiterKind},
    tags::Tags,
    target::Destination,
};
use ringfall_store::{
    port::Table,
    protocols::{
        arrive::arrive,
        callback::{
            AfterAttempt, Began, Closed, Keep, Kept, Taken, attempt_ended, begin_attempt, call_in, cancel,
            find as find_callback, keep_place, reach,
        },
        find::find,
        queue::{Entered, Entry, Left, enter, leave, line, line_behind, overflow},
        record::record,
        release::release,
        reserve::{Request, Reserved, read_capacity, reserve},
        save::{Wish, save},
    },
    records::callback::{Callback, CallbackState},
};
use serde_json::json;

use super::{
    list::Standing,
    operation::{Kind, Operation},
};

/// The buyer takes so many callers at once.
pub(super) const CAP: usize = 2;

const BUYER: BuyerId = BuyerId::from_parts(1, 1);
const TARGET: TargetId = TargetId::from_parts(1, 1);
const CAMPAIGN: CampaignId = CampaignId::from_parts(1, 1);

fn at(step: usize) -> Timestamp {
    let seconds = i64::try_from(step).unwrap_or(i64::MAX);
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_795_280_400 + 20 * seconds)
}

/// Where a caller stands who is worth that and comes with that step.
pub(super) fn place(dollars: i64, step: usize) -> Place {
    Place::of(&QueueOrder::default(), Money::from_cents(100 * dollars), at(step))
}

/// A queue of an account, with a buyer who takes its callers.
pub(super) struct Desk {
    table: Arc<dyn Table>,
    account: AccountId,
    node: NodeId,
    /// The latest call of each caller.
    calls: BTreeMap<usize, CallId>,
}

impl Desk {
    pub(super) async fn open(table: Arc<dyn Table>, account: AccountId) -> Result<Self> {
        let buyer: Buyer =
            serde_json::from_value(json!({"name": "B", "time_zone": "UTC", "caps": {"concurrency": CAP}}))?;
        let target: Target =
            serde_json::from_value(json!({"buyer_id": BUYER, "name": "T", "price": "45.00",
            "destination": {"phone_number": "+12145550100"}}))?;
        save(&*table, account, BUYER, &Wish::Create(buyer), at(0)).await?;
        save(&*table, account, TARGET, &Wish::Create(target), at(0)).await?;
        let node = NodeId::try_from("buyers".to_owned()).ok().context("a node's name")?;
        Ok(Self { table, account, node, calls: BTreeMap::new() })
    }

    /// Does it, and tells whether that came to anything the first time.
    pub(super) async fn perform(&mut self, step: usize, operation: &Operation) -> Result<bool> {
        let caller = match operation.kind {
            Kind::ServeFirst => match self.first().await? {
                Some(caller) => caller,
                None => return Ok(false),
            },
            _ => operation.caller,
        };
        let known = Known {
            call: self.call(caller).await?,
            callback: find_callback(&*self.table, self.account, self.latest(caller)).await?,
        };
        let did = self.once(step, caller, operation.kind, &known).await?;
        if operation.twice && did {
            self.once(step, caller, operation.kind, &known).await?;
        }
        Ok(did)
    }

    async fn once(&mut self, step: usize, caller: usize, kind: Kind, known: &Known) -> Result<bool> {
        match (kind, &known.call, &known.callback) {
            (Kind::Come(dollars), None, _) => {
                let call = arrive(&*self.table, &self.new_call(id(caller))).await?;
                self.come(step, &call, dollars).await
            }
            (Kind::Come(dollars), Some(call), _) => self.come(step, call, dollars).await,
            (Kind::Serve | Kind::ServeFirst, Some(call), _) => self.serve(step, call).await,
            (Kind::Decline, Some(call), _) => self.decline(step, call).await,
            (Kind::HangUp, Some(call), _) => self.hang_up(step, call).await,
            (Kind::Overflow, Some(call), _) => self.overflow(step, call).await,
            (Kind::KeepPlace, Some(call), _) => self.keep_place(step, call).await,
            (Kind::Ring, _, Some(callback)) => {
                Ok(matches!(begin_attempt(&*self.table, callback, at(step)).await?, Began::Begun(_)))
            }
            (Kind::NotReached, _, Some(callback)) => self.not_reached(step, callback).await,
            (Kind::Reach, _, Some(callback)) => self.reach(step, caller, callback).await,
            (Kind::CallIn(new), _, Some(callback)) => self.call_in(step, new, callback).await,
            (Kind::Cancel, _, Some(callback)) => {
                let is_open = callback.is_open();
                let closed = cancel(&*self.table, callback, at(step)).await?;
                Ok(is_open && matches!(closed, Closed::Closed(_)))
            }
            _ => Ok(false),
        }
    }

    fn latest(&self, caller: usize) -> CallId {
        self.calls.get(&caller).copied().unwrap_or_else(|| id(caller))
    }

    async fn call(&self, caller: usize) -> Result<Option<Call>> {
        Ok(find(&*self.table, self.account, self.latest(caller)).await?)
    }

    async fn first(&self) -> Result<Option<usize>> {
        let line = line(&*self.table, self.account, &queue(), 100).await?;
        let first = line.waiters.iter().find(|waiter| waiter.kind == WaiterKind::Live);
        Ok(first.map(|waiter| number_of(waiter.call)))
    }

    /// Who stands in line, read in pages of two, and how many slots are taken.
    pub(super) async fn standing(&self) -> Result<Standing> {
        let (mut stand, mut behind) = (Vec::new(), None);
        loop {
            let line = line_behind(&*self.table, self.account, &queue(), behind.as_ref(), 2).await?;
            stand.extend(
                line.waiters
                    .iter()
                    .map(|waiter| (waiter.place, number_of(waiter.call), waiter.kind == WaiterKind::Live)),
            );
            behind = line.waiters.into_iter().next_back();
            if !line.more {
                break;
            }
        }
        let capacity = read_capacity(&*self.table, self.account, &[BUYER]).await?;
        let capacity = capacity.into_iter().flatten().next().context("the buyer has capacity")?;
        Ok((stand, capacity.buyer.live.len()))
    }

    async fn come(&self, step: usize, call: &Call, dollars: i64) -> Result<bool> {
        let queued = self.queued(step, dollars);
        let waiter = waiter(call.id, &queued);
        let entry = Entry { call, waiter: &waiter, queued: &queued, rulings: &[], at: at(step) };
        Ok(matches!(enter(&*self.table, &entry).await?, Entered::Waiting(_)))
    }

    async fn serve(&self, step: usize, call: &Call) -> Result<bool> {
        let Some(queued) = &call.queued else { return Ok(false) };
        let known = read_capacity(&*self.table, self.account, &[BUYER]).await?;
        let known = known.into_iter().flatten().next().context("the buyer has capacity")?;
        let request = Request {
            call,
            is_stored: true,
            leg: &self.leg(step, call)?,
            expires_at: at(step + 10),
            known: &known,
            rulings: &[],
            caller: None,
            takes_out: Some(&waiter(call.id, queued)),
        };
        Ok(reserve(&*self.table, &request).await? == Reserved::Held)
    }

    async fn decline(&self, step: usize, call: &Call) -> Result<bool> {
        let Some(leg) = call.live_leg().filter(|_| call.ended.is_none()) else { return Ok(false) };
        self.end_leg(step, call, leg.attempt).await?;
        Ok(true)
    }

    async fn end_leg(&self, step: usize, call: &Call, attempt: u8) -> Result<()> {
        let end = LegEnd { stamp: stamp(step), cause: EndCause::NoAnswer, duration_seconds: None };
        let facts = [Fact::Leg(attempt, LegFact::Ended(end))];
        let call = record(&*self.table, self.account, call.id, &facts).await?.context("the call is there")?;
        release(&*self.table, &call, &call.legs[usize::from(attempt) - 1], at(step)).await?;
        Ok(())
    }

    async fn hang_up(&self, step: usize, call: &Call) -> Result<bool> {
        let was_on_the_line = call.ended.is_none() && call.overflowed.is_none() && call.finished.is_none();
        let over = [Fact::Ended(CallEnd { stamp: stamp(step), duration_seconds: None })];
        record(&*self.table, self.account, call.id, &over).await?;
        if let Some(queued) = &call.queued {
            leave(&*self.table, self.account, &queued.queue, queued.place, call.id).await?;
        }
        if let Some(leg) = call.live_leg() {
            self.end_leg(step, call, leg.attempt).await?;
        }
        Ok(was_on_the_line)
    }

    async fn overflow(&self, step: usize, call: &Call) -> Result<bool> {
        let reason = OverflowReason::NobodyComes { opens_at: None };
        let overflowed = Overflowed { at: at(step), node: self.node.clone(), reason };
        let left = overflow(&*self.table, call, &overflowed, None, &[]).await?;
        Ok(left == Left::Out && call.overflowed.is_none())
    }

    async fn keep_place(&self, step: usize, call: &Call) -> Result<bool> {
        let Some(queued) = call.queued.as_ref().filter(|_| call.ended.is_none() && call.overflowed.is_none())
        else {
            return Ok(false);
        };
        let keep = Keep {
            call,
            waiter: &waiter(call.id, queued),
            phone_number: &"+12145550177".parse()?,
            node: &self.node,
            at: at(step),
            expires_at: at(step + 1_000),
            rings_from: None,
        };
        let kept = keep_place(&*self.table, &keep).await?;
        Ok(call.finished.is_none() && matches!(kept, Kept::Kept(_)))
    }

    async fn not_reached(&self, step: usize, callback: &Callback) -> Result<bool> {
        let attempt = u8::try_from(callback.attempts.len())?;
        let then = AfterAttempt::Again { from: at(step) };
        attempt_ended(&*self.table, callback, attempt, EndCause::NoAnswer, at(step), then).await?;
        Ok(callback.state == CallbackState::Ringing)
    }

    async fn reach(&mut self, step: usize, caller: usize, callback: &Callback) -> Result<bool> {
        let attempt = u8::try_from(callback.attempts.len())?;
        let generation = u64::try_from(callback.call.bits() >> 80)? + 1;
        let call = self.new_call(CallId::from_parts(generation, u128::try_from(caller)?));
        let taken = reach(&*self.table, callback, attempt, &call, at(step)).await?;
        if let Taken::Waiting(_) = taken {
            self.calls.insert(caller, call.id);
        }
        Ok(matches!(taken, Taken::Waiting(_)))
    }

    async fn call_in(&self, step: usize, new: usize, callback: &Callback) -> Result<bool> {
        if !callback.is_open() || self.call(new).await?.is_some() {
            return Ok(false);
        }
        let call = arrive(&*self.table, &self.new_call(id(new))).await?;
        let queued = self.queued(step, 50);
        let waiter = waiter(call.id, &queued);
        let entry = Entry { call: &call, waiter: &waiter, queued: &queued, rulings: &[], at: at(step) };
        Ok(matches!(call_in(&*self.table, callback, &entry).await?, Taken::Waiting(_)))
    }

    fn queued(&self, step: usize, dollars: i64) -> Queued {
        Queued {
            queue: queue(),
            place: place(dollars, step),
            value: Money::from_cents(100 * dollars),
            entered_at: at(step),
            node: self.node.clone(),
            announced_seconds: None,
            answered_within_seconds: None,
        }
    }

    fn new_call(&self, id: CallId) -> Call {
        let origin = Origin {
            connection: ConnectionId::from_parts(1, 1),
            provider_call_id: id.to_string(),
            campaign: CAMPAIGN,
            publisher: PublisherId::from_parts(1, 1),
            number: NumberId::from_parts(1, 1),
            dialled: "+18005550111".parse().expect("a number"),
            caller: CallerNumber::from_presented("+12145550123"),
            caller_facts: CallerFacts::default(),
            rates: TelephonyRates::default(),
            arrived_at: at(0),
        };
        Call::new(id, self.account, origin, Tags::default())
    }

    fn leg(&self, step: usize, call: &Call) -> Result<Leg> {
        Ok(Leg {
            attempt: call.next_attempt().context("few attempts")?,
            target: TARGET,
            buyer: BUYER,
            destination: Destination::PhoneNumber("+12145550100".parse()?),
            node: self.node.clone(),
            ring_timeout_seconds: 20,
            screening_key: None,
            terms: Terms {
                price: Money::from_cents(4_500),
                billable_after_seconds: 90,
                payout: serde_json::from_value::<PayoutRule>(json!({"kind": "fixed", "amount": "20.00"}))?,
                duplicate: None,
                second_chance_before_seconds: None,
            },
            reserved_at: at(step),
            is_fetched: true,
            counted_in: Window::all_at(at(step), &TimeZone::UTC),
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
}

/// What is known of a caller when something is done.
struct Known {
    call: Option<Call>,
    callback: Option<Callback>,
}

fn id(caller: usize) -> CallId {
    CallId::from_parts(1, u128::try_from(caller).unwrap_or_default())
}

/// Whose call it is.
fn number_of(call: CallId) -> usize {
    usize::try_from(call.bits() & 0xFF).unwrap_or(usize::MAX)
}

fn queue() -> QueueId {
    QueueId::Campaign(CAMPAIGN)
}

fn stamp(step: usize) -> Stamp {
    Stamp { arrived_at: at(step), occurred_at: None }
}

fn waiter(call: CallId, queued: &Queued) -> Waiter {
    Waiter {
        queue: queued.queue.clone(),
        place: queued.place,
        call,
        campaign: CAMPAIGN,
        kind: WaiterKind::Live,
        value: queued.value,
        entered_at: queued.entered_at,
        targets: vec![TARGET],
        later: Vec::new(),
        plan_version: 1,
    }
}
