//! What an author of hours writes: days of the week and times of the day.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    /// All days, Monday first.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// Days after Monday.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A time of day to the minute, from `00:00` to `24:00`, the end of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", example = "08:00")]
pub struct TimeOfDay(u16);

/// A text that is no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a time of day as HH:MM, from 00:00 to 24:00")]
pub struct InvalidTimeOfDay;

impl TimeOfDay {
    /// `24:00`.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// Minutes since the day's midnight, as a clock counts them.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for TimeOfDay {
    type Err = InvalidTimeOfDay;

    fn from_str(text: &str) -> Result<Self, InvalidTimeOfDay> {
        let [h1, h2, b':', m1, m2] = *text.as_bytes() else {
            return Err(InvalidTimeOfDay);
        };
        if ![h1, h2, m1, m2].iter().all(u8::is_ascii_digit) {
            return Err(InvalidTimeOfDay);
        }
        let two_digits = |tens: u8, ones: u8| u16::from(tens - b'0') * 10 + u16::from(ones - b'0');
        let (hour, minute) = (two_digits(h1, h2), two_digits(m1, m2));
        let time = Self(hour * 60 + minute);
        if minute < 60 && time <= Self::END_OF_DAY { Ok(time) } else { Err(InvalidTimeOfDay) }
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = InvalidTimeOfDay;

    fn try_from(text: String) -> Result<Self, InvalidTimeOfDay> {
        text.parse()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Open from one time to another, on each of some days. Where `to` is not after `from`, it is a time of the next day:
/// the span is an overnight one and belongs to the day on which it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Members")]
pub struct OpenSpan {
    #[schema(min_items = 1, max_items = 7)]
    days: Vec<Day>,
    from: TimeOfDay,
    to: TimeOfDay,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(deserialize_with = "crate::bounded::list::<7, _, _>")]
    days: Vec<Day>,
    from: TimeOfDay,
    to: TimeOfDay,
}

/// Days and times that make no span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    /// No day.
    #[error("`days` names no day; expected one or more of mon, tue, wed, thu, fri, sat, sun")]
    NoDay,
    /// A day twice.
    #[error("`days` names a day twice")]
    DayTwice,
    /// It begins when the day is over.
    #[error("`from` is at most 23:59; only `to` may be 24:00")]
    StartsAtEndOfDay,
    /// It begins when it ends.
    #[error("`from` and `to` are the same; a whole day is from 00:00 to 24:00")]
    Empty,
}

impl OpenSpan {
    /// Open from one time to another, on each of some days.
    ///
    /// # Errors
    /// No day, a day twice, or times that make no span.
    pub fn new(days: Vec<Day>, from: TimeOfDay, to: TimeOfDay) -> Result<Self, InvalidSpan> {
        let is_repeated = |(index, day)| days[..index].contains(day);
        if days.is_empty() {
            Err(InvalidSpan::NoDay)
        } else if days.iter().enumerate().any(is_repeated) {
            Err(InvalidSpan::DayTwice)
        } else if from >= TimeOfDay::END_OF_DAY {
            Err(InvalidSpan::StartsAtEndOfDay)
        } else if from == to {
            Err(InvalidSpan::Empty)
        } else {
            Ok(Self { days, from, to })
        }
    }

    /// The days on which it starts.
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// When it starts.
    pub const fn from(&self) -> TimeOfDay {
        self.from
    }

    /// When it ends, on the same day or on the next.
    pub const fn to(&self) -> TimeOfDay {
        self.to
    }

    /// Start and end in minutes of the clock since the midnight of the day on which it starts.
    pub(super) const fn minutes(&self) -> (u16, u16) {
        let (from, to) = (self.from.0, self.to.0);
        if to > from { (from, to) } else { (from, to + TimeOfDay::END_OF_DAY.0) }
    }
}

impl TryFrom<Members> for OpenSpan {
    type Error = InvalidSpan;

    fn try_from(members: Members) -> Result<Self, InvalidSpan> {
        Self::new(members.days, members.from, members.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_exact_to_the_minute() {
        for (text, minutes) in [("00:00", 0), ("08:05", 485), ("23:59", 1439), ("24:00", 1440)] {
            let time: TimeOfDay = text.parse().expect(text);
            assert_eq!((time.minutes(), time.to_string().as_str()), (minutes, text));
        }
        for wrong in
            ["", "8:00", "08:60", "24:01", "25:00", "08:00:00", "0800", "-1:00", "08:0a", "٠٨:٠٠", "08;00"]
        {
            assert_eq!(wrong.parse::<TimeOfDay>(), Err(InvalidTimeOfDay), "{wrong}");
        }
    }

    #[test]
    fn a_span_that_cannot_be_is_refused_with_its_reason() {
        for (text, expected) in [
            (r#"{"days": [], "from": "08:00", "to": "18:00"}"#, "`days` names no day"),
            (r#"{"days": ["mon", "mon"], "from": "08:00", "to": "18:00"}"#, "a day twice"),
            (r#"{"days": ["mon"], "from": "08:00", "to": "08:00"}"#, "00:00 to 24:00"),
            (r#"{"days": ["mon"], "from": "24:00", "to": "08:00"}"#, "`from` is at most 23:59"),
            (r#"{"days": ["Monday"], "from": "08:00", "to": "18:00"}"#, "unknown variant `Monday`"),
            (r#"{"days": ["mon"], "from": "08:00"}"#, "missing field `to`"),
            (r#"{"days": ["mon"], "from": "08:00", "to": "18:00", "till": 1}"#, "unknown field `till`"),
            (r#"{"days": ["mon"], "from": 800, "to": "18:00"}"#, "integer `800`"),
        ] {
            let error = serde_json::from_str::<OpenSpan>(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
