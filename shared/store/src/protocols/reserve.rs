//! Capacity is reserved: the heart of the promise that no cap is ever broken.
//!
//! One transaction over two items. The buyer's CAPACITY: every cap of the buyer and the target has room, and the leg holds no slot yet;
//! then the leg takes a slot, each window counts one more, the price leaves the budget. The CALL: it is not over, this
//! attempt is new, and the attempt before it is over; then the attempt is written with the terms that it will be billed by.
//!
//! So a reservation and its attempt exist together or not at all: a process that dies leaves none without the other, a
//! doubled webhook cannot reserve twice, and a caller who has hung up cannot be given a slot.

use jiff::Timestamp;
use ringfall_domain::{
    call::{Call, Leg},
    capacity::{Full, Scope, Window},
    ids::{AccountId, BuyerId, LegId, TargetId},
    routing::Ruling,
};

use super::find::refused;
use crate::{
    port::{Condition, Item, Operand, Path, Refusal, StoreError, Table, Update, Write, WriteError},
    records::{
        self,
        call::names as call_names,
        capacity::{CapacityRecord, Lease, cap_name, encode_lease, names, scope, within},
    },
};

/// What is to be reserved.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The call, as last read.
    pub call: &'a Call,
    /// The new attempt.
    pub leg: &'a Leg,
    /// When the sweep asks what became of the leg.
    pub expires_at: Timestamp,
    /// The buyer's capacity as last read: only to clear away windows that are past.
    pub known: &'a CapacityRecord,
    /// Why the other candidates were passed over, kept with the attempt.
    pub rulings: &'a [Ruling],
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// Capacity is held, and the attempt is written.
    Held,
    /// A cap has no room.
    Full(Full),
    /// The buyer or the target has no capacity record: it was archived.
    CapacityGone,
    /// Another copy of the webhook was faster, or the call is over: the call as it stands.
    Overtaken(Box<Call>),
}

/// Reserves capacity for an attempt and writes the attempt, both or none.
pub async fn reserve(table: &dyn Table, request: &Request<'_>) -> Result<Reserved, StoreError> {
    let (call, leg) = (request.call, request.leg);
    let capacity = Write::Update {
        key: records::capacity::key(call.account, leg.buyer),
        updates: take(request),
        condition: Some(has_room(leg_id(request), leg)),
    };
    let attempt = Write::Update {
        key: records::call::key(call.account, call.id),
        updates: vec![
            Update::Set(leg_path(leg.attempt), records::leg::encode_new(leg)),
            records::call::write_decision(request.rulings, leg.reserved_at),
        ],
        condition: Some(is_next(leg.attempt)),
    };
    match table.write(vec![capacity, attempt]).await {
        Ok(_) => Ok(Reserved::Held),
        Err(WriteError::Store(error)) => Err(error),
        Err(WriteError::Refused(refusals)) => refusal(request, &refusals),
    }
}

fn leg_id(request: &Request<'_>) -> LegId {
    LegId { call: request.call.id, attempt: request.leg.attempt }
}

fn leg_path(attempt: u8) -> Path {
    Path::of([call_names::LEGS, &attempt.to_string()])
}

/// The call is there and not over, its caller was not turned away, the attempt is new, and the one before it is over.
fn is_next(attempt: u8) -> Condition {
    let mut conditions = vec![
        Condition::Exists(call_names::CALL.into()),
        Condition::Absent(call_names::ENDED.into()),
        Condition::Any(vec![
            Condition::Absent(call_names::FINISHED.into()),
            Condition::Equal(Operand::Path(records::call::finish_kind()), records::call::FORWARDED.into()),
        ]),
        Condition::Absent(leg_path(attempt)),
    ];
    if let Some(before) = attempt.checked_sub(1).filter(|before| *before > 0) {
        conditions.push(Condition::Exists(Path::of([
            call_names::LEGS,
            &before.to_string(),
            call_names::ENDED,
        ])));
    }
    Condition::All(conditions)
}

fn has_room(id: LegId, leg: &Leg) -> Condition {
    let own = scope_has_room(None, id, &leg.counted_in);
    let target = scope_has_room(Some(leg.target), id, &leg.counted_in);
    let budget = Condition::Any(vec![
        Condition::Equal(Operand::Path(names::BUDGETED.into()), false.into()),
        Condition::AtMost(leg.terms.price.as_decimal().into(), Operand::Path(names::AVAILABLE.into())),
    ]);
    Condition::All(vec![own, target, budget])
}

