//! Delayed messages, at least once: SQS on AWS, a table in SQLite, the simulator's clock.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;

/// A message's text: not empty, at most 64 KiB.
pub type MessageBody = String;

/// Names one delivery of one message, for its acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Receipt(pub String);

/// A message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// For the acknowledgement.
    pub receipt: Receipt,
    /// What was sent.
    pub body: MessageBody,
    /// How often it was delivered, this time included: 1 on the first.
    pub deliveries: u32,
}

/// The port of delayed messages. Any message may be delivered more than once and in any order; an
/// acknowledged one is not delivered again, save by a fault.
#[async_trait]
pub trait Messages: Send + Sync + 'static {
    /// Keeps a message until it is due, however late that is. Durable when this returns.
    async fn send(&self, body: MessageBody, due_at: Timestamp) -> Result<(), StoreError>;

    /// Up to `limit` (at least 1) messages that are due at `now`, each hidden from other receivers for
    /// `hidden_seconds` (at most 12 hours). Fewer, even none, may come while there are more: poll.
    async fn receive(
        &self,
        now: Timestamp,
        hidden_seconds: u32,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Done: the message is not wanted again. An unknown receipt, or one whose message was since delivered
    /// again, is no failure.
    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), StoreError>;

    /// Not done: the message is due again at `due_at`, at most 11 hours from now.
    async fn postpone(&self, receipt: &Receipt, due_at: Timestamp) -> Result<(), StoreError>;
}
