//! Hours against a naive judge that looks at every minute.

use jiff::{
    SignedDuration, Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use proptest::prelude::*;

use crate::{
    filter::Fact,
    schedule::{Day, Hours, OpenSpan, Schedule, ScheduleZone, TimeOfDay, TimeZoneName},
};

/// What a zone's clock shows in a stretch of minutes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Readings {
    pub(super) began_at: Timestamp,
    /// For each minute the latest time that the clock has shown until then, in minutes since 1970 by that clock.
    latest: Vec<i64>,
}

/// A stretch of minutes, judged from nothing but what the clock shows at each: a time of day has come once the clock first
/// shows it or a later one.
pub(super) struct Naive<'a> {
    readings: &'a Readings,
    is_open: Vec<bool>,
}

const DAY_MINUTES: i64 = 24 * 60;

fn date_in_minutes(date: Date) -> i64 {
    i64::from((date - Date::constant(1970, 1, 1)).get_days()) * DAY_MINUTES
}

impl Readings {
    pub(super) const DAYS: usize = 24;
    pub(super) const MINUTES: usize = Self::DAYS * 24 * 60;

    pub(super) fn of(zone: &TimeZone, began_at: Timestamp) -> Self {
        let shown = |index: usize| {
            let shown = zone.to_datetime(minutes_after(began_at, index));
            date_in_minutes(shown.date()) + i64::from(shown.hour()) * 60 + i64::from(shown.minute())
        };
        let mut latest: Vec<i64> = Vec::with_capacity(Self::MINUTES);
        for hour in (0..Self::MINUTES).step_by(60) {
            let first = shown(hour);
            let is_plain = shown(hour + 60) == first + 60;
            for index in hour..hour + 60 {
                let minutes = i64::try_from(index - hour).expect("less than an hour");
                let shown = if is_plain { first + minutes } else { shown(index) };
                latest.push(latest.last().map_or(shown, |latest| shown.max(*latest)));
            }
        }
        Self { began_at, latest }
    }

    /// The minute at which a time of the clock has come.
    fn coming(&self, time: i64) -> usize {
        self.latest.partition_point(|shown| *shown < time)
    }
}

fn zone_of(schedule: &Schedule) -> &TimeZone {
    match schedule.time_zone() {
        ScheduleZone::Named(zone) => zone.zone(),
        ScheduleZone::Caller => panic!("no named zone"),
    }
}

fn minutes_after(instant: Timestamp, minutes: usize) -> Timestamp {
    instant + SignedDuration::from_mins(i64::try_from(minutes).expect("some days"))
}

impl<'a> Naive<'a> {
    pub(super) fn new(schedule: &Schedule, readings: &'a Readings) -> Self {
        let mut is_open = vec![false; Readings::MINUTES];
        let first = zone_of(schedule).to_datetime(readings.began_at).date();
        for date in first.series(jiff::Span::new().days(1)).take(Readings::DAYS + 2) {
            let weekday = Day::ALL[usize::try_from(date.weekday().to_monday_zero_offset()).expect("0 to 6")];
            if schedule.closed_dates().contains(&date) {
                continue;
            }
            for span in schedule.open().iter().filter(|span| span.days().contains(&weekday)) {
                let (from, mut to) = (i64::from(span.from().minutes()), i64::from(span.to().minutes()));
                if to <= from {
                    to += DAY_MINUTES;
                }
                let midnight = date_in_minutes(date);
                let (start, end) = (readings.coming(midnight + from), readings.coming(midnight + to));
                if start < end {
                    is_open[start..end].fill(true);
                }
            }
        }
        Self { readings, is_open }
    }

    fn instant(&self, index: usize) -> Timestamp {
        minutes_after(self.readings.began_at, index)
    }

    /// The first minute after `index` that is unlike it; none within the stretch.
    fn change_after(&self, index: usize) -> Option<usize> {
        let is_open = self.is_open[index];
        let later = self.is_open[index..].iter().position(|other| *other != is_open);
        later.map(|minutes| index + minutes)
    }

