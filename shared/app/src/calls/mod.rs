//! One event of one call: its facts are written, the domain decides, capacity is taken or given back, and the provider is told
//! what to do.

pub mod arrival;
pub mod drive;
pub mod judging;
pub mod legs;
pub mod routing;
pub mod watch;

pub use drive::{Answer, Failure, Fault, handle};

#[cfg(test)]
mod tests;
