//! The table: items under a partition and a sort key, written one by one or several at once under conditions.

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;

use super::{Condition, Update, Value};

/// Names that no top-level attribute may have: DynamoDB keeps the key among the attributes, under these.
pub const RESERVED_NAMES: [&str; 2] = ["pk", "sk"];

/// An item's attributes, without its key. At most 400 KB with names and key, and at most 32 lists and maps
/// within each other; no name is empty or one of [`RESERVED_NAMES`].
pub type Item = BTreeMap<String, Value>;

/// An item as an engine gives it: an engine that has it in memory gives what it has, and copies nothing.
pub type SharedItem = Arc<Item>;

/// An item's place. Partition at most 2,048 bytes, sort key at most 1,024, neither empty (DynamoDB's limits).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Items that are queried together.
    pub partition: String,
    /// Their order, by bytes.
    pub sort: String,
}

impl Key {
    /// A key of both parts.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { partition: partition.into(), sort: sort.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.sort)
    }
}

/// Which sort keys of a partition: `from` inclusive, `to` exclusive; none means open. A bound is not empty.
/// Where `from` is not before `to`, nothing is within.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The least sort key wanted.
    pub from: Option<String>,
    /// The least sort key not wanted.
    pub to: Option<String>,
}

impl Range {
    /// What is left of the range behind a sort key, for the next page.
    #[must_use]
    pub fn behind(self, sort: &str, direction: Direction) -> Self {
        match direction {
            // The least text that is greater: the same with the least character after it.
            Direction::Ascending => Self { from: Some(format!("{sort}\0")), ..self },
            Direction::Descending => Self { to: Some(sort.to_owned()), ..self },
        }
    }
}

/// The order of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Least sort key first.
    Ascending,
    /// Greatest sort key first.
    Descending,
}

/// Some of the items that a query asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The items with their keys, in the order asked for.
    pub items: Vec<(Key, SharedItem)>,
    /// True if more may follow: ask again for what is [behind](Range::behind) the last key. An engine may
    /// stop before the limit (all do near 1 MB, and at 1,000 items), though never without an item where there
    /// is one; it may say "more" where nothing follows.
    pub more: bool,
}

/// One write of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Puts the whole item.
    Put {
        /// Where.
        key: Key,
        /// The new attributes.
        item: Item,
        /// What must hold of the item that stands there.
        condition: Option<Condition>,
    },
    /// Changes parts of the item, creating it if it is absent (say [`Condition::Exists`] where that is not
    /// wanted).
    Update {
        /// Where.
        key: Key,
        /// The changes; at least one.
        updates: Vec<Update>,
        /// What must hold of the item that stands there.
        condition: Option<Condition>,
    },
    /// Deletes the item; deleting nothing is no failure.
    Delete {
        /// Where.
        key: Key,
        /// What must hold of the item that stands there.
        condition: Option<Condition>,
    },
    /// Writes nothing, but the condition must hold for the other writes to happen.
    Check {
        /// Where.
        key: Key,
        /// What must hold of the item that stands there.
        condition: Condition,
    },
}

impl Write {
    /// The item that this write is about.
    pub const fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. }
            | Self::Update { key, .. }
            | Self::Delete { key, .. }
            | Self::Check { key, .. } => key,
        }
    }
}

/// What a write left behind: per write, in order, the item as it now stands (none after a deletion). For
/// several writes at once an engine may not know it (DynamoDB does not tell): then each is
/// [`Written::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The item as the write left it.
    Now(Option<SharedItem>),
    /// The write happened; the engine does not tell what the item is now.
    Unknown,
}

/// A write whose condition did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The item that the condition was judged against; none if it did not exist.
    pub item: Option<SharedItem>,
}

/// A failure of the store itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A request that can never succeed: a fault of the caller.
    #[error("invalid request to the store: {0}")]
    Invalid(String),
    /// Did not happen, or is not known to have happened: the caller must assume either, and may try again.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// An item that does not read as its record.
    #[error("damaged record: {0}")]
    Damaged(String),
}

/// Why a write did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Conditions did not hold; nothing was written. One entry per write, in order: its refusal, or none
    /// where its own condition held.
    #[error("a condition did not hold")]
    Refused(Vec<Option<Refusal>>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The table port.
#[async_trait]
pub trait Table: Send + Sync + 'static {
    /// The item at a key, strongly consistent.
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError>;

    /// The items at some keys (at most 100, all different), in their order, each strongly consistent.
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError>;

    /// Items of a partition, strongly consistent, at most `limit` (at least 1).
    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError>;

    /// Writes 1 to 100 different items, of 4 MB together, all or none. First every condition is judged: if
    /// one does not hold the answer is [`WriteError::Refused`], whatever else is wrong with the items. A
    /// request that is wrong by itself is [`StoreError::Invalid`] before any item is looked at.
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError>;
}
