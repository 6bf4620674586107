//! The only place that knows a database.
//!
//! [`port`] is the narrow table port in DynamoDB's shape, with the ports of delayed messages and the change feed;
//! `engines` are what stands behind it; `records` is one file per kind of item with its key, encoding and decoding;
//! [`transfer`] moves an account from one store to another;
//! `protocols` are the writes that must be right under any interleaving (reserve, release, record, settle), written
//! once over the port so that what the simulator proves is what runs.
//!
//! Invariants: no engine type leaves `engines`; no record knows HTTP; nothing here reads a clock or draws a random number, but for
//! the engine on AWS.

pub mod engines;
#[cfg(test)]
mod fixtures;
pub mod port;
pub mod protocols;
pub mod records;
pub mod transfer;
