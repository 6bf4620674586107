//! Hours by several clocks at once: they are open where all of them say so.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{Hours, Schedule, TimeZoneName};
use crate::filter::Fact;

/// How often a common opening is sought: as often as two clocks that open once a day need for [`Schedule::DAYS_SEARCHED`].
const MOST_ROUNDS: usize = 800;

/// Judges hours by the clock of each zone that may be the caller's.
pub(super) fn by_zones(schedule: &Schedule, zones: Fact<'_>, at: Timestamp) -> Hours {
    let named = match &zones {
        Fact::Unknown => return Hours::Unknown,
        Fact::Known(zone) => std::slice::from_ref(zone),
        Fact::OneOf(zones) => *zones,
    };
    let known: Result<Vec<TimeZoneName>, _> = named.iter().map(|name| name.parse()).collect();
    let Ok(known) = known else { return Hours::Unknown };
    let clocks: Vec<_> = known.iter().map(|name| (schedule, name.zone())).collect();
    all(&clocks, at)
}

/// Judges several hours, each by its own clock. Where the search for a common opening is given up, they are closed at least until the instant
/// that is told.
pub(super) fn all(clocks: &[(&Schedule, &TimeZone)], at: Timestamp) -> Hours {
    let last =
        at.checked_add(SignedDuration::from_hours(24 * Schedule::DAYS_SEARCHED)).unwrap_or(Timestamp::MAX);
    let mut hours = at_once(clocks, at);
    for _ in 0..MOST_ROUNDS {
        let Hours::Closed { opens_at: Some(opens_at) } = hours else { return hours };
        if opens_at > last {
            return Hours::Closed { opens_at: None };
        }
        let then = at_once(clocks, opens_at);
        if then.is_open() {
            return hours;
        }
        hours = then;
    }
    hours
}

/// Open until the first of them closes; closed at least until the last of those opens that are closed.
fn at_once(clocks: &[(&Schedule, &TimeZone)], at: Timestamp) -> Hours {
    let (mut first_closing, mut last_opening) = (None, None);
    for (schedule, zone) in clocks {
        match schedule.judge_in(zone, at) {
            Hours::Open { closes_at } => {
                first_closing = [first_closing, closes_at].into_iter().flatten().min();
            }
            Hours::Closed { opens_at: Some(opens_at) } => last_opening = last_opening.max(Some(opens_at)),
            never @ (Hours::Closed { opens_at: None } | Hours::Unknown) => return never,
        }
    }
    match last_opening {
        None => Hours::Open { closes_at: first_closing },
        opens_at => Hours::Closed { opens_at },
    }
}
