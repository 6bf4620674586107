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

impl<'a> Clock<'a> {
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

    /// Whether the instant at which the clock comes to show a minute is past.
    pub(super) fn has_reached(&self, minute: i64) -> bool {
        if (minute - self.minute).abs() > DAY_MINUTES {
            return minute <= self.minute;
        }
        self.instant(minute).is_some_and(|instant| instant <= self.at)
    }

    /// The instant at which the clock comes to show a minute: its first coming where there are two, the moment of the
    /// skip where there is none. Later minutes never come before earlier ones. None beyond the end of time.
    pub(super) fn instant(&self, minute: i64) -> Option<Timestamp> {
        let shown_second = minute.checked_mul(60)?;
        let shown = Offset::UTC.to_datetime(Timestamp::from_second(shown_second).ok()?);
        let shown_at =
            |offset: Offset| Timestamp::from_second(shown_second - i64::from(offset.seconds())).ok();
        match self.zone.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => shown_at(offset),
            AmbiguousOffset::Fold { before, .. } => shown_at(before),
            AmbiguousOffset::Gap { after, .. } => {
                let skip = self.zone.following(shown_at(after)?).next()?;
                Some(skip.timestamp())
            }
        }
    }

    /// When an opening ends that has begun. The next one may follow on it without a pause, where the clock skips what
    /// lies between them. None where that is a week or more away.
    pub(super) fn end_of(
        &self,
        mut opening: Opening,
        later: &mut Peekable<impl Iterator<Item = Opening>>,
    ) -> Option<Timestamp> {
        while opening.end < self.in_a_week() {
            let end = self.instant(opening.end)?;
            match later.next_if(|next| self.instant(next.start) == Some(end)) {
                Some(next) => opening = next,
                None => return Some(end),
            }
        }
        None
    }
}
