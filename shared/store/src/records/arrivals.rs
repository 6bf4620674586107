//! ARRIVALS: when a caller called of late, by call, for limits on how often. Written only where a campaign has such a limit. Each call is an
//! attribute of its own, so that one plain write adds it, once however often its webhook comes, and tells of the others.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::{
    caller::ArrivalCounts,
    ids::{AccountId, CallId},
    phone::PhoneNumber,
};

use super::{
    attributes::{Reader, damaged},
    caller::partition,
    idempotency::EXPIRES_AT_SECONDS,
};
use crate::port::{Item, Key, StoreError, Update};

/// More calls are not kept; no limit is as high.
pub const MOST: usize = 128;
/// So many are left where there are more: one more than the highest limit.
const KEPT: usize = 101;
/// So many that are past are cleared away together.
const MOST_PAST: usize = 8;
const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Where a caller's arrivals stand.
pub fn key(account: AccountId, number: &PhoneNumber) -> Key {
    Key::new(partition(account, number), "ARRIVALS")
}

/// The changes that add an arrival.
pub fn write(call: CallId, at: Timestamp) -> Vec<Update> {
    vec![
        Update::SetIfAbsent(call.to_string().as_str().into(), at.as_millisecond().into()),
        Update::Set(EXPIRES_AT_SECONDS.into(), (at + DAY + DAY).as_second().into()),
    ]
}

/// The arrivals of an item, the newest first.
pub fn decode(item: &Item) -> Result<Vec<(Timestamp, CallId)>, StoreError> {
    let calls = item.keys().filter(|name| *name != EXPIRES_AT_SECONDS);
    let arrival = |name: &String| {
        let call = CallId::from_str(name).map_err(|_| damaged(name, "a call's id"))?;
        let at = Reader(item).optional_milliseconds(name)?;
        Ok((at.ok_or_else(|| damaged(name, "a number"))?, call))
    };
    let mut arrivals: Vec<_> = calls.map(arrival).collect::<Result<_, StoreError>>()?;
    arrivals.sort_unstable_by(|one, other| other.cmp(one));
    Ok(arrivals)
}

/// How many of them came in the time before a moment, itself included.
pub fn count(arrivals: &[(Timestamp, CallId)], at: Timestamp) -> ArrivalCounts {
    let within = |span| {
        let came =
            arrivals.iter().filter(|(came_at, _)| *came_at <= at && at.duration_since(*came_at) < span);
        u32::try_from(came.count()).unwrap_or(u32::MAX)
    };
    ArrivalCounts { in_hour: within(HOUR), in_day: within(DAY) }
}

/// The changes that clear away what no limit asks for, once it is worth a write.
pub fn clear(arrivals: &[(Timestamp, CallId)], at: Timestamp) -> Vec<Update> {
    let past = arrivals.iter().filter(|(came_at, _)| at.duration_since(*came_at) >= DAY).count();
    if past < MOST_PAST && arrivals.len() <= MOST {
        return Vec::new();
    }
    let kept = (arrivals.len() - past).min(KEPT);
    arrivals[kept..].iter().map(|(_, call)| Update::Remove(call.to_string().as_str().into())).collect()
}
