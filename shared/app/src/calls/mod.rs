//! One event of one call: its facts are written, the domain decides, capacity is taken or given back, and the provider is told
//! what to do.

pub mod arrival;
pub mod callback;
pub mod drive;
pub mod judging;
pub mod legs;
mod offer;
pub mod queue;
pub mod routing;
mod turns;
pub mod watch;

pub use drive::{Answer, Failure, Fault, handle};

#[cfg(test)]
mod tests;
