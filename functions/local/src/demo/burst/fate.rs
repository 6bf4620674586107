//! What becomes of a caller: one of three things.

use crate::demo::carrier::{Entry, Exchange, Seen};

/// What became of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Somebody talked with them.
    Connected,
    /// They hung up before.
    Abandoned,
    /// They were told that nobody is free.
    TurnedAway,
}

impl Fate {
    /// By the platform's word; none for one who is lost.
    pub(super) fn of_disposition(disposition: &str) -> Option<Self> {
        match disposition {
            "converted" | "connected" => Some(Self::Connected),
            "abandoned" => Some(Self::Abandoned),
            "no_target" => Some(Self::TurnedAway),
            _ => None,
        }
    }

    /// By the carrier's books.
    pub(super) fn of_books(exchange: &Exchange, seen: &Seen) -> Self {
        let joined = |leg: &Entry| leg.end.is_some_and(|end| end.bridged);
        let was_connected = exchange.legs().iter().any(|leg| leg.call == seen.number && joined(leg));
        match (was_connected, seen.gave_up) {
            (true, _) => Self::Connected,
            (false, true) => Self::Abandoned,
            (false, false) => Self::TurnedAway,
        }
    }
}
