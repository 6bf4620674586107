//! Hours in a named time zone, or in the caller's.
//!
//! Hours in the caller's zone are open where the clock of every zone that may be the caller's says so, and for nobody of whom no zone is known.
//!
//! A span belongs to the day on which it starts. A closed date closes the spans that start on it; one that started on
//! the evening before runs on into it until its end. Spans that overlap or touch are one.
//!
//! When the clock is put forward, a time that it skips counts as the moment of the skip: hours from 02:30 begin, and
//! hours to 02:30 end, when 02:00 becomes 03:00. When the clock is put back, a time that comes twice counts as its
//! first coming: hours to 01:30 end the first time and do not begin again; hours from 01:30 last an hour longer.

mod clock;
mod openings;
mod span;
#[cfg(test)]
mod tests;
mod together;
mod zone;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::{
    clock::Clock,
    openings::{Openings, Week},
};
pub use self::{
    span::{Day, InvalidSpan, InvalidTimeOfDay, OpenSpan, TimeOfDay},
    zone::{ScheduleZone, TimeZoneName, UnknownScheduleZone, UnknownTimeZone},
};
use crate::{bounded, filter::Fact, problem::Problem};

/// When something is open, week after week, by the clock of a named zone or of the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Members")]
pub struct Schedule {
    /// Whose clock counts: that of a zone of the IANA time zone database, by name, or `caller`, the caller's own. Where several zones may be the
    /// caller's, it is open while it is in all of them; it is open to nobody of whom no zone is known.
    #[schema(value_type = String, max_length = 64, pattern = r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", example = "America/Chicago")]
    time_zone: ScheduleZone,
    #[schema(min_items = 1, max_items = 50)]
    open: Vec<OpenSpan>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 366, required = false)]
    closed_dates: Vec<Date>,
    #[serde(skip)]
    week: Week,
    #[serde(skip)]
    closed_days: Vec<i32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    time_zone: ScheduleZone,
    #[serde(deserialize_with = "bounded::list::<{ Schedule::MOST_SPANS }, _, _>")]
    open: Vec<OpenSpan>,
    #[serde(default, deserialize_with = "bounded::list::<{ Schedule::MOST_CLOSED_DATES }, _, _>")]
    closed_dates: Vec<PlainDate>,
}

/// A date as `YYYY-MM-DD` and no other way of writing one.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct PlainDate(Date);

impl TryFrom<String> for PlainDate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let date = text.parse().ok().filter(|date: &Date| date.to_string() == text);
        date.map(Self).ok_or("expected a date as YYYY-MM-DD")
    }
}

impl From<Members> for Schedule {
    fn from(members: Members) -> Self {
        let closed_dates = members.closed_dates.into_iter().map(|date| date.0).collect();
        Self::new(members.time_zone, members.open, closed_dates)
    }
}

/// What a schedule says of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// Open.
    Open {
        /// Until when; none where that is a week or more away.
        closes_at: Option<Timestamp>,
    },
    /// Closed.
    Closed {
        /// Until when; none where it does not open within [`Schedule::DAYS_SEARCHED`].
        opens_at: Option<Timestamp>,
    },
    /// By the clock of a caller whose zone nobody knows: it counts as closed.
    Unknown,
}

impl Hours {
    /// True where it is open.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

impl Schedule {
    /// The most spans of a schedule.
    pub const MOST_SPANS: usize = 50;
    /// The most closed dates of a schedule.
    pub const MOST_CLOSED_DATES: usize = 366;
    /// How far ahead the next opening is searched.
    pub const DAYS_SEARCHED: i64 = 366;

    /// Hours from spans and closed dates.
    pub fn new(time_zone: ScheduleZone, open: Vec<OpenSpan>, closed_dates: Vec<Date>) -> Self {
        let mut closed_days: Vec<i32> = closed_dates.iter().map(|date| days_since_1970(*date)).collect();
        closed_days.sort_unstable();
        Self { week: Week::new(&open), time_zone, open, closed_dates, closed_days }
    }

    /// Whose clock counts.
    pub const fn time_zone(&self) -> &ScheduleZone {
        &self.time_zone
    }

    /// The spans of the week.
    pub fn open(&self) -> &[OpenSpan] {
        &self.open
    }

    /// The dates on which no span starts.
    pub fn closed_dates(&self) -> &[Date] {
        &self.closed_dates
    }

    /// What is wrong with it beyond what reading refuses: hours that never open.
    pub fn check(&self) -> Vec<Problem> {
        if self.open.is_empty() {
            let message = "these hours never open; give a span, or leave the hours out for no limit";
            return vec![Problem::new("open", message)];
        }
        Vec::new()
    }

    /// Whether it is open at an instant to a caller in one of some zones, and until when. In a named zone it allocates nothing, and reads
    /// some days where it is open, at most [`Self::DAYS_SEARCHED`] where it is closed.
    pub fn judge(&self, at: Timestamp, caller_zones: Fact<'_>) -> Hours {
        match &self.time_zone {
            ScheduleZone::Named(zone) => self.judge_in(zone.zone(), at),
            ScheduleZone::Caller => together::by_zones(self, caller_zones, at),
        }
    }

    /// Whether it is open at an instant, and if not, when it opens; none for hours by the caller's clock.
    pub fn next_opening(&self, at: Timestamp) -> Option<Hours> {
        Self::judge_together(&[self], at)
    }

    /// Whether several are open at the same time at an instant, and if not, when they are, as far as can be seen; none where one of them follows
    /// the caller's clock.
    pub fn judge_together(schedules: &[&Self], at: Timestamp) -> Option<Hours> {
        let named = schedules.iter().map(|schedule| match &schedule.time_zone {
            ScheduleZone::Named(zone) => Some((*schedule, zone.zone())),
            ScheduleZone::Caller => None,
        });
        Some(together::all(&named.collect::<Option<Vec<_>>>()?, at))
    }

    /// Whether it is open at an instant by the clock of a zone.
    fn judge_in(&self, zone: &TimeZone, at: Timestamp) -> Hours {
        let clock = Clock::read(zone, at);
        let mut openings =
            self.openings(&clock).skip_while(|opening| clock.has_reached(opening.end)).peekable();
        while let Some(opening) = openings.next() {
            if clock.has_reached(opening.start) {
                return Hours::Open { closes_at: clock.end_of(opening, &mut openings) };
            }
            match clock.coming(opening.start) {
                Some(start) if clock.skips(opening, start) => {}
                start => {
                    let opens_at = start.map(|start| start.at);
                    return Hours::Closed { opens_at };
                }
            }
        }
        Hours::Closed { opens_at: None }
    }

    /// The openings that may hold what the clock shows, and those after it: yesterday's may run into today.
    fn openings(&self, clock: &Clock<'_>) -> Openings<'_> {
        let (yesterday, last_day) = (clock.day() - 1, clock.day() + Self::DAYS_SEARCHED);
        Openings::new(&self.week, &self.closed_days, yesterday, last_day, clock.in_a_week())
    }
}

fn days_since_1970(date: Date) -> i32 {
    (date - Date::constant(1970, 1, 1)).get_days()
}
