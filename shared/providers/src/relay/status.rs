//! The relay's words for how far a call or a leg has come: the same in notices and in the answers to commands.

use jiff::Timestamp;
use ringfall_control::notice::{Cause, Status};
use ringfall_domain::call::event::{EndCause, LegStatus};

/// How a leg, or a call, stands. What is over without a cause was answered if it has a duration.
pub(super) const fn leg_status(
    status: Status,
    cause: Option<Cause>,
    duration_seconds: Option<u32>,
) -> LegStatus {
    match status {
        Status::Ringing => LegStatus::Ringing,
        Status::Answered => LegStatus::Answered,
        Status::Ended => LegStatus::Ended(end_cause(cause, duration_seconds)),
    }
}

pub(super) const fn end_cause(cause: Option<Cause>, duration_seconds: Option<u32>) -> EndCause {
    match (cause, duration_seconds) {
        (Some(Cause::Completed), _) | (None, Some(_)) => EndCause::Completed,
        (Some(Cause::Busy), _) => EndCause::Busy,
        (Some(Cause::NoAnswer), _) => EndCause::NoAnswer,
        (Some(Cause::Canceled), _) => EndCause::Canceled,
        (Some(Cause::Failed), _) | (None, None) => EndCause::Failed,
    }
}

/// The seconds from the answer to the end; none of what was never answered, or is not over.
pub(super) fn seconds_from_answer(status: LegStatus, seconds: Option<u32>) -> Option<u32> {
    match status {
        LegStatus::Ended(EndCause::Completed) => seconds,
        LegStatus::Ringing | LegStatus::Answered | LegStatus::Ended(_) => None,
    }
}

/// When a leg came to its status.
pub(super) const fn reached_at(progress: &ringfall_control::calls::Progress) -> Option<Timestamp> {
    match progress.status {
        Status::Ringing => Some(progress.began_at),
        Status::Answered => progress.answered_at,
        Status::Ended => progress.ended_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_has_a_cause_and_only_what_was_answered_has_seconds() {
        for (cause, seconds, expected) in [
            (Some(Cause::Completed), Some(90), EndCause::Completed),
            (Some(Cause::Busy), None, EndCause::Busy),
            (Some(Cause::NoAnswer), Some(5), EndCause::NoAnswer),
            (Some(Cause::Canceled), None, EndCause::Canceled),
            (Some(Cause::Failed), None, EndCause::Failed),
            (None, Some(0), EndCause::Completed),
            (None, None, EndCause::Failed),
        ] {
            let status = leg_status(Status::Ended, cause, seconds);
            assert_eq!(status, LegStatus::Ended(expected), "{cause:?} {seconds:?}");
            let counted = seconds.filter(|_| expected == EndCause::Completed);
            assert_eq!(seconds_from_answer(status, seconds), counted, "{cause:?} {seconds:?}");
        }
        assert_eq!(seconds_from_answer(LegStatus::Answered, Some(9)), None);
    }
}
