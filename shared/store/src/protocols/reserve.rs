//! Capacity is reserved: the heart of the promise that no cap is ever broken.
//!
//! One transaction over two items. The buyer's CAPACITY: every limit of the buyer, the target and its group has room, and the leg holds no
//! slot yet; then the leg takes a slot, each window counts one more call and its price, the price leaves the budget. The
//! CALL: it is not over, this attempt is new, and the attempt before it is over; then the attempt is written with the
//! terms that it will be billed by.
//!
//! So a reservation and its attempt exist together or not at all: a process that dies leaves none without the other, a
//! doubled webhook cannot reserve twice, and a caller who has hung up cannot be given a slot.
//!
//! Where a rule about repeated callers asks for it, the transaction claims the caller too ([`caller`](super::caller)).
//!
//! A caller who waits is taken out of the queue by the same transaction: of two who serve the same one, one is refused, and a slot
//! and a caller are never taken separately.
//!
//! Where many legs are live the lease is an item of its own ([`lease`]), and a third of the transaction. What a
//! scope holds is then the size of a map and a count; a condition adds nothing up, so it goes by the size as it was read: "as many as that
//! or fewer within, and with those at most cap − 1 elsewhere".
//!
//! A condition compares and does not calculate: "committed + price ≤ cap" is "committed ≤ cap − price", the right side a figure of
//! the writer's. So the limits are those that the writer has read, and the write holds only while their revision stands. A cap
//! that was lowered meanwhile refuses it; it is tried again by the limits that stand then.

use std::borrow::Cow;

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg},
    capacity::{Full, Pace, Period, Window},
    ids::{AccountId, BuyerId, LegId},
    money::Money,
    queue::Waiter,
    routing::Ruling,
};

use super::{
    arrive::create,
    caller::claim,
    find::{find, refused},
    queue::take_away,
    standing::{goes_on, has_queued_as_seen, leg_path},
};
use crate::{
    port::{Condition, Operand, Path, Refusal, StoreError, Table, Update, Write, WriteError},
    records::{
        self,
        caller::CallerRecord,
        capacity::{CapacityRecord, Lease, LeasePlace, Place, ScopeRecord, lease, names},
        waiter,
    },
};

/// What is to be reserved.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The call, as last read, or as it came in.
    pub call: &'a Call,
    /// Whether the call is written already; if not, it is written with the attempt.
    pub is_stored: bool,
    /// The new attempt.
    pub leg: &'a Leg,
    /// When the sweep asks what became of the leg.
    pub expires_at: Timestamp,
    /// The buyer's capacity as last read: the limits that the reservation goes by, if they still stand, and the windows that are past.
    /// How much is in use is not taken from it.
    pub known: &'a CapacityRecord,
    /// Why the other candidates were passed over, kept with the attempt.
    pub rulings: &'a [Ruling],
    /// What the caller's earlier calls were judged by, where the attempt is to claim the caller.
    pub caller: Option<&'a CallerRecord>,
    /// Where the caller waits who is to be served. None where they do not wait: one who has waited before is taken out of the queue all
    /// the same, should a copy of the webhook have put them back.
    pub takes_out: Option<&'a Waiter>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// Capacity is held, and the attempt is written.
    Held,
    /// A limit has no room.
    Full(Full),
    /// The buyer, the target or its group has no capacity: it was archived or taken away.
    CapacityGone,
    /// Another copy of the webhook was faster, or the call is over: the call as it stands.
    Overtaken(Box<Call>),
    /// The end of the call was reported before the call was written, and it still is not.
    EndedBefore,
    /// Another call of the same caller was faster: this one is to be judged again.
    CallerClaimed,
    /// The caller waits no more, though nobody has offered them: the call as it stands.
    NotWaiting(Box<Call>),
}

/// Limits that change each time before they could be gone by: somebody saves faster than anybody can.
const MOST_TRIES: usize = 8;

