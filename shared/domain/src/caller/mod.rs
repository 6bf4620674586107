//! What is known of a caller from one call to the next: to whom they were sold ([`past`]).

pub mod past;

pub use past::{CallerPast, Claim, ClaimEnd, ClaimState};
