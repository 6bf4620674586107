//! Short ways to say what cases say often.

use std::sync::Arc;

use ringfall_store::port::{
    Change, Condition, Delivery, Item, Key, Operand, Path, Position, Reading, Refusal, StoreError, Update,
    Value, Write, WriteError, Written,
};
use rust_decimal::Decimal;

use super::Engine;

/// The partition that most cases write to.
pub(super) const PARTITION: &str = "account#1";

/// For how long the cases hide a message.
pub(super) const HIDDEN_SECONDS: u32 = 5;

pub(super) fn key(sort: &str) -> Key {
    Key::new(PARTITION, sort)
}

pub(super) fn decimal(digits: &str) -> Decimal {
    Decimal::from_str_exact(digits).expect("the case gives a number")
}

pub(super) fn number(digits: &str) -> Value {
    Value::Number(decimal(digits))
}

pub(super) fn item<const N: usize>(attributes: [(&str, Value); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(item(entries))
}

pub(super) fn at(name: &str) -> Operand {
    Operand::Path(Path::from(name))
}

pub(super) fn put(sort: &str, item: Item) -> Write {
    Write::Put { key: key(sort), item, condition: None }
}

pub(super) fn put_if(sort: &str, item: Item, condition: Condition) -> Write {
    Write::Put { key: key(sort), item, condition: Some(condition) }
}

pub(super) fn update(sort: &str, updates: Vec<Update>) -> Write {
    Write::Update { key: key(sort), updates, condition: None }
}

pub(super) fn update_if(sort: &str, updates: Vec<Update>, condition: Condition) -> Write {
    Write::Update { key: key(sort), updates, condition: Some(condition) }
}

pub(super) fn delete(sort: &str) -> Write {
    Write::Delete { key: key(sort), condition: None }
}

pub(super) fn check(sort: &str, condition: Condition) -> Write {
    Write::Check { key: key(sort), condition }
}

/// Whether the request was invalid.
pub(super) fn is_invalid<T>(answer: &Result<T, WriteError>) -> bool {
    matches!(answer, Err(WriteError::Store(StoreError::Invalid(_))))
}

/// Per write, the item that it was refused for, if it was.
pub(super) type Refused = Vec<Option<Option<Item>>>;

impl Engine {
    /// Writes what nothing stands against.
    pub(super) async fn write(&self, writes: Vec<Write>) -> Vec<Written> {
        self.table.write(writes).await.expect("nothing stands against the write")
    }

    /// Writes one item, and gives it as it then stands.
    pub(super) async fn write_one(&self, write: Write) -> Option<Item> {
        match self.write(vec![write]).await.as_slice() {
            [Written::Now(item)] => item.as_deref().cloned(),
            other => unexpected("one item as it stands", other),
        }
    }

    /// Writes what some condition stands against.
    pub(super) async fn refused(&self, writes: Vec<Write>) -> Refused {
        match self.table.write(writes).await {
            Err(WriteError::Refused(refusals)) => {
                let items = |refusal: Refusal| refusal.item.map(Arc::unwrap_or_clone);
                refusals.into_iter().map(|refusal| refusal.map(items)).collect()
            }
            other => unexpected("a refusal", &other),
        }
    }

    /// The item at a key of [`PARTITION`].
    pub(super) async fn get(&self, sort: &str) -> Option<Item> {
        let item = self.table.get(&key(sort)).await.expect("the item can be read");
        item.map(Arc::unwrap_or_clone)
    }

    /// Whether the condition holds of the item, by way of a check.
    pub(super) async fn holds(&self, sort: &str, condition: Condition) -> bool {
        match self.table.write(vec![check(sort, condition)]).await {
            Ok(_) => true,
            Err(WriteError::Refused(_)) => false,
            Err(WriteError::Store(error)) => unexpected("a verdict", &error),
        }
    }

    /// One read of the feed.
    pub(super) async fn read(&self, after: &Position, limit: usize) -> Reading {
        let reading = self.feed.read(after, limit, |_| true).await.expect("the feed can be read");
        assert!(reading.changes.len() <= limit, "{} of at most {limit}", reading.changes.len());
        assert!(!reading.has_gap, "nothing is lost of what is moments old");
        reading
    }

    /// So many changes behind a position, or as many as come, and the position behind each read.
    pub(super) async fn readings(&self, after: &Position, count: usize, limit: usize) -> Vec<Reading> {
        let mut readings: Vec<Reading> = Vec::new();
        let (mut after, mut found) = (after.clone(), 0);
        for _ in 0..self.patience.attempts {
            let reading = self.read(&after, limit).await;
            after = reading.reached.clone();
            found += reading.changes.len();
            let is_empty = reading.changes.is_empty();
            readings.push(reading);
            if found >= count {
                break;
            }
            if is_empty {
                tokio::time::sleep(self.patience.pause).await;
            }
        }
        readings
    }

    /// So many changes behind a position, or as many as come.
    pub(super) async fn changes(&self, after: &Position, count: usize) -> Vec<Change> {
        let readings = self.readings(after, count, 1_000).await;
        readings.into_iter().flat_map(|reading| reading.changes).collect()
    }

    /// What is due now and comes at once.
    pub(super) async fn receive(&self, limit: usize) -> Vec<Delivery> {
        let received = self.messages.receive(self.time.now(), HIDDEN_SECONDS, limit).await;
        received.expect("messages can be received")
    }

    /// So many messages that are due now, or as many as come.
    pub(super) async fn deliveries(&self, count: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        for _ in 0..self.patience.attempts {
            deliveries.extend(self.receive(count - deliveries.len()).await);
            if deliveries.len() >= count {
                break;
            }
            tokio::time::sleep(self.patience.pause).await;
        }
        deliveries
    }

    /// The one message that is due now.
    pub(super) async fn delivery(&self) -> Delivery {
        self.deliveries(1).await.pop().expect("a message is due")
    }
}

#[track_caller]
fn unexpected<T>(expected: &str, found: &(impl std::fmt::Debug + ?Sized)) -> T {
    unreachable!("expected {expected}, found {found:?}")
}
