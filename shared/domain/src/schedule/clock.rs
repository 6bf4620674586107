//! The clock on the wall of a zone, read at an instant.

use std::iter::Peekable;

use jiff::{
    Timestamp,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

use super::openings::{DAY_MINUTES, Opening};

/// A zone's clock at an instant.
pub(super) struct Clock<'a> {
    zone: &'a TimeZone,
    at: Timestamp,
    /// What it shows, in minutes since the midnight that began 1970-01-01 there.
    minute: i64,
}

/// When the clock comes to show a minute: the first time where it does so twice, the moment of the skip where it does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coming {
    pub(super) at: Timestamp,
    is_skipped: bool,
}

impl<'a> Clock<'a> {
    /// The most by which any clock was set back since 1970 (in Antarctica).
    const MOST_SET_BACK_MINUTES: i64 = 7 * 60;

    pub(super) fn read(zone: &'a TimeZone, at: Timestamp) -> Self {
        let shown = at.as_second() + i64::from(zone.to_offset(at).seconds());
        Self { zone, at, minute: shown.div_euclid(60) }
    }

    /// The day that it shows, counted from 1970-01-01.
    pub(super) const fn day(&self) -> i64 {
        self.minute.div_euclid(DAY_MINUTES)
    }

    /// A week after what it shows.
    pub(super) const fn in_a_week(&self) -> i64 {
        self.minute + 7 * DAY_MINUTES
    }

    /// Whether a minute has come. A later one than it shows may have, where it was set back since.
    pub(super) fn has_reached(&self, minute: i64) -> bool {
        let may_have_come = minute - self.minute <= Self::MOST_SET_BACK_MINUTES;
        minute <= self.minute
            || may_have_come && self.coming(minute).is_some_and(|coming| coming.at <= self.at)
    }

    /// When a minute comes. Later minutes never come before earlier ones. None beyond the end of time.
    pub(super) fn coming(&self, minute: i64) -> Option<Coming> {
        let shown_second = minute.checked_mul(60)?;
        let shown = Offset::UTC.to_datetime(Timestamp::from_second(shown_second).ok()?);
        let shown_at =
            |offset: Offset| Timestamp::from_second(shown_second - i64::from(offset.seconds())).ok();
        let at = match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => shown_at(offset)?,
            AmbiguousOffset::Fold { before, .. } => shown_at(before)?,
            AmbiguousOffset::Gap { after, .. } => {
                let skip = self.zone.following(shown_at(after)?).next()?;
                return Some(Coming { at: skip.timestamp(), is_skipped: true });
            }
        };
        Some(Coming { at, is_skipped: false })
    }

    /// Whether an opening to come lies within a skip of the clock, and so does not happen.
    pub(super) fn skips(&self, opening: Opening, start: Coming) -> bool {
        start.is_skipped && self.coming(opening.end).is_some_and(|end| end.at == start.at)
    }

    /// When an opening ends that has begun. Where the clock skips its end, the next one may follow without a pause. None
    /// where that is a week or more away.
    pub(super) fn end_of(
        &self,
        mut opening: Opening,
        later: &mut Peekable<impl Iterator<Item = Opening>>,
    ) -> Option<Timestamp> {
        while opening.end < self.in_a_week() {
            let end = self.coming(opening.end)?;
            let follows = |next: &Opening| self.coming(next.start).is_some_and(|start| start.at == end.at);
            match later.next_if(|next| end.is_skipped && follows(next)) {
                Some(next) => opening = next,
                None => return Some(end.at),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    #[test]
    fn no_clock_was_set_back_by_more_than_is_looked_back() {
        let since = Timestamp::UNIX_EPOCH;
        let mut most_minutes = 0;
        for name in TimeZoneDatabase::bundled().available() {
            let zone = TimeZone::get(name.as_str()).expect("a zone of the database");
            let mut offset = zone.to_offset(since);
            for change in zone.following(since).take(200) {
                let set_back_seconds = offset.seconds() - change.offset().seconds();
                most_minutes = most_minutes.max(i64::from(set_back_seconds) / 60);
                offset = change.offset();
            }
        }
        assert!((60..=Clock::MOST_SET_BACK_MINUTES).contains(&most_minutes), "{most_minutes}");
    }
}
