//! How long an invocation may go on.

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;

/// What is kept back for the end of an invocation: the store's patience with one write, and the answer.
const KEPT_BACK: SignedDuration = SignedDuration::from_secs(5);

/// Until when new work may begin: Lambda ends the process at the deadline.
pub fn until(context: &Context) -> Timestamp {
    let deadline = i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    deadline.unwrap_or(Timestamp::MAX).saturating_sub(KEPT_BACK).unwrap_or(Timestamp::MIN)
}
