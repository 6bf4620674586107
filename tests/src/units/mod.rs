//! What a call costs on DynamoDB: the units of each step by DynamoDB's published rules, counted on the engine in memory with the
//! items' real sizes, and the round trips before each reply. Local stand-ins of DynamoDB report units of their own making; where one
//! is named, its report stands beside ours.
//!
//! - [`rules`]: what one operation costs.
//! - [`Meter`]: the table port, with every operation written down.
//! - [`calls`]: whole calls, webhook by webhook, through the real routers.

pub mod calls;
mod meter;
pub mod rules;

pub use meter::{Meter, MeteredMessages, Usage};