/// Reserves capacity for an attempt and writes the attempt, both or none.
pub async fn reserve(table: &dyn Table, request: &Request<'_>) -> Result<Reserved, StoreError> {
    let mut known = Cow::Borrowed(request.known);
    for _ in 0..MOST_TRIES {
        let Some(writes) = writes(request, &known) else { return Ok(Reserved::CapacityGone) };
        match table.write(writes).await {
            Ok(_) => return Ok(Reserved::Held),
            Err(WriteError::Store(error)) => return Err(error),
            Err(WriteError::Refused(refusals)) => match refusal(request, &known, &refusals)? {
                Found::Answer(reserved) => return Ok(reserved),
                Found::NotWaiting => return not_waiting(table, request.call).await,
                Found::Otherwise(record) => known = Cow::Owned(*record),
            },
        }
    }
    Err(StoreError::Unavailable("the buyer's limits change faster than they can be gone by".to_owned()))
}

async fn not_waiting(table: &dyn Table, call: &Call) -> Result<Reserved, StoreError> {
    let found = find(table, call.account, call.id).await?.map(Box::new);
    Ok(found.map_or(Reserved::EndedBefore, Reserved::NotWaiting))
}

/// None where the buyer, the target or its group has no capacity.
fn writes(request: &Request<'_>, known: &CapacityRecord) -> Option<Vec<Write>> {
    let (call, leg) = (request.call, request.leg);
    let scopes = known.scopes_of(leg)?;
    let id = LegId { call: call.id, attempt: leg.attempt };
    let place = known.next_lease();
    let capacity = Write::Update {
        key: records::capacity::key(call.account, leg.buyer),
        updates: take(request, &scopes, id, place),
        condition: Some(has_room(known, &scopes, id, leg)),
    };
    let attempt = write_attempt(request);
    let claim = request.caller.and_then(|known| claim(call, leg, known));
    let lease = (place == LeasePlace::Elsewhere).then(|| Write::Put {
        key: lease::key(call.account, leg.buyer, id),
        item: lease::encode(&lease_of(request)),
        condition: Some(Condition::Absent(lease::EXPIRES_AT.into())),
    });
    Some([capacity, attempt].into_iter().chain(take_out(request)).chain(claim).chain(lease).collect())
}

const fn lease_of(request: &Request<'_>) -> Lease {
    Lease { target: request.leg.target, expires_at: request.expires_at }
}

fn take_out(request: &Request<'_>) -> Option<Write> {
    let call = request.call;
    let Some(waiter) = request.takes_out else { return take_away(call) };
    let key = waiter::key_of(call.account, waiter);
    Some(Write::Delete { key, condition: Some(waiter::is_live()) })
}

fn write_attempt(request: &Request<'_>) -> Write {
    let (call, leg) = (request.call, request.leg);
    let decision = records::call::write_decision(request.rulings, leg.reserved_at);
    if request.is_stored {
        let key = records::call::key(call.account, call.id);
        let attempt = Update::Set(leg_path(leg.attempt.into()), records::leg::encode_new(leg));
        return Write::Update { key, updates: vec![attempt, decision], condition: Some(is_next(call, leg)) };
    }
    create(&Call { legs: vec![leg.clone()], ..call.clone() }, Some(decision))
}

/// The call goes on, the attempt is the next one, and the caller waits nowhere that we do not know of.
fn is_next(call: &Call, leg: &Leg) -> Condition {
    let attempts = usize::from(leg.attempt).saturating_sub(1);
    Condition::All(goes_on(attempts).into_iter().chain(has_queued_as_seen(call)).collect())
}

type Scopes<'a> = [(Place<'a>, &'a ScopeRecord)];

fn has_room(known: &CapacityRecord, scopes: &Scopes<'_>, id: LegId, leg: &Leg) -> Condition {
    let same_limits = Condition::Equal(Operand::Path(names::REVISION.into()), known.revision.into());
    let budget =
        Condition::AtMost(leg.terms.price.as_decimal().into(), Operand::Path(names::AVAILABLE.into()));
    let budget =
        Condition::Any(vec![Condition::Equal(Operand::Path(names::BUDGETED.into()), false.into()), budget]);
    let lease = known.next_lease();
    let within = (lease == LeasePlace::Within).then(|| takes_another_within(known.most_within()));
    let scopes = scopes.iter().flat_map(|(place, scope)| scope_has_room(*place, scope, lease, id, leg));
    Condition::All(
        [same_limits, budget].into_iter().chain(within.into_iter().flatten()).chain(scopes).collect(),
    )
}

