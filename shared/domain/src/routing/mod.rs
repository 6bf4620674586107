//! Where a call goes, and why: every target of the plan is judged, each with its reason.

mod choice;
mod duplicates;
mod judgement;
mod outcome;
mod reason;

pub use choice::weighted_order;
pub use judgement::{Candidate, CapacitySnapshot, Judgement, Ruling, Verdict, judge};
pub use outcome::Outcome;
pub use reason::{Figure, HoursOf, Reason};

#[cfg(test)]
mod tests;
