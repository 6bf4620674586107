//! The change feed: every change of every item, in order per item, at least once. DynamoDB Streams on AWS, an
//! ordered table in SQLite.
//!
//! A feed is one lane or several, and only within a lane is there an order. All changes of an item come through
//! one lane, or through one after another: an engine gives nothing of the later lane before the earlier is
//! finished. DynamoDB's lanes are the shards of the stream; they come and go. An engine that keeps one order
//! has one lane.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Key, Lane, Place, Position, SharedItem, StoreError};

/// Where in the feed a change is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The lane.
    pub lane: Lane,
    /// The place in it: later changes of a lane have greater ones.
    pub place: Place,
}

/// The last place that something has taken up, by lane: a sum, say, that must count each change once.
pub type Marks = BTreeMap<Lane, Place>;

/// One change of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it is in the feed.
    pub mark: Mark,
    /// The item.
    pub key: Key,
    /// Before; none if it was created.
    pub old: Option<SharedItem>,
    /// After; none if it was deleted.
    pub new: Option<SharedItem>,
}

/// What one read of the feed gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Changes, in order per lane.
    pub changes: Vec<Change>,
    /// How far the feed was read: where to go on once the changes are taken up. It may go on without any.
    pub reached: Position,
    /// Whether changes may have been forgotten before they were read, as DynamoDB does after 24 hours. What they would
    /// have told must be found in another way.
    pub has_gap: bool,
}

/// Says of which items a consumer wants the changes.
pub type Wanted = fn(&Key) -> bool;

/// The port of the change feed, as one consumer sees it.
#[async_trait]
pub trait Feed: Send + Sync + 'static {
    /// Up to `limit` (at least 1) changes behind `after` of the items that are wanted; all others are passed over. Writes that
    /// change nothing need not appear. Fewer than `limit` may come while there are more, and none too: if the position
    /// has not moved, [`Self::wait`].
    async fn read(&self, after: &Position, limit: usize, wanted: Wanted) -> Result<Reading, StoreError>;

    /// Forgets the changes up to and including `through`: every consumer is past them. An engine whose feed
    /// forgets by itself does nothing.
    async fn forget(&self, through: &Position) -> Result<(), StoreError>;

    /// Returns when there may be changes behind `after`, or after a while in any case.
    async fn wait(&self, after: &Position);
}
