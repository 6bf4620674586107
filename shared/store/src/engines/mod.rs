//! What stands behind the ports.
//!
//! - [`interpreter`]: what conditions, updates and limits mean. It knows no storage.
//! - [`memory`]: everything in one process's memory, for the simulator and for tests.
//! - [`sqlite`]: one file with durable group commits, for one process.
//! - [`dynamodb`]: DynamoDB, its stream and an SQS queue, for any number of processes.
//!
//! # How to add an engine
//!
//! 1. A folder here, with one cloneable handle that implements [`Table`](crate::port::Table),
//!    [`Messages`](crate::port::Messages) and [`Feed`](crate::port::Feed), and one error enum for what can go
//!    wrong when it is opened. Nothing else of it is public.
//! 2. An engine that judges conditions itself (it holds the items in this process) asks [`interpreter`] for
//!    everything: [`interpreter::validate`] before a request is queued, [`interpreter::decide`] where it is
//!    carried out. An engine that hands them to a database must reach the same verdicts, and validates
//!    requests just the same.
//! 3. One line in `tests/tests/suite/contract.rs` that opens it and holds it to the contract suite
//!    (`tests/src/contract`), which is written against the ports alone.

pub mod dynamodb;
mod head;
pub mod interpreter;
mod lane;
pub mod memory;
mod page;
pub mod sqlite;
mod visibility;

#[cfg(test)]
mod tests;
