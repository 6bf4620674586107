//! What is known of a caller from one call to the next: to whom they were sold ([`past`]), and whether they are let in at all
//! ([`suppression`]).

pub mod past;
pub mod suppression;

pub use past::{CallerPast, Claim, ClaimEnd, ClaimState};
pub use suppression::{ArrivalCounts, Block, Suppression, SuppressionKind, suppress};
