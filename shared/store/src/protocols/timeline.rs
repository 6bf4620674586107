//! Timelines are read: calls and ledger entries, the newest first, month by month.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use ringfall_domain::ids::AccountId;

use crate::{
    port::{Direction, Range, SharedItem, StoreError, Table},
    records::timeline::{Listed, partition, sortable},
};

/// From when (inclusive) to when (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: Timestamp,
    /// The instant behind the last.
    pub to: Timestamp,
}

/// Some of a timeline's entries, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Stretch {
    /// With their places.
    pub entries: Vec<(String, SharedItem)>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// Up to `limit` (at least 1) entries within a span, from behind the place `after` of an earlier one. Every month of the
/// span may be looked into: bound it by what can have entries at all.
pub async fn read(
    table: &dyn Table,
    account: AccountId,
    listed: Listed,
    span: Span,
    after: Option<&str>,
    limit: usize,
) -> Result<Stretch, StoreError> {
    let mut stretch = Stretch::default();
    let mut to = after.map_or_else(|| sortable(span.to), str::to_owned);
    let from = sortable(span.from);
    let mut month = Some(time_of(&to).unwrap_or(span.to));
    while let Some(at) = month {
        let partition = partition(account, listed, at);
        loop {
            let range = Range { from: Some(from.clone()), to: Some(to.clone()) };
            let wanted = limit + 1 - stretch.entries.len();
            let page = table.query(&partition, &range, Direction::Descending, wanted).await?;
            stretch.entries.extend(page.items.into_iter().map(|(key, item)| (key.sort, item)));
            if stretch.entries.len() > limit {
                stretch.entries.truncate(limit);
                stretch.more = true;
                return Ok(stretch);
            }
            match stretch.entries.last().filter(|_| page.more) {
                Some((place, _)) => to.clone_from(place),
                None => break,
            }
        }
        month = month_before(at).filter(|before| *before >= span.from);
    }
    Ok(stretch)
}

/// The instant that a place begins with.
fn time_of(place: &str) -> Option<Timestamp> {
    place.split('#').next()?.parse().ok()
}

/// The last instant of the month before the one that an instant falls into.
fn month_before(at: Timestamp) -> Option<Timestamp> {
    let first = at.to_zoned(TimeZone::UTC).first_of_month().and_then(|first| first.start_of_day()).ok()?;
    first.timestamp().checked_sub(1.nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engines::memory::MemoryStore,
        port::{Item, Value, Write},
        records::timeline::key,
    };

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn account() -> AccountId {
        AccountId::from_parts(1, 1)
    }

    async fn store() -> MemoryStore {
        let store = MemoryStore::new();
        for (number, at) in [
            "2025-11-30T23:59:59.999Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.5Z",
            "2026-03-05T10:00:00Z",
        ]
        .into_iter()
        .enumerate()
        {
            let key = key(account(), Listed::Calls, time(at), &number.to_string());
            let item = Item::from([("call".to_owned(), Value::from(number as u64))]);
            store.write(vec![Write::Put { key, item, condition: None }]).await.expect("a store");
        }
        store
    }

    async fn names(store: &MemoryStore, from: &str, to: &str, limit: usize) -> Vec<String> {
        let (span, mut after, mut names) = (Span { from: time(from), to: time(to) }, None, Vec::new());
        loop {
            let stretch = read(store, account(), Listed::Calls, span, after.as_deref(), limit);
            let Stretch { entries, more } = stretch.await.expect("a store");
            assert!(entries.len() <= limit && (!more || entries.len() == limit));
            names
                .extend(entries.iter().map(|(place, _)| place.split('#').nth(1).expect("a name").to_owned()));
            match entries.into_iter().next_back().filter(|_| more) {
                Some((place, _)) => after = Some(place),
                None => return names,
            }
        }
    }

    #[tokio::test]
    async fn a_timeline_is_read_backwards_over_months_in_stretches_of_any_length() {
        let store = store().await;
        for limit in 1..=5 {
            let all = names(&store, "2025-01-01T00:00:00Z", "2026-12-01T00:00:00Z", limit).await;
            assert_eq!(all, ["3", "2", "1", "0"], "{limit} at once");
        }
    }

    #[tokio::test]
    async fn a_span_has_its_first_instant_and_not_its_last() {
        let store = store().await;
        for (from, to, expected) in [
            ("2026-01-01T00:00:00Z", "2026-03-05T10:00:00Z", &["2", "1"][..]),
            ("2026-01-01T00:00:00.1Z", "2026-03-05T10:00:00.001Z", &["3", "2"]),
            ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", &[]),
            ("2026-05-01T00:00:00Z", "2026-03-01T00:00:00Z", &[]),
        ] {
            assert_eq!(names(&store, from, to, 2).await, expected, "{from} to {to}");
        }
    }
}
