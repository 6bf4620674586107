//! The spans over which calls and money are counted.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    config::{Caps, MoneyCaps},
    money::Money,
};

/// A span over which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// The buyer's civil hour.
    Hour,
    /// The buyer's civil day.
    Day,
    /// The buyer's civil month.
    Month,
    /// For ever.
    Total,
}

impl Period {
    /// Shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Month, Self::Total];

    /// The word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// The limit of this period among some caps.
    pub const fn limit(self, caps: &Caps) -> Option<u32> {
        match self {
            Self::Hour => caps.hourly,
            Self::Day => caps.daily,
            Self::Month => caps.monthly,
            Self::Total => caps.total,
        }
    }

    /// The limit of this period among some caps in money.
    pub const fn money_limit(self, caps: &MoneyCaps) -> Option<Money> {
        match self {
            Self::Hour => caps.hourly,
            Self::Day => caps.daily,
            Self::Month => caps.monthly,
            Self::Total => caps.total,
        }
    }
}

/// One counted span: a period and the instant at which it began in the buyer's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// How long it is.
    pub period: Period,
    /// When it began; the epoch for [`Period::Total`].
    pub began_at: Timestamp,
}

impl Window {
    /// The four windows that an instant falls into, shortest first. An hour that the clock repeats in autumn is two windows: each
    /// began at its own instant.
    pub fn all_at(at: Timestamp, time_zone: &TimeZone) -> [Self; 4] {
        let local = at.to_zoned(time_zone.clone());
        let into_hour = i64::from(local.minute()) * 60 + i64::from(local.second());
        let hour = Timestamp::from_second(at.as_second() - into_hour).unwrap_or(Timestamp::MIN);
        let day = local.start_of_day().map_or(hour, |day| day.timestamp());
        let month = local
            .first_of_month()
            .and_then(|first| first.start_of_day())
            .map_or(day, |month| month.timestamp());
        [
            (Period::Hour, hour),
            (Period::Day, day),
            (Period::Month, month),
            (Period::Total, Timestamp::UNIX_EPOCH),
        ]
        .map(|(period, began_at)| Self { period, began_at })
    }

    /// True once no call can still be counted here: the window's end is further back than the longest call.
    pub fn is_past(&self, now: Timestamp) -> bool {
        let longest = match self.period {
            Period::Hour => 3 * 3_600,
            Period::Day => 3 * 86_400,
            Period::Month => 40 * 86_400,
            Period::Total => return false,
        };
        now.as_second() - self.began_at.as_second() > longest + i64::from(crate::call::MOST_CALL_SECONDS)
    }
}

impl Period {
    /// The letter in windows' names.
    const fn letter(self) -> char {
        match self {
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Month => 'm',
            Self::Total => 't',
        }
    }
}

impl fmt::Display for Window {
    /// `h1795280400`, as records name it: the period, and the second of the epoch at which it began. Short, since a buyer's
    /// capacity holds many, and its size is what each call pays for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.period.letter())?;
        match self.period {
            Period::Hour | Period::Day | Period::Month => write!(f, "{}", self.began_at.as_second()),
            Period::Total => Ok(()),
        }
    }
}

impl std::str::FromStr for Window {
    type Err = UnknownWindow;

    fn from_str(text: &str) -> Result<Self, UnknownWindow> {
        let known = |period: &Period| text.starts_with(period.letter());
        let period = Period::ALL.into_iter().find(known).ok_or(UnknownWindow)?;
        let began_at = match (period, &text[1..]) {
            (Period::Total, "") => Timestamp::UNIX_EPOCH,
            (Period::Total, _) => return Err(UnknownWindow),
            (Period::Hour | Period::Day | Period::Month, second) => {
                let second = second.parse().map_err(|_| UnknownWindow)?;
                Timestamp::from_second(second).map_err(|_| UnknownWindow)?
            }
        };
        Ok(Self { period, began_at })
    }
}

/// A text that names no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a window's name, such as h1795280400")]
pub struct UnknownWindow;

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(at: &str, zone: &str) -> [Window; 4] {
        let zone = TimeZone::get(zone).expect("a zone");
        Window::all_at(at.parse().expect("a time"), &zone)
    }

    fn beginnings(at: &str, zone: &str) -> [String; 4] {
        windows(at, zone).map(|window| window.began_at.to_string())
    }

    #[test]
    fn windows_begin_with_the_buyers_civil_hour_day_and_month() {
        assert_eq!(
            beginnings("2026-11-01T04:30:00Z", "America/Chicago"),
            ["2026-11-01T04:00:00Z", "2026-10-31T05:00:00Z", "2026-10-01T05:00:00Z", "1970-01-01T00:00:00Z"]
        );
        assert_eq!(beginnings("2026-11-21T10:59:59Z", "Asia/Kolkata")[0], "2026-11-21T10:30:00Z");
    }

    #[test]
    fn the_hour_that_autumn_repeats_is_two_windows() {
        let first = windows("2026-11-01T06:30:00Z", "America/Chicago");
        let second = windows("2026-11-01T07:30:00Z", "America/Chicago");
        assert_ne!(first[0], second[0]);
        assert_eq!(first[1], second[1]);
    }

    #[test]
    fn a_window_reads_back_from_its_name() {
        let four = windows("2026-03-08T09:10:11Z", "America/New_York");
        for window in four {
            assert_eq!(window.to_string().parse(), Ok(window));
        }
        assert_eq!(four.map(|window| window.to_string()), ["h1772960400", "d1772946000", "m1772341200", "t"]);
        for text in ["", "w1", "h", "hx", "t1", "é", "h99999999999999"] {
            assert_eq!(text.parse::<Window>(), Err(UnknownWindow), "{text}");
        }
    }

    #[test]
    fn a_window_is_past_only_when_no_call_can_still_be_counted_in_it() {
        let zone = TimeZone::UTC;
        let [hour, day, month, total] =
            Window::all_at("2026-01-01T00:00:00Z".parse().expect("a time"), &zone);
        let later = |text: &str| text.parse::<Timestamp>().expect("a time");
        assert!(!hour.is_past(later("2026-01-01T05:00:00Z")));
        assert!(hour.is_past(later("2026-01-01T08:00:00Z")));
        assert!(day.is_past(later("2026-01-05T00:00:00Z")));
        assert!(!month.is_past(later("2026-01-31T23:00:00Z")));
        assert!(!total.is_past(later("2036-01-31T23:00:00Z")));
    }
}
