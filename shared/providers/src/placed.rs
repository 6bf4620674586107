//! Which of a call's legs is the one of an attempt: by when it was placed, where no webhook has told its id.

use jiff::{SignedDuration, Timestamp};

/// Our clock may be this far ahead of a provider's: either may be 5 s off.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(10);

/// How far from its attempt's reservation a leg was placed; none if that was too early for it to be this attempt's. One whose time is not told
/// comes last.
pub(crate) fn delay(created_at: Option<Timestamp>, reserved_at: Timestamp) -> Option<SignedDuration> {
    let Some(created_at) = created_at else {
        return Some(SignedDuration::MAX);
    };
    let delay = created_at.duration_since(reserved_at);
    (delay >= -CLOCK_TOLERANCE).then(|| delay.abs())
}
