//! The engine on AWS: a DynamoDB table, its stream as the change feed, an SQS queue for delayed messages.
//!
//! ```text
//! table   pk, sk (text), on demand; stream of new and old images; TTL on `expires_at_seconds`, for clean-up only
//! queue   standard, kept for 14 days
//! ```
//!
//! Regions, credentials and endpoints are found as every AWS program finds them. Conditions are judged by DynamoDB;
//! `table/expression.rs` says them in its language. This engine alone reads a clock (SQS counts delays from now) and
//! draws random numbers (tokens of transactions, pauses between attempts).

mod attempts;
mod feed;
mod messages;
mod meter;
mod open;
#[cfg(test)]
mod script;
mod table;

use async_trait::async_trait;
use jiff::Timestamp;

use self::{feed::StreamFeed, messages::SqsMessages, table::DynamoTable};
pub use self::{
    meter::{Meter, Operation, Units, Unmetered},
    open::{Missing, OpenError, Places, Settings, queue_name, table_name},
};
use crate::port::{
    Delivery, Direction, Feed, Key, MessageBody, Messages, Page, Position, Range, Reading, Receipt, Segment,
    SharedItem, Sheet, StoreError, Survey, Table, Wanted, Write, WriteError, Written,
};

/// A store on AWS. Clones share its connections.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    table: DynamoTable,
    messages: SqsMessages,
    feed: StreamFeed,
}

impl DynamoStore {
    /// The attribute of a message that came before its time, for [`Self::is_sent_on`].
    pub const DUE_AT: &'static str = messages::DUE_AT;

    /// Looks at a message that SQS itself has brought, as it brings them to functions: one that is not due yet is sent on, and done
    /// with. `due_at` is its attribute [`Self::DUE_AT`], if it has one.
    ///
    /// # Returns
    /// True if it was sent on; otherwise it is due.
    ///
    /// # Errors
    /// The attribute is no time, or the message could not be sent.
    pub async fn is_sent_on(&self, body: &str, due_at: Option<&str>) -> Result<bool, StoreError> {
        self.messages.is_sent_on(body, due_at).await
    }
}

#[async_trait]
impl Table for DynamoStore {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        self.table.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        self.table.get_many(keys).await
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.table.query(partition, range, direction, limit).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        self.table.write(writes).await
    }
}

#[async_trait]
impl Survey for DynamoStore {
    async fn survey(
        &self,
        segment: Segment,
        after: Option<&Key>,
        limit: usize,
        wanted: Wanted,
    ) -> Result<Sheet, StoreError> {
        self.table.survey(segment, after, limit, wanted).await
    }
}

#[async_trait]
impl Messages for DynamoStore {
    async fn send(&self, body: MessageBody, due_at: Timestamp) -> Result<(), StoreError> {
        self.messages.send(body, due_at).await
    }

    async fn receive(
        &self,
        now: Timestamp,
        hidden_seconds: u32,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.messages.receive(now, hidden_seconds, limit).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), StoreError> {
        self.messages.acknowledge(receipt).await
    }

    async fn postpone(&self, receipt: &Receipt, due_at: Timestamp) -> Result<(), StoreError> {
        self.messages.postpone(receipt, due_at).await
    }
}

#[async_trait]
impl Feed for DynamoStore {
    async fn read(&self, after: &Position, limit: usize, wanted: Wanted) -> Result<Reading, StoreError> {
        self.feed.read(after, limit, wanted).await
    }

    async fn forget(&self, through: &Position) -> Result<(), StoreError> {
        self.feed.forget(through).await
    }

    async fn wait(&self, after: &Position) {
        self.feed.wait(after).await;
    }
}
