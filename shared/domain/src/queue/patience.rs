//! Whether it makes sense that a caller waits.

use jiff::{SignedDuration, Timestamp};

use super::{OverflowReason, Prospects};
use crate::config::QueuePolicy;

/// What is known when it is to be said whether a caller waits, or waits on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outset {
    /// When they came into the queue; now for one who is about to.
    pub entered_at: Timestamp,
    /// How many wait, in all; none for one who waits already, whom the size of the queue does not concern.
    pub size: Option<u32>,
    /// How long it would still take by the estimate.
    pub estimated_seconds: u32,
    /// The moment.
    pub at: Timestamp,
}

/// Whether a caller waits, or waits on.
///
/// # Errors
/// Why not.
pub fn judge_wait(
    policy: &QueuePolicy,
    prospects: &Prospects,
    outset: &Outset,
) -> Result<(), OverflowReason> {
    let Outset { entered_at, size, estimated_seconds, at } = *outset;
    let limit_seconds = policy.max_wait_seconds;
    let waited_seconds = seconds_between(entered_at, at);
    if waited_seconds >= limit_seconds {
        return Err(OverflowReason::WaitedTooLong { waited_seconds, limit_seconds });
    }
    if let Some(size) = size.filter(|size| *size >= policy.max_size) {
        return Err(OverflowReason::Full { size, limit: policy.max_size });
    }
    let deadline = entered_at + SignedDuration::from_secs(limit_seconds.into());
    let in_time = prospects.until(deadline);
    if in_time.is_empty() {
        return Err(OverflowReason::NobodyComes { opens_at: prospects.from() });
    }
    // Only one who comes in is judged by the estimate: it tells nobody who has waited that they did so in vain.
    if size.is_some() {
        let most =
            policy.max_estimated_wait_seconds.filter(|limit_seconds| estimated_seconds > *limit_seconds);
        if let Some(limit_seconds) = most {
            return Err(OverflowReason::WouldWaitTooLong { estimated_seconds, limit_seconds });
        }
        let turn = at.max(in_time.from().unwrap_or(at)) + SignedDuration::from_secs(estimated_seconds.into());
        if in_time.close_at().is_some_and(|closes_at| closes_at < turn) {
            return Err(OverflowReason::NobodyComes { opens_at: None });
        }
    }
    Ok(())
}

/// Whole seconds from one instant to a later one; zero if it is not later.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

#[cfg(test)]
#[path = "patience_tests.rs"]
mod tests;
