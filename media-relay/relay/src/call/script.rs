//! The orders of one leg, carried out in turn.

use std::collections::VecDeque;

use ringfall_control::{Order, text::HttpUrl};

use super::Ask;

/// What a leg is to do and is doing.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) orders: VecDeque<Order>,
    pub(super) doing: Doing,
}

/// What a leg is doing.
#[derive(Debug, Default)]
pub(super) enum Doing {
    /// Nothing: the next order is due.
    #[default]
    Ready,
    /// The platform is asked.
    Asking(Ask),
    /// Something plays that is to be heard to its end.
    Playing(u64),
    /// Digits are awaited.
    Gathering(Gathering),
    /// A step of a wait.
    Holding { playback: u64, takes_key: bool, then: HttpUrl },
    /// The tone before a message.
    Beeping { playback: u64, most_seconds: u32, then: HttpUrl },
    /// A message is taken, or its file is being finished.
    Recording { recording: u32, then: HttpUrl },
    /// Others are rung or talked with: the call's dial.
    Connecting,
}

/// Digits that are awaited.
#[derive(Debug)]
pub(super) struct Gathering {
    /// What plays meanwhile.
    pub(super) playback: Option<u64>,
    pub(super) entered: String,
    /// None where none is taken.
    pub(super) most: Option<u32>,
    pub(super) timeout_seconds: u32,
    pub(super) then: HttpUrl,
}

impl Script {
    /// Nothing but these.
    pub(super) fn of(orders: impl IntoIterator<Item = Order>) -> Self {
        Self { orders: orders.into_iter().collect(), doing: Doing::Ready }
    }

    pub(super) const fn asking(ask: Ask) -> Self {
        Self { orders: VecDeque::new(), doing: Doing::Asking(ask) }
    }
}

/// What a key does to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// It goes on.
    GoesOn,
    /// It is whole.
    Whole,
}

impl Gathering {
    /// Takes a key. Where more than one digit is taken, `#` ends the entry.
    pub(super) fn press(&mut self, key: char) -> Entry {
        let most = self.most.unwrap_or_default();
        if key == '#' && most > 1 {
            return Entry::Whole;
        }
        self.entered.push(key);
        let is_whole = u32::try_from(self.entered.len()).is_ok_and(|entered| entered >= most);
        if is_whole { Entry::Whole } else { Entry::GoesOn }
    }
}
