//! Hours against a naive judge that looks at every minute.

use jiff::{SignedDuration, Timestamp, civil::Date};
use proptest::prelude::*;

use crate::schedule::{Day, Hours, OpenSpan, Schedule, TimeOfDay, TimeZoneName};

/// A stretch of minutes, judged from nothing but what the clock shows at each: a time of day has come once the clock first
/// shows it or a later one.
struct Naive {
    began_at: Timestamp,
    is_open: Vec<bool>,
}

impl Naive {
    const DAYS: usize = 24;
    const MINUTES: usize = Self::DAYS * 24 * 60;

    fn new(schedule: &Schedule, began_at: Timestamp) -> Self {
        let zone = schedule.time_zone().zone();
        let minute = |index: usize| SignedDuration::from_mins(i64::try_from(index).expect("some days"));
        let shown = |index| zone.to_datetime(began_at + minute(index));
        let mut latest = Vec::with_capacity(Self::MINUTES);
        for index in 0..Self::MINUTES {
            latest.push(latest.last().map_or(shown(index), |latest| shown(index).max(*latest)));
        }
        let has_come = |date: Date, minutes: u16| {
            let time =
                date.to_datetime(jiff::civil::Time::midnight()) + SignedDuration::from_mins(minutes.into());
            latest.partition_point(|shown| *shown < time)
        };
        let mut is_open = vec![false; Self::MINUTES];
        let first = latest[0].date();
        for date in first.series(jiff::Span::new().days(1)).take(Self::DAYS + 2) {
            let weekday = Day::ALL[usize::try_from(date.weekday().to_monday_zero_offset()).expect("0 to 6")];
            if schedule.closed_dates().contains(&date) {
                continue;
            }
            for span in schedule.open().iter().filter(|span| span.days().contains(&weekday)) {
                let (from, mut to) = (span.from().minutes(), span.to().minutes());
                if to <= from {
                    to += 24 * 60;
                }
                let (start, end) = (has_come(date, from), has_come(date, to));
                if start < end {
                    is_open[start..end].fill(true);
                }
            }
        }
        Self { began_at, is_open }
    }

    fn instant(&self, index: usize) -> Timestamp {
        self.began_at + SignedDuration::from_mins(i64::try_from(index).expect("some days"))
    }

    /// The first minute after `index` that is unlike it; none within the stretch.
    fn change_after(&self, index: usize) -> Option<usize> {
        let is_open = self.is_open[index];
        let later = self.is_open[index..].iter().position(|other| *other != is_open);
        later.map(|minutes| index + minutes)
    }

    fn check(&self, schedule: &Schedule, index: usize) -> Result<(), TestCaseError> {
        const WEEK: usize = 7 * 24 * 60;
        const LARGEST_CHANGE: usize = 24 * 60;
        let at = self.instant(index);
        let change = self.change_after(index);
        match schedule.judge(at) {
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
            Hours::Closed { opens_at } => {
                prop_assert!(!self.is_open[index], "{at} is open");
                match change {
                    Some(change) => prop_assert_eq!(opens_at, Some(self.instant(change)), "{}", at),
                    None => prop_assert!(
                        opens_at.is_none_or(|opens_at| opens_at >= self.instant(Self::MINUTES - 1440)),
                        "{at}"
                    ),
                }
            }
        }
        Ok(())
    }
}

const ZONES: [&str; 12] = [
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

fn a_schedule_and_a_change_of_the_clock() -> impl Strategy<Value = (Schedule, Timestamp)> {
    let years = 1_300_000_000_i64..2_000_000_000;
    let spans = prop::collection::vec(a_span(), 1..5);
    let closed = prop::collection::vec(0_i64..Naive::DAYS as i64, 0..4);
    (prop::sample::select(ZONES.as_slice()), years, spans, closed).prop_map(|(zone, second, open, closed)| {
        let zone: TimeZoneName = zone.parse().expect(zone);
        let at = Timestamp::from_second(second - second.rem_euclid(60)).expect("within time");
        let change = zone.zone().following(at).next().map_or(at, |change| change.timestamp());
        let began_at = change - SignedDuration::from_hours(4 * 24);
        let first = zone.zone().to_datetime(began_at).date();
        let closed = closed.into_iter().map(|days| first + SignedDuration::from_hours(24 * days)).collect();
        (Schedule::new(zone, open, closed), began_at)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_minute_around_a_change_of_the_clock_is_judged_as_a_naive_judge_would(
        (schedule, began_at) in a_schedule_and_a_change_of_the_clock()
    ) {
        let naive = Naive::new(&schedule, began_at);
        for index in (3 * 24 * 60)..(6 * 24 * 60) {
            naive.check(&schedule, index)?;
        }
    }
}
