//! The hours of a week as the clock on the wall counts them, without any zone: spans that overlap or touch are one.

use super::span::OpenSpan;

/// Minutes of the clock in a day.
pub(super) const DAY_MINUTES: i64 = 24 * 60;

/// A stretch of time by the clock on the wall, in minutes since the midnight that began 1970-01-01 there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) start: i64,
    pub(super) end: i64,
}

/// For each day of the week, Monday first, the stretches that start on it: minutes since its midnight, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Week([Vec<(u16, u16)>; 7]);

impl Week {
    pub(super) fn new(spans: &[OpenSpan]) -> Self {
        let mut week = Self::default();
        for span in spans {
            for day in span.days() {
                week.0[day.index()].push(span.minutes());
            }
        }
        for stretches in &mut week.0 {
            stretches.sort_unstable();
        }
        week
    }

    /// The stretches that start on a day, counted in days since 1970-01-01, a Thursday.
    fn starting_on(&self, day: i64) -> &[(u16, u16)] {
        const THURSDAY: i64 = 3;
        let index = usize::try_from((day + THURSDAY).rem_euclid(7)).unwrap_or_default();
        &self.0[index]
    }
}

/// The openings of some days, in order, apart from each other.
pub(super) struct Openings<'a> {
    week: &'a Week,
    closed_days: &'a [i32],
    day: i64,
    last_day: i64,
    stretch: usize,
    enough: i64,
}

impl<'a> Openings<'a> {
    /// Reads spans that start from `first_day` to `last_day`. An opening that reaches `enough` is not followed further.
    pub(super) fn new(
        week: &'a Week,
        closed_days: &'a [i32],
        first_day: i64,
        last_day: i64,
        enough: i64,
    ) -> Self {
        Self { week, closed_days, day: first_day, last_day, stretch: 0, enough }
    }

    /// The next stretch of a day that is not closed, left in place.
    fn peek(&mut self) -> Option<Opening> {
        while self.day <= self.last_day {
            let stretches = self.week.starting_on(self.day);
            if let Some((from, to)) = stretches.get(self.stretch)
                && (self.stretch > 0 || !self.is_closed())
            {
                let midnight = self.day * DAY_MINUTES;
                return Some(Opening { start: midnight + i64::from(*from), end: midnight + i64::from(*to) });
            }
            self.day += 1;
            self.stretch = 0;
        }
        None
    }

    fn is_closed(&self) -> bool {
        i32::try_from(self.day).is_ok_and(|day| self.closed_days.binary_search(&day).is_ok())
    }
}

impl Iterator for Openings<'_> {
    type Item = Opening;

    fn next(&mut self) -> Option<Opening> {
        let mut opening = self.peek()?;
        self.stretch += 1;
        while opening.end < self.enough
            && let Some(next) = self.peek()
            && next.start <= opening.end
        {
            opening.end = opening.end.max(next.end);
            self.stretch += 1;
        }
        Some(opening)
    }
}
