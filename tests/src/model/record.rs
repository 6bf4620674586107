//! The call's item: facts, each written once (`store/src/protocols/record.rs`).

use super::{
    state::{LegName, MOST_ATTEMPTS},
    truth::Mark,
};

/// What is stored of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Record {
    pub(super) has_arrived: bool,
    pub(super) is_ended: bool,
    /// The flow has told the caller that nobody will take the call.
    pub(super) is_turned_away: bool,
    pub(super) legs: [LegRecord; MOST_ATTEMPTS],
}

/// What is stored of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct LegRecord {
    /// It was written when capacity was reserved.
    pub(super) is_there: bool,
    /// What was reported of a key, if anything.
    pub(super) key: Option<Key>,
    /// Its end, and how long ago that was reported.
    pub(super) ended: Option<Mark>,
}

/// A report of the answerer's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// It arrived while reports count.
    InTime,
    /// It arrived later, and proves nothing.
    Late,
}

impl LegRecord {
    pub(super) const fn is_converted(&self) -> bool {
        self.is_there && matches!(self.key, Some(Key::InTime))
    }
}

impl Record {
    pub(super) fn leg(&self, leg: LegName) -> LegRecord {
        self.legs[leg.index()]
    }

    /// How many attempts were made.
    pub(super) fn attempts(&self) -> u8 {
        self.legs.iter().map(|leg| u8::from(leg.is_there)).sum()
    }

    /// The latest attempt, if it is not over.
    pub(super) fn live_attempt(&self) -> Option<u8> {
        let latest = self.attempts();
        let leg = self.legs[usize::from(latest.checked_sub(1)?)];
        leg.ended.is_none().then_some(latest)
    }

    /// Writes that an attempt is over.
    ///
    /// # Returns
    /// Whether that was news.
    pub(super) fn end(&mut self, leg: LegName) -> bool {
        let leg = &mut self.legs[leg.index()];
        let is_news = leg.is_there && leg.ended.is_none();
        if is_news {
            leg.ended = Some(Mark::Running);
        }
        is_news
    }

    /// Writes what was reported of a key.
    ///
    /// # Returns
    /// Whether that was news.
    pub(super) fn press(&mut self, leg: LegName, key: Key) -> bool {
        let leg = &mut self.legs[leg.index()];
        let is_news = leg.is_there && leg.key.is_none();
        if is_news {
            leg.key = Some(key);
        }
        is_news
    }

    /// Whether a call may be written with its first attempt: the condition of `reserve` where the call is not written yet.
    pub(super) const fn is_blank(&self) -> bool {
        !self.has_arrived && !self.is_ended
    }

    /// Whether the attempt may be written: the condition of `reserve` on a call that is.
    pub(super) fn may_write(&self, leg: LegName) -> bool {
        let is_next =
            !self.leg(leg).is_there && leg.previous().is_none_or(|before| self.leg(before).ended.is_some());
        self.has_arrived && !self.is_ended && !self.is_turned_away && is_next
    }
}