    pub(super) fn check(&self, schedule: &Schedule, index: usize) -> Result<(), TestCaseError> {
        const WEEK: usize = 7 * 24 * 60;
        const LARGEST_CHANGE: usize = 24 * 60;
        let at = self.instant(index);
        let change = self.change_after(index);
        match schedule.judge(at, Fact::Unknown) {
            Hours::Open { closes_at } => {
                prop_assert!(self.is_open[index], "{at} is closed");
                match (change, closes_at) {
                    (Some(change), None) => prop_assert!(change - index + LARGEST_CHANGE > WEEK, "{at}"),
                    (Some(change), Some(closes_at)) => {
                        prop_assert_eq!(closes_at, self.instant(change), "{}", at);
                    }
                    (None, closes_at) => prop_assert_eq!(closes_at, None, "{}", at),
                }
            }
            Hours::Unknown => return Err(TestCaseError::fail("a named zone is known")),
            Hours::Closed { opens_at } => {
                prop_assert!(!self.is_open[index], "{at} is open");
                match change {
                    Some(change) => prop_assert_eq!(opens_at, Some(self.instant(change)), "{}", at),
                    None => prop_assert!(
                        opens_at.is_none_or(|opens_at| opens_at >= self.instant(Readings::MINUTES - 1440)),
                        "{at}"
                    ),
                }
            }
        }
        Ok(())
    }
}

/// Zones whose clocks are harder than others'.
const HARD_ZONES: [&str; 12] = [
    "America/Chicago",
    "America/Havana",      // changes at midnight
    "America/Nuuk",        // changes on the eve
    "America/St_Johns",    // changed at a minute past midnight
    "Antarctica/Troll",    // changes by two hours
    "Africa/Casablanca",   // changes around Ramadan
    "Asia/Beirut",         // changes at midnight
    "Asia/Kathmandu",      // never changes
    "Australia/Lord_Howe", // changes by half an hour
    "Europe/London",
    "Pacific/Apia", // left out a whole day
    "UTC",
];

fn a_time() -> impl Strategy<Value = u16> {
    prop_oneof![3 => 0_u16..=360, 1 => 1380_u16..=1440, 2 => (0_u16..=48).prop_map(|half_hours| half_hours * 30)]
}

fn a_span() -> impl Strategy<Value = OpenSpan> {
    let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let time = move |minutes: u16| text(minutes).parse::<TimeOfDay>().expect("a time of day");
    let days = prop::sample::subsequence(Day::ALL.to_vec(), 1..=7);
    (days, a_time(), a_time())
        .prop_filter_map("no span", move |(days, from, to)| OpenSpan::new(days, time(from), time(to)).ok())
}

/// The zones of the database that are taken by name.
pub(super) fn zones() -> Vec<TimeZoneName> {
    TimeZoneDatabase::bundled().available().filter_map(|name| name.as_str().parse().ok()).collect()
}

fn a_zone() -> impl Strategy<Value = TimeZoneName> {
    let hard = HARD_ZONES.map(|zone| zone.parse().expect(zone)).to_vec();
    prop_oneof![prop::sample::select(hard), prop::sample::select(zones())]
}

/// Hours of a zone in which a stretch begins that may hold closed dates.
pub(super) fn a_schedule(zone: TimeZoneName, began_at: Timestamp) -> impl Strategy<Value = Schedule> {
    let spans = prop::collection::vec(a_span(), 1..5);
    let closed = prop::collection::vec(0_i64..Readings::DAYS as i64, 0..4);
    let first = zone.zone().to_datetime(began_at).date();
    (spans, closed).prop_map(move |(open, closed)| {
        let closed = closed.into_iter().map(|days| first + SignedDuration::from_hours(24 * days)).collect();
        Schedule::new(ScheduleZone::Named(zone.clone()), open, closed)
    })
}

/// Before a change of the clock, the stretch in which it is judged begins so much earlier.
pub(super) const LEAD: SignedDuration = SignedDuration::from_hours(4 * 24);

fn a_schedule_and_a_change_of_the_clock() -> impl Strategy<Value = (Schedule, Timestamp)> {
    (a_zone(), 1_300_000_000_i64..2_000_000_000).prop_flat_map(|(zone, second)| {
        let at = Timestamp::from_second(second - second.rem_euclid(60)).expect("within time");
        let change = zone.zone().following(at).next().map_or(at, |change| change.timestamp());
        (a_schedule(zone, change - LEAD), Just(change - LEAD))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_minute_around_a_change_of_the_clock_is_judged_as_a_naive_judge_would(
        (schedule, began_at) in a_schedule_and_a_change_of_the_clock()
    ) {
        let readings = Readings::of(zone_of(&schedule), began_at);
        let naive = Naive::new(&schedule, &readings);
        for index in (3 * 24 * 60)..(6 * 24 * 60) {
            naive.check(&schedule, index)?;
        }
    }
}
