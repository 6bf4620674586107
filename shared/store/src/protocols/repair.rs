//! What is asked for and what is done of repairs. Several may ask and several may work at once: whatever was changed meanwhile is not
//! overwritten.

use std::cmp::{max, min};

use jiff::Timestamp;

use crate::{
    port::{Condition, Operand, StoreError, Table, Write, WriteError},
    records::repair::{Hours, Repair, Step, VERSION, decode, encode, key},
};

/// Segments of the table that are walked through side by side.
const SEGMENTS: usize = 4;

/// Why hours are to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The change feed has lost changes: first all items are walked through, for calls that are in no list.
    Gap,
    /// The comparison that is made again and again.
    Comparison {
        /// Now.
        at: Timestamp,
    },
}

/// What is to be done.
pub async fn read(table: &dyn Table) -> Result<Repair, StoreError> {
    table.get(&key()).await?.as_deref().map_or(Ok(Repair::default()), decode)
}

/// Asks for hours to be looked at, besides those that were asked for before.
///
/// # Errors
/// The store failed, or others were faster each time: ask again.
pub async fn request(table: &dyn Table, from: Timestamp, to: Timestamp, why: Why) -> Result<(), StoreError> {
    const ATTEMPTS: usize = 5;
    for _ in 0..ATTEMPTS {
        let before = read(table).await?;
        let after = with(&before, from, to, why);
        if replace(table, &before, after).await? {
            return Ok(());
        }
    }
    Err(StoreError::Unavailable("others ask for repairs at the same time".to_owned()))
}

fn with(before: &Repair, from: Timestamp, to: Timestamp, why: Why) -> Repair {
    let asked = before.hours.as_ref();
    let walk = match why {
        // From the beginning: the calls of more hours are wanted now.
        Why::Gap => vec![Step::ToBegin; SEGMENTS],
        Why::Comparison { .. } => asked.map(|hours| hours.walk.clone()).unwrap_or_default(),
    };
    let compared_at = match why {
        Why::Gap => before.compared_at,
        Why::Comparison { at } => Some(at),
    };
    let from = asked.map_or(from, |hours| min(hours.from, from));
    let to = asked.map_or(to, |hours| max(hours.to, to));
    Repair { hours: Some(Hours { from, to, walk }), compared_at, ..*before }
}

/// Writes down how far a repair has come, or that nothing is left.
///
/// # Returns
/// False if it was changed meanwhile, and nothing was written: look again.
pub async fn replace(table: &dyn Table, before: &Repair, after: Repair) -> Result<bool, StoreError> {
    let unchanged = match before.version {
        0 => Condition::Absent(VERSION.into()),
        version => Condition::Equal(Operand::Path(VERSION.into()), version.into()),
    };
    let item = encode(&Repair { version: before.version + 1, ..after });
    match table.write(vec![Write::Put { key: key(), item, condition: Some(unchanged) }]).await {
        Ok(_) => Ok(true),
        Err(WriteError::Refused(_)) => Ok(false),
        Err(WriteError::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engines::memory::MemoryStore, port::Key};

    fn hour(hour: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 / 3_600 * 3_600 + hour * 3_600).expect("a time in 2026")
    }

    async fn hours(store: &MemoryStore) -> (Timestamp, Timestamp, Vec<Step>) {
        let Hours { from, to, walk } = read(store).await.expect("a store").hours.expect("something to do");
        (from, to, walk)
    }

    #[tokio::test]
    async fn what_is_asked_for_adds_to_what_was() {
        let store = MemoryStore::new();
        request(&store, hour(5), hour(8), Why::Comparison { at: hour(9) }).await.expect("a store");
        assert_eq!(hours(&store).await, (hour(5), hour(8), vec![]));
        request(&store, hour(2), hour(6), Why::Gap).await.expect("a store");
        assert_eq!(hours(&store).await, (hour(2), hour(8), vec![Step::ToBegin; SEGMENTS]));
        request(&store, hour(4), hour(9), Why::Comparison { at: hour(33) }).await.expect("a store");
        assert_eq!(hours(&store).await, (hour(2), hour(9), vec![Step::ToBegin; SEGMENTS]), "still to walk");
        assert_eq!(read(&store).await.expect("a store").compared_at, Some(hour(33)));
    }

    #[tokio::test]
    async fn another_gap_begins_the_walk_anew() {
        let store = MemoryStore::new();
        request(&store, hour(5), hour(8), Why::Gap).await.expect("a store");
        let before = read(&store).await.expect("a store");
        let walk = vec![Step::Through(Key::new("p", "s")); SEGMENTS];
        let further = Repair { hours: Some(Hours { from: hour(5), to: hour(8), walk }), ..before };
        assert_eq!(replace(&store, &before, further).await, Ok(true));
        request(&store, hour(7), hour(9), Why::Gap).await.expect("a store");
        assert_eq!(hours(&store).await, (hour(5), hour(9), vec![Step::ToBegin; SEGMENTS]));
    }

    #[tokio::test]
    async fn what_was_asked_for_meanwhile_is_not_taken_for_done() {
        let store = MemoryStore::new();
        request(&store, hour(5), hour(8), Why::Gap).await.expect("a store");
        let before = read(&store).await.expect("a store");
        request(&store, hour(5), hour(8), Why::Gap).await.expect("a store");
        let done = Repair { hours: None, ..before.clone() };
        assert_eq!(replace(&store, &before, done.clone()).await, Ok(false));
        let before = read(&store).await.expect("a store");
        assert_eq!(replace(&store, &before, done).await, Ok(true));
        assert_eq!(read(&store).await.expect("a store").hours, None);
    }
}