/// No lease stands elsewhere, and CAPACITY holds fewer than it may.
fn takes_another_within(most: u32) -> [Condition; 2] {
    let live = Place::Buyer.path([names::LIVE]);
    [is_below(Place::Buyer.path([names::ELSEWHERE]), 1), Condition::Below(Operand::Size(live), most.into())]
}

/// A count that is absent is none.
fn is_below(count: Path, limit: u32) -> Condition {
    let none = (limit > 0).then(|| Condition::Absent(count.clone()));
    let fewer = Condition::Below(Operand::Path(count), limit.into());
    Condition::Any(none.into_iter().chain([fewer]).collect())
}

/// A slot is free: of those within and those elsewhere together, fewer than the limit are taken.
fn slot_is_free(place: Place<'_>, scope: &ScopeRecord, lease: LeasePlace, limit: u32) -> Vec<Condition> {
    let live = Operand::Size(place.path([names::LIVE]));
    match lease {
        // None is elsewhere.
        LeasePlace::Within => vec![Condition::Below(live, limit.into())],
        LeasePlace::Elsewhere => {
            let within = u32::try_from(scope.live.len()).unwrap_or(u32::MAX);
            let elsewhere = place.path([names::ELSEWHERE]);
            vec![Condition::AtMost(live, within.into()), is_below(elsewhere, limit.saturating_sub(within))]
        }
    }
}

fn scope_has_room(
    place: Place<'_>,
    scope: &ScopeRecord,
    lease: LeasePlace,
    id: LegId,
    leg: &Leg,
) -> Vec<Condition> {
    let limits = &scope.limits;
    let live = place.path([names::LIVE]);
    let mut conditions =
        vec![Condition::Exists(live), Condition::Absent(place.path([names::LIVE, &id.to_string()]))];
    let concurrency = limits.caps.concurrency.into_iter();
    conditions.extend(concurrency.flat_map(|limit| slot_is_free(place, scope, lease, limit)));
    for (period, window) in Period::ALL.into_iter().zip(leg.counted_in) {
        let calls = period.limit(&limits.caps);
        conditions.extend(calls.map(|limit| calls_have_room(place, window, limit)));
        let money = period.money_limit(&limits.money_caps);
        conditions.extend(money.map(|limit| money_has_room(place, window, limit, leg.terms.price)));
    }
    let pace = limits.minimum_seconds_between_calls;
    conditions.extend(pace.map(|minimum_seconds| is_not_too_soon(place, minimum_seconds, leg.reserved_at)));
    conditions
}

/// A window in which nothing was counted yet has room for a first call, if for any.
fn calls_have_room(place: Place<'_>, window: Window, limit: u32) -> Condition {
    is_below(place.path([names::COUNTED, &window.to_string()]), limit)
}

fn money_has_room(place: Place<'_>, window: Window, limit: Money, price: Money) -> Condition {
    let committed = place.path([names::COMMITTED, &window.to_string()]);
    let first = (price <= limit).then(|| Condition::Absent(committed.clone()));
    let next = Condition::AtMost(Operand::Path(committed), (limit - price).as_decimal().into());
    Condition::Any(first.into_iter().chain([next]).collect())
}

fn is_not_too_soon(place: Place<'_>, minimum_seconds: u32, at: Timestamp) -> Condition {
    let last = place.path([names::LAST_RESERVED_AT]);
    let latest = Pace::latest_before_milliseconds(minimum_seconds, at);
    Condition::Any(vec![
        Condition::Absent(last.clone()),
        Condition::AtMost(Operand::Path(last), latest.into()),
    ])
}

fn take(request: &Request<'_>, scopes: &Scopes<'_>, id: LegId, lease: LeasePlace) -> Vec<Update> {
    let (leg, name) = (request.leg, id.to_string());
    let price = leg.terms.price;
    let mut updates = vec![Update::Add(names::AVAILABLE.into(), (-price).as_decimal())];
    for (place, scope) in scopes {
        updates.push(match (lease, place) {
            (LeasePlace::Elsewhere, _) => Update::Add(place.path([names::ELSEWHERE]), 1.into()),
            (LeasePlace::Within, Place::Buyer) => {
                Update::Set(place.path([names::LIVE, &name]), lease::encode_within(&lease_of(request)))
            }
            (LeasePlace::Within, Place::Group(_) | Place::Target(_)) => {
                Update::Set(place.path([names::LIVE, &name]), true.into())
            }
        });
        for window in leg.counted_in.map(|window| window.to_string()) {
            updates.push(Update::Add(place.path([names::COUNTED, &window]), 1.into()));
            updates.push(Update::Add(place.path([names::COMMITTED, &window]), price.as_decimal()));
        }
        let last = place.path([names::LAST_RESERVED_AT]);
        let at = leg.reserved_at.as_millisecond();
        updates.extend(scope.limits.minimum_seconds_between_calls.map(|_| Update::Set(last, at.into())));
        updates.extend(clear_past_windows(*place, scope, leg.reserved_at));
    }
    updates
}

