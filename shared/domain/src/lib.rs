//! The rules of pay-per-call, pure.
//!
//! Purpose: the vocabulary, and every decision that costs or earns money: where a call goes and why, whether a cap has
//! room, what a call is worth, who is paid. What it decides, it explains.
//!
//! It refuses to: read a clock, draw a random number, do I/O, know a provider, a database or HTTP. Time and randomness come in
//! with the event. Money is never a float.

mod bounded;
pub mod call;
pub mod caller;
pub mod capacity;
pub mod config;
pub mod filter;
#[cfg(test)]
mod fixtures;
pub mod flow;
pub mod geography;
pub mod ids;
pub mod ledger;
pub mod money;
pub mod phone;
pub mod plan;
pub mod pnl;
pub mod problem;
pub mod queue;
pub mod routing;
pub mod schedule;
mod tagged;
pub mod tags;
pub mod target;
pub mod text;
