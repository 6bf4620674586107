//! Twilio's words, numbers and times for how far a call has come: the same in webhooks and in the REST API.

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use ringfall_domain::call::event::{EndCause, LegStatus};

/// Reads `CallStatus`, `DialCallStatus` or the REST API's `status`. A word that Twilio did not have when this was written is none.
///
pub(super) fn leg_status(word: &str) -> Option<LegStatus> {
    Some(match word {
        "queued" | "initiated" | "ringing" => LegStatus::Ringing,
        "in-progress" | "answered" => LegStatus::Answered,
        "completed" => LegStatus::Ended(EndCause::Completed),
        "busy" => LegStatus::Ended(EndCause::Busy),
        "no-answer" => LegStatus::Ended(EndCause::NoAnswer),
        "failed" => LegStatus::Ended(EndCause::Failed),
        "canceled" => LegStatus::Ended(EndCause::Canceled),
        _ => return None,
    })
}

/// The seconds from the answer at the target to the end of a leg; none while it is not over or if it was never answered.
///
/// The one assumption here: `DialCallDuration`, a child call's `CallDuration` and the REST API's `duration` all count from
/// the moment at which the target's line was answered, screening included. Twilio's documentation does not say so of
/// `DialCallDuration`; whoever bills from the acceptance must take that time from the screening webhook.
pub(super) fn seconds_from_answer(status: Option<LegStatus>, seconds: Option<u32>) -> Option<u32> {
    match status? {
        LegStatus::Ended(EndCause::Completed) => seconds,
        LegStatus::Ringing | LegStatus::Answered | LegStatus::Ended(_) => None,
    }
}

/// Reads Twilio's times (RFC 2822, whole seconds), such as `Tue, 10 Aug 2010 08:02:17 +0000`. A weekday that does not belong to
/// the date spoils nothing.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    const PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    PARSER.parse_timestamp(text).ok()
}

/// Whether a text can be one of Twilio's ids, which are put in URLs: 1 to 64 letters, digits, hyphens or underscores. Twilio's
/// own are two letters and 32 hexadecimal digits.
pub(super) fn is_sid(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nonsense_is_not() {
        let expected = "2010-08-10T08:02:17Z".parse::<Timestamp>().ok();
        assert_eq!(time("Tue, 10 Aug 2010 08:02:17 +0000"), expected);
        assert_eq!(time("Tue, 10 Aug 2010 03:02:17 -0500"), expected);
        assert_eq!(time("Fri, 10 Aug 2010 08:02:17 +0000"), expected);
        for text in ["", "2010-08-10T08:02:17Z", "Tue, 99 Aug 2010 08:02:17 +0000", "\u{0}"] {
            assert_eq!(time(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_a_completed_leg_has_seconds() {
        assert_eq!(seconds_from_answer(leg_status("completed"), Some(90)), Some(90));
        for word in ["ringing", "in-progress", "busy", "no-answer", "failed", "canceled", "of-tomorrow"] {
            assert_eq!(seconds_from_answer(leg_status(word), Some(0)), None, "{word}");
        }
    }
}
