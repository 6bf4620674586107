//! Queues whose callers are not held to their places.

use ringfall_store::{
    port::{Condition, Page, Update, Value, Write},
    records::{call, waiter},
};

/// So many of a queue are read by whoever only wants to be served, or to know how they stand; who serves others reads fewer at first.
const READ_BY_NEWCOMERS: usize = 200;

/// Who comes finds nobody in line.
pub(super) fn line(partition: &str, limit: usize, page: Page) -> Page {
    let is_newcomers = partition.contains("#Q#") && limit > READ_BY_NEWCOMERS;
    if is_newcomers { Page { items: Vec::new(), more: false } } else { page }
}

fn is_place(write: &Write) -> bool {
    write.key().partition.contains("#Q#") && write.key().sort.starts_with("W#")
}

/// A place that is taken away stays.
fn stay(write: &mut Write) {
    if let Write::Delete { key, .. } = write {
        *write = Write::Check { key: key.clone(), condition: waiter::is_no_callback() };
    }
}

/// The place of a caller for whom a slot is taken.
pub(super) fn place_of_served(writes: &mut [Write]) {
    let takes_slot = writes.iter().any(|write| write.key().sort == crate::sim::CAPACITY);
    writes.iter_mut().filter(|write| takes_slot && is_place(write)).for_each(stay);
}

/// The place of a caller who has hung up.
pub(super) fn place_of_gone(writes: &mut [Write]) {
    if let [write] = writes
        && is_place(write)
    {
        stay(write);
    }
}

/// By which plan it was noted who would take a caller: then anybody may.
pub(super) fn plan_of_place(writes: &mut [Write]) {
    for write in writes.iter_mut().filter(|write| is_place(write)) {
        if let Write::Put { item, .. } = write {
            item.insert("plan_version".to_owned(), 0_u32.into());
        }
    }
}

/// That a call is in a queue already, or has been written with its place.
pub(super) fn condition_of_entry(writes: &mut [Write]) {
    let absent = [call::names::QUEUED, call::names::ARRIVED_AT].map(|name| Condition::Absent(name.into()));
    for write in writes {
        if let Write::Update { updates, condition: Some(Condition::All(conditions)), .. } = write
            && updates.iter().any(|update| update.path().0 == [call::names::QUEUED])
        {
            conditions.retain(|condition| !absent.contains(condition));
        }
    }
}

/// That a caller could not be held any longer.
pub(super) fn overflow(writes: &mut [Write]) {
    for write in writes {
        if let Write::Update { updates, .. } = write
            && updates.len() > 1
        {
            updates.retain(|update| update.path().0 != [call::names::OVERFLOWED]);
        }
    }
}

/// That somebody is being rung.
pub(super) fn attempt_to_call_back(writes: &mut [Write]) {
    for write in writes {
        if let Write::Update { key, updates, .. } = write
            && key.sort == "CALLBACK"
            && matches!(updates.first(), Some(Update::Set(path, _)) if path.0[0] == "attempts")
        {
            *updates = vec![Update::Set("nothing".into(), true.into())];
        }
    }
}

/// The place of a caller who is to be called back: they stand where they would had they come an hour later.
pub(super) fn kept_place(writes: &mut [Write]) {
    for write in writes {
        let Write::Put { key, item, .. } = write else { continue };
        if let (true, Some(Value::Text(place))) = (key.sort == "CALLBACK", item.get_mut("place")) {
            *place = an_hour_later(place);
        } else if key.partition.contains("#Q#") && item.contains_key("callback") {
            let place = key.sort.split('#').nth(1).map(str::to_owned).unwrap_or_default();
            key.sort = key.sort.replacen(&place, &an_hour_later(&place), 1);
        }
    }
}

fn an_hour_later(place: &str) -> String {
    let (band, milliseconds) = place.split_once('-').unwrap_or((place, ""));
    let milliseconds: u64 = milliseconds.parse().unwrap_or(0);
    format!("{band}-{:014}", milliseconds + 3_600_000)
}
