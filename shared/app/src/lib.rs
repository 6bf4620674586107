//! Drives the domain: the only place that joins it with the store and the providers.
//!
//! - [`webhooks`]: the providers' webhooks, verified, parsed, driven, answered.
//! - [`calls`]: one event of one call, from its facts to its instructions.
//! - [`api`]: REST v1.
//! - [`media`], [`audio`]: sounds of our own that providers fetch, and whether they get those of others.
//! - [`relays`]: the trunks, for our own media relays.
//! - [`seal`]: providers' secrets, as they are kept.
//! - [`worker`], [`rollup`], [`sweep`], [`repair`]: delayed messages, the change feed, what should never be left behind, and sums
//!   that were left wrong.
//!
//! Invariants: no rule of the trade stands here (it belongs to the domain), no attribute name (the store), no provider's
//! field (the providers). This is the only map from errors to HTTP.

pub mod api;
pub mod audio;
pub mod calls;
pub mod clock;
pub mod connection;
#[cfg(test)]
mod fixtures;
pub mod media;
pub mod message;
pub mod metrics;
pub mod platform;
pub mod relays;
pub mod repair;
pub mod rollup;
pub mod seal;
pub mod sweep;
pub mod webhooks;
pub mod worker;