/// Windows in which no call can still be counted are cleared away by whoever passes, so that the item stays small.
fn clear_past_windows(place: Place<'_>, scope: &ScopeRecord, now: Timestamp) -> impl Iterator<Item = Update> {
    scope.past(now).map(|window| window.to_string()).flat_map(move |window| {
        [names::COUNTED, names::COMMITTED].map(|sums| Update::Remove(place.path([sums, &window])))
    })
}

/// What a refusal comes to.
enum Found {
    Answer(Reserved),
    /// The limits were saved since they were read, or leases stand otherwise.
    Otherwise(Box<CapacityRecord>),
    /// Somebody else has taken the caller out of the queue, or they have left it.
    NotWaiting,
}

/// The call's refusal comes first: an attempt that exists already needs no explanation of caps, nor of how the caller came out of the
/// queue. Nor does one that is judged again.
fn refusal(
    request: &Request<'_>,
    known: &CapacityRecord,
    refusals: &[Option<Refusal>],
) -> Result<Found, StoreError> {
    let is_refused = |write: usize| refusals.get(write).is_some_and(Option::is_some);
    if is_refused(1) {
        let key = records::call::key(request.call.account, request.call.id);
        let found = refused(&key, refusals, 1)?.map(Box::new);
        return Ok(Found::Answer(found.map_or(Reserved::EndedBefore, Reserved::Overtaken)));
    }
    // Whoever takes the caller out of the queue unconditionally cannot be refused; the claim stands behind.
    let claim = if take_out(request).is_some() { 3 } else { 2 };
    if claim == 3 && is_refused(2) {
        return Ok(Found::NotWaiting);
    }
    if is_refused(claim) {
        return Ok(Found::Answer(Reserved::CallerClaimed));
    }
    let Some(refusal) = refusals.first().and_then(Option::as_ref) else {
        return Err(StoreError::Damaged("a lease without its attempt".to_owned()));
    };
    let Some(item) = &refusal.item else { return Ok(Found::Answer(Reserved::CapacityGone)) };
    let record = records::capacity::decode(item)?;
    if record.scopes_of(request.leg).is_none() {
        return Ok(Found::Answer(Reserved::CapacityGone));
    }
    match record.full(request.leg) {
        Some(full) => Ok(Found::Answer(Reserved::Full(full))),
        None if stands_otherwise(&record, known, request.leg) => Ok(Found::Otherwise(Box::new(record))),
        None => Err(StoreError::Damaged(
            "capacity that has room and yet was refused: the leg holds a slot without its attempt".to_owned(),
        )),
    }
}

/// Whether what the conditions went by is no longer so. How much of the rest is in use they have judged themselves.
fn stands_otherwise(record: &CapacityRecord, known: &CapacityRecord, leg: &Leg) -> bool {
    let leases = |record: &CapacityRecord| {
        let scopes = record.scopes_of(leg).unwrap_or_default();
        scopes.iter().map(|(_, scope)| (scope.live.len(), scope.elsewhere)).collect::<Vec<_>>()
    };
    record.revision != known.revision || leases(record) != leases(known)
}

/// The capacity of some buyers, in their order; none where a buyer has no record.
pub async fn read_capacity(
    table: &dyn Table,
    account: AccountId,
    buyers: &[BuyerId],
) -> Result<Vec<Option<CapacityRecord>>, StoreError> {
    let keys: Vec<_> = buyers.iter().map(|buyer| records::capacity::key(account, *buyer)).collect();
    let mut records = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(100) {
        for item in table.get_many(chunk).await? {
            records.push(item.as_deref().map(records::capacity::decode).transpose()?);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests;