fn scope_has_room(target: Option<TargetId>, leg: LegId, windows: &[Window; 4]) -> Condition {
    let scope = scope(target);
    let live = within(&scope, &[names::LIVE]);
    let concurrency = within(&scope, &[names::CAPS, names::CONCURRENCY]);
    let mut conditions = vec![
        Condition::Exists(live.clone()),
        Condition::Absent(within(&scope, &[names::LIVE, &leg.to_string()])),
        Condition::Any(vec![
            Condition::Absent(concurrency.clone()),
            Condition::Below(Operand::Size(live), Operand::Path(concurrency)),
        ]),
    ];
    conditions.extend(windows.iter().map(|window| window_has_room(&scope, *window)));
    Condition::All(conditions)
}

fn window_has_room(scope: &[String], window: Window) -> Condition {
    let limit = within(scope, &[names::CAPS, cap_name(window.period)]);
    let counted = within(scope, &[names::COUNTED, &window.to_string()]);
    Condition::Any(vec![
        Condition::Absent(limit.clone()),
        Condition::Below(Operand::Path(counted.clone()), Operand::Path(limit.clone())),
        Condition::All(vec![
            Condition::Absent(counted),
            Condition::Below(0_u32.into(), Operand::Path(limit)),
        ]),
    ])
}

fn take(request: &Request<'_>) -> Vec<Update> {
    let leg = request.leg;
    let id = leg_id(request).to_string();
    let lease = Lease { target: leg.target, expires_at: request.expires_at };
    let (own, target) = (scope(None), scope(Some(leg.target)));
    let mut updates = vec![
        Update::Set(within(&own, &[names::LIVE, &id]), encode_lease(&lease)),
        Update::Set(within(&target, &[names::LIVE, &id]), true.into()),
        Update::Add(names::AVAILABLE.into(), (-leg.terms.price).as_decimal()),
    ];
    for scope in [&own, &target] {
        for window in leg.counted_in {
            updates.push(Update::Add(within(scope, &[names::COUNTED, &window.to_string()]), 1.into()));
        }
    }
    updates.extend(clear_past_windows(request, &own, &target));
    updates
}

/// Windows in which no call can still be counted are cleared away by whoever passes, so that the item stays small.
fn clear_past_windows(request: &Request<'_>, own: &[String], target: &[String]) -> Vec<Update> {
    let (known, now) = (request.known, request.leg.reserved_at);
    let of_target = known.targets.get(&request.leg.target).map(|scope| &scope.counted);
    let past = |counted: &std::collections::BTreeMap<Window, u32>, scope: &[String]| -> Vec<Update> {
        let past = counted.keys().filter(|window| window.is_past(now));
        past.map(|window| Update::Remove(within(scope, &[names::COUNTED, &window.to_string()]))).collect()
    };
    let mut removals = past(&known.buyer.counted, own);
    removals.extend(of_target.map(|counted| past(counted, target)).unwrap_or_default());
    removals
}

/// The call's refusal comes first: an attempt that exists already needs no explanation of caps.
fn refusal(request: &Request<'_>, refusals: &[Option<Refusal>]) -> Result<Reserved, StoreError> {
    if refusals.get(1).is_some_and(Option::is_some) {
        return refused(refusals, 1).map(|call| Reserved::Overtaken(Box::new(call)));
    }
    let item = refusals.first().and_then(|refusal| refusal.as_ref()?.item.as_ref());
    let Some(item) = item else { return Ok(Reserved::CapacityGone) };
    why_full(item, request.leg)
}

fn why_full(item: &Item, leg: &Leg) -> Result<Reserved, StoreError> {
    let record = records::capacity::decode(item)?;
    let Some(target) = record.targets.get(&leg.target) else { return Ok(Reserved::CapacityGone) };
    let of_target = target.usage(&leg.counted_in).full(Scope::Target);
    let full = of_target.or_else(|| record.buyer_usage(&leg.counted_in).full(leg.terms.price));
    full.map(Reserved::Full).ok_or_else(|| {
        StoreError::Damaged(
            "capacity that has room and yet was refused: the leg holds a slot without its attempt".to_owned(),
        )
    })
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
            records.push(item.as_ref().map(records::capacity::decode).transpose()?);
        }
    }
    Ok(records)
}
