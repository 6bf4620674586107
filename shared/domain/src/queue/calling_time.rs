//! When somebody may be rung.

use jiff::Timestamp;

use crate::{
    call::{Call, KnownCaller},
    config::CallingHours,
    filter::Fact,
    geography::NumberPlace,
    phone::PhoneNumber,
    schedule::{Day, Hours, OpenSpan, Schedule, ScheduleZone, TimeZoneName},
};

/// Where nothing is known of a person's clock, the hours must hold from the east of the United States to the west.
const ANYWHERE: [&str; 2] = ["America/New_York", "Pacific/Honolulu"];
/// Zones that differ by less than a day agree after as many looks as there are zones; a few more do no harm.
const MOST_LOOKS: usize = 16;

/// From when on the person at a number may be rung: the moment itself, if now. The clock is that of every zone where they may be: the caller's own, as
/// far as they called from that number, else the number's.
pub fn may_be_rung_from(hours: CallingHours, call: &Call, number: &PhoneNumber, at: Timestamp) -> Timestamp {
    let caller = KnownCaller::of(call);
    let is_own = call.origin.caller.known() == Some(number);
    let own =
        caller.whereabouts.zones.as_ref().filter(|_| is_own).map(|zones| zones.values.as_slice().to_vec());
    let zones = own.unwrap_or_else(|| NumberPlace::of(number).zones.to_vec());
    let zones = if zones.is_empty() { ANYWHERE.to_vec() } else { zones };
    let schedules: Vec<Schedule> = zones.iter().filter_map(|zone| schedule(hours, zone)).collect();
    let mut from = at;
    for _ in 0..MOST_LOOKS {
        let closed = schedules.iter().find_map(|schedule| match schedule.judge(from, Fact::Unknown) {
            Hours::Open { .. } | Hours::Unknown => None,
            Hours::Closed { opens_at } => opens_at,
        });
        match closed {
            Some(opens_at) => from = opens_at,
            None => break,
        }
    }
    from
}

fn schedule(hours: CallingHours, zone: &str) -> Option<Schedule> {
    let zone = TimeZoneName::try_from(zone.to_owned()).ok()?;
    let span = OpenSpan::new(Day::ALL.to_vec(), hours.from, hours.to).ok()?;
    Some(Schedule::new(ScheduleZone::Named(zone), vec![span], Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::call;

    #[test]
    fn somebody_is_rung_only_when_it_is_day_wherever_they_may_be() {
        let hours = CallingHours::default();
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        for (what, number, moment, from) in [
            ("Dallas at noon", "+12145550123", "2026-11-21T18:00:00Z", "2026-11-21T18:00:00Z"),
            (
                "Dallas at eight in the evening",
                "+12145550123",
                "2026-11-22T02:59:59Z",
                "2026-11-22T02:59:59Z",
            ),
            ("Dallas at nine", "+12145550123", "2026-11-22T03:00:00Z", "2026-11-22T14:00:00Z"),
            (
                "Los Angeles at seven in the morning",
                "+12135550123",
                "2026-11-21T15:00:00Z",
                "2026-11-21T16:00:00Z",
            ),
            (
                "toll-free: nobody knows, day in New York and in Honolulu",
                "+18005550123",
                "2026-11-21T15:00:00Z",
                "2026-11-21T18:00:00Z",
            ),
        ] {
            let mut call = call();
            call.origin.caller_facts.state = None;
            call.origin.caller = crate::phone::CallerNumber::from_presented(number);
            let number = number.parse().expect("a number");
            assert_eq!(may_be_rung_from(hours, &call, &number, at(moment)), at(from), "{what}");
        }
    }
}
