//! Caps: what a buyer and its targets still take, judged from how much is in use.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};

use crate::{config::Caps, money::Money};

/// Whose caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The buyer's own, over all its targets.
    Buyer,
    /// One target's.
    Target,
}

impl Scope {
    /// The word in decision records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Target => "target",
        }
    }
}

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

    /// The limit of this period among some caps.
    pub const fn limit(self, caps: &Caps) -> Option<u32> {
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

impl fmt::Display for Window {
    /// `hour:2026-11-21T10:00:00Z`, as capacity records name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.period {
            Period::Hour => "hour",
            Period::Day => "day",
            Period::Month => "month",
            Period::Total => return f.write_str("total"),
        };
        write!(f, "{name}:{}", self.began_at)
    }
}

impl std::str::FromStr for Window {
    type Err = UnknownWindow;

    fn from_str(text: &str) -> Result<Self, UnknownWindow> {
        let (period, began_at) = match text.split_once(':') {
            None if text == "total" => {
                return Ok(Self { period: Period::Total, began_at: Timestamp::UNIX_EPOCH });
            }
            Some(("hour", rest)) => (Period::Hour, rest),
            Some(("day", rest)) => (Period::Day, rest),
            Some(("month", rest)) => (Period::Month, rest),
            _ => return Err(UnknownWindow),
        };
        Ok(Self { period, began_at: began_at.parse().map_err(|_| UnknownWindow)? })
    }
}

/// A text that names no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a window's name, such as hour:2026-11-21T10:00:00Z")]
pub struct UnknownWindow;

/// What is in use under one set of caps at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// The limits.
    pub caps: Caps,
    /// Legs that hold a slot.
    pub live: u32,
    /// Calls counted in the current windows, in the order of [`Period::ALL`]: qualified ones and those still in flight.
    pub counted: [u32; 4],
}

/// What is in use of one buyer at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuyerUsage {
    /// Over all its targets.
    pub own: Usage,
    /// The budget that is left; none where there is no budget.
    pub available: Option<Money>,
}

/// A cap that has no room, with its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// As many legs are live as may be.
    Concurrency {
        /// Whose cap.
        scope: Scope,
        /// Legs that hold a slot.
        live: u32,
        /// The cap.
        limit: u32,
    },
    /// As many calls are counted in a window as may be.
    Window {
        /// Whose cap.
        scope: Scope,
        /// Which window.
        period: Period,
        /// Calls counted: qualified and in flight.
        counted: u32,
        /// The cap.
        limit: u32,
    },
    /// The budget left does not pay for the call.
    Budget {
        /// What is left.
        available: Money,
        /// What the call would cost.
        price: Money,
    },
}

impl Usage {
    /// The first cap without room, the tightest kind first.
    pub fn full(&self, scope: Scope) -> Option<Full> {
        if let Some(limit) = self.caps.concurrency.filter(|limit| self.live >= *limit) {
            return Some(Full::Concurrency { scope, live: self.live, limit });
        }
        Period::ALL.into_iter().zip(self.counted).find_map(|(period, counted)| {
            let limit = period.limit(&self.caps).filter(|limit| counted >= *limit)?;
            Some(Full::Window { scope, period, counted, limit })
        })
    }
}

impl BuyerUsage {
    /// The first of the buyer's own limits that has no room for a call at this price.
    pub fn full(&self, price: Money) -> Option<Full> {
        self.own.full(Scope::Buyer).or_else(|| {
            let available = self.available.filter(|available| *available < price)?;
            Some(Full::Budget { available, price })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(at: &str, zone: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).expect("a zone");
        Window::all_at(at.parse().expect("a time"), &zone).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn windows_begin_with_the_buyers_civil_hour_day_and_month() {
        assert_eq!(
            windows("2026-11-01T04:30:00Z", "America/Chicago"),
            ["hour:2026-11-01T04:00:00Z", "day:2026-10-31T05:00:00Z", "month:2026-10-01T05:00:00Z", "total"]
        );
        assert_eq!(windows("2026-11-21T10:59:59Z", "Asia/Kolkata")[0], "hour:2026-11-21T10:30:00Z");
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
        for name in windows("2026-03-08T09:10:11Z", "America/New_York") {
            assert_eq!(name.parse::<Window>().map(|window| window.to_string()), Ok(name));
        }
        assert_eq!("week:1".parse::<Window>(), Err(UnknownWindow));
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

    #[test]
    fn a_full_cap_tells_its_figures() {
        let caps = Caps { concurrency: Some(3), daily: Some(50), ..Caps::default() };
        let usage = |live, day| Usage { caps, live, counted: [0, day, 0, 0] };
        assert_eq!(usage(2, 49).full(Scope::Buyer), None);
        assert_eq!(
            usage(3, 50).full(Scope::Buyer),
            Some(Full::Concurrency { scope: Scope::Buyer, live: 3, limit: 3 })
        );
        assert_eq!(
            usage(2, 50).full(Scope::Target),
            Some(Full::Window { scope: Scope::Target, period: Period::Day, counted: 50, limit: 50 })
        );
        let poor = BuyerUsage { available: Some(Money::from_cents(4_400)), ..BuyerUsage::default() };
        assert_eq!(poor.full(Money::from_cents(4_400)), None);
        assert!(matches!(poor.full(Money::from_cents(4_500)), Some(Full::Budget { .. })));
    }
}
