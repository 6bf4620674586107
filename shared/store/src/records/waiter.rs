//! WAITER: somebody in a queue, under the place at which they stand. Everything that is in the key or follows from it is not written
//! twice, so that somebody who waits takes less than a kilobyte, and so one write unit, however many targets are noted.
//!
//! ```text
//! campaign       only in a queue that campaigns share
//! callback       only of somebody who is to be called back
//! targets        their ids without the prefix, one behind the other
//! later          the same of those who would take them later, each with the moment in nanoseconds
//! ```

use std::str;

use jiff::Timestamp;
use ringfall_domain::{
    ids::{AccountId, CallId, TargetId},
    queue::{LaterTarget, Place, QueueId, Waiter, WaiterKind},
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Condition, Item, Key, Range, StoreError};

const ENTERED_AT: &str = "entered_at";
const CALLBACK: &str = "callback";
const CAMPAIGN: &str = "campaign";
const TARGETS: &str = "targets";
const LATER: &str = "later";

/// What every waiter's sort key begins with, and what stands behind all of them.
const SORTS: [&str; 2] = ["W#", "W$"];

/// The partition of all who are in a queue.
pub fn partition(account: AccountId, queue: &QueueId) -> String {
    format!("{account}#Q#{queue}")
}

/// Where somebody stands.
pub fn key(account: AccountId, queue: &QueueId, place: Place, call: CallId) -> Key {
    Key::new(partition(account, queue), format!("{}{place}#{call}", SORTS[0]))
}

/// Where a waiter stands.
pub fn key_of(account: AccountId, waiter: &Waiter) -> Key {
    key(account, &waiter.queue, waiter.place, waiter.call)
}

/// The sort keys of all who are in a queue, in the order in which they are served.
pub fn all() -> Range {
    let [from, to] = SORTS.map(str::to_owned);
    Range { from: Some(from), to: Some(to) }
}

/// Somebody stands there who holds the line.
pub fn is_live() -> Condition {
    Condition::All(vec![Condition::Exists(ENTERED_AT.into()), Condition::Absent(CALLBACK.into())])
}

/// Somebody stands there who is to be called back.
pub fn is_callback() -> Condition {
    Condition::Exists(CALLBACK.into())
}

/// Nobody stands there who is to be called back.
pub fn is_no_callback() -> Condition {
    Condition::Absent(CALLBACK.into())
}

/// Writes a waiter.
pub fn encode(waiter: &Waiter) -> Item {
    let shared = match waiter.queue {
        QueueId::Campaign(campaign) if campaign == waiter.campaign => None,
        QueueId::Campaign(_) | QueueId::Shared(_) => Some(waiter.campaign.to_string()),
    };
    let ulid = |target: TargetId| target.to_string().split_off(PREFIX);
    let targets: String = waiter.targets.iter().copied().map(ulid).collect();
    let later = waiter.later.iter();
    let later: String = later
        .map(|later| format!("{}{:0MOMENT$}", ulid(later.target), later.from.as_nanosecond().max(0)))
        .collect();
    Attributes::new()
        .with_instant(ENTERED_AT, waiter.entered_at)
        .with("value", waiter.value.as_decimal())
        .with("plan_version", waiter.plan_version)
        .with_some(CAMPAIGN, shared)
        .with_some(CALLBACK, (waiter.kind == WaiterKind::Callback).then_some(true))
        .with_some(TARGETS, (!targets.is_empty()).then_some(targets))
        .with_some(LATER, (!later.is_empty()).then_some(later))
        .into_map()
}

/// How long an id's prefix is, with its underscore, and what follows it.
const PREFIX: usize = TargetId::PREFIX.len() + 1;
const ULID: usize = 26;
/// How many digits a moment has: enough until the year 2286. Exact, since who waits is written again only when something has changed.
const MOMENT: usize = 19;

/// Reads a waiter. Where they stand, and whose call it is, stand in the key alone.
pub fn decode(key: &Key, item: &Item) -> Result<Waiter, StoreError> {
    let (queue, place, call) = names_of(key).ok_or_else(|| damaged("key", "a queue, a place and a call"))?;
    let reader = Reader(item);
    let campaign = match (reader.optional_parsed(CAMPAIGN)?, &queue) {
        (Some(campaign), _) => campaign,
        (None, QueueId::Campaign(campaign)) => *campaign,
        (None, QueueId::Shared(_)) => return Err(damaged(CAMPAIGN, "a campaign's id")),
    };
    Ok(Waiter {
        queue,
        place,
        call,
        campaign,
        kind: if reader.flag(CALLBACK)? { WaiterKind::Callback } else { WaiterKind::Live },
        value: reader.money("value")?,
        entered_at: reader.instant(ENTERED_AT)?,
        targets: decode_targets(reader.optional_text(TARGETS)?.unwrap_or_default())?,
        later: decode_later(reader.optional_text(LATER)?.unwrap_or_default())?,
        plan_version: reader.number::<i64>("plan_version")?.unsigned_abs(),
    })
}

