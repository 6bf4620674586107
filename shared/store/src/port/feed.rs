//! The change feed: every change of every item, in order per item, at least once. DynamoDB Streams on AWS, an
//! ordered table in SQLite.

use async_trait::async_trait;

use super::{Item, Key, StoreError};

/// A place in the feed. Later changes of one item have greater positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

/// One change of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place in the feed.
    pub position: Position,
    /// The item.
    pub key: Key,
    /// Before; none if it was created.
    pub old: Option<Item>,
    /// After; none if it was deleted.
    pub new: Option<Item>,
}

/// The port of the change feed, as one consumer sees it.
#[async_trait]
pub trait Feed: Send + Sync + 'static {
    /// Up to `limit` (at least 1) changes behind `after`, in order. Writes that change nothing need not
    /// appear. Fewer than `limit` may come while there are more; none come only at the end.
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// Forgets the changes up to and including `through`: every consumer is past them.
    async fn forget(&self, through: Position) -> Result<(), StoreError>;

    /// Returns when there may be changes behind `after`, or after a while in any case.
    async fn wait(&self, after: Position);
}