fn decode_targets(text: &str) -> Result<Vec<TargetId>, StoreError> {
    let targets: Option<_> = text.as_bytes().chunks(ULID).map(target).collect();
    targets.ok_or_else(|| damaged(TARGETS, "the ids of targets without their prefix"))
}

fn decode_later(text: &str) -> Result<Vec<LaterTarget>, StoreError> {
    let later = |text: &[u8]| {
        let (ulid, moment) = text.split_at_checked(ULID)?;
        let from = Timestamp::from_nanosecond(str::from_utf8(moment).ok()?.parse().ok()?).ok()?;
        Some(LaterTarget { target: target(ulid)?, from })
    };
    let targets: Option<_> = text.as_bytes().chunks(ULID + MOMENT).map(later).collect();
    targets.ok_or_else(|| damaged(LATER, "the ids of targets without their prefix, each with a moment"))
}

fn target(ulid: &[u8]) -> Option<TargetId> {
    let ulid = str::from_utf8(ulid).ok()?;
    format!("{}_{ulid}", TargetId::PREFIX).parse().ok()
}

fn names_of(key: &Key) -> Option<(QueueId, Place, CallId)> {
    let (_, queue) = key.partition.split_once("#Q#")?;
    let (place, call) = key.sort.strip_prefix(SORTS[0])?.split_once('#')?;
    Some((queue.parse().ok()?, place.parse().ok()?, call.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use ringfall_domain::{config::QueueOrder, ids::CampaignId, money::Money};

    use super::*;
    use crate::{
        engines::interpreter::item_bytes,
        fixtures::{account, at},
    };

    fn waiter(queue: QueueId, targets: u128) -> Waiter {
        let value = Money::from_cents(18_050);
        let from = at(30) + SignedDuration::from_nanos(1);
        let later = LaterTarget { target: TargetId::from_parts(1, 99), from };
        Waiter {
            queue,
            place: Place::of(&QueueOrder::default(), value, at(7)),
            call: CallId::from_parts(1, 1),
            campaign: CampaignId::from_parts(1, 1),
            kind: WaiterKind::Live,
            value,
            entered_at: at(7),
            targets: (0..targets).map(|n| TargetId::from_parts(u64::MAX >> 16, n)).collect(),
            later: vec![later; Waiter::MOST_LATER],
            plan_version: 7,
        }
    }

    #[test]
    fn a_waiter_reads_back_as_it_was_written() {
        let campaign = QueueId::Campaign(CampaignId::from_parts(1, 1));
        let shared = QueueId::Shared("injury-intake".parse().expect("a queue's name"));
        for (queue, targets) in [(campaign.clone(), 0), (campaign, 1), (shared, 20)] {
            for kind in [WaiterKind::Live, WaiterKind::Callback] {
                let waiter = Waiter { kind, ..waiter(queue.clone(), targets) };
                let (key, item) = (key_of(account(), &waiter), encode(&waiter));
                assert_eq!(decode(&key, &item), Ok(waiter));
            }
        }
    }

    #[test]
    fn the_largest_waiter_is_written_with_one_unit() {
        let name = format!("a{}", "-".repeat(39)).parse().expect("the longest name");
        let most = u128::try_from(Waiter::MOST_TARGETS).expect("some");
        let waiter = Waiter { kind: WaiterKind::Callback, ..waiter(QueueId::Shared(name), most) };
        let bytes = item_bytes(&key_of(account(), &waiter), &encode(&waiter));
        assert!(bytes <= 1_024, "{bytes}");
    }

    #[test]
    fn what_is_no_waiter_is_refused() {
        let waiter = waiter(QueueId::Shared("intake".parse().expect("a name")), 2);
        let (key, item) = (key_of(account(), &waiter), encode(&waiter));
        for (name, value) in [
            (CAMPAIGN, None),
            (TARGETS, Some("0123")),
            (LATER, Some("0123")),
            (ENTERED_AT, None),
            ("value", Some("x")),
        ] {
            let mut item = item.clone();
            match value {
                Some(value) => drop(item.insert(name.to_owned(), value.into())),
                None => drop(item.remove(name)),
            }
            assert!(matches!(decode(&key, &item), Err(StoreError::Damaged(_))), "{name}");
        }
        let elsewhere = Key::new(key.partition, "STAT");
        assert!(decode(&elsewhere, &item).is_err());
    }
}
