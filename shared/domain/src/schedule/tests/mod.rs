//! Hours by example.

mod callers;
mod naive;
mod zones;

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Hours, Schedule};
use crate::filter::Fact;

fn schedule(zone: &str, open: &str, closed_dates: &str) -> Schedule {
    let text = format!(r#"{{"time_zone": "{zone}", "open": {open}, "closed_dates": {closed_dates}}}"#);
    serde_json::from_str(&text).expect(&text)
}

const OFFICE: &str = r#"[{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "18:00"}]"#;
const NIGHTS: &str = r#"[{"days": ["fri", "sat"], "from": "22:00", "to": "06:00"}]"#;
const ALWAYS: &str =
    r#"[{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "00:00", "to": "24:00"}]"#;

fn open_until(instant: &str) -> Hours {
    let closes_at = Some(instant.parse().expect(instant));
    Hours::Open { closes_at }
}

fn closed_until(instant: &str) -> Hours {
    let opens_at = Some(instant.parse().expect(instant));
    Hours::Closed { opens_at }
}

#[track_caller]
fn check(schedule: &Schedule, rows: &[(&str, Hours)]) {
    for (at, expected) in rows {
        assert_eq!(schedule.judge(at.parse().expect(at), Fact::Unknown), *expected, "{at}");
    }
}

#[test]
fn office_hours_follow_the_zone_through_the_year() {
    check(
        &schedule("America/Chicago", OFFICE, "[]"),
        &[
            // A Wednesday in winter, six hours behind UTC.
            ("2026-01-14T13:59:59.999Z", closed_until("2026-01-14T14:00:00Z")),
            ("2026-01-14T14:00:00Z", open_until("2026-01-15T00:00:00Z")),
            ("2026-01-14T23:59:59Z", open_until("2026-01-15T00:00:00Z")),
            ("2026-01-15T00:00:00Z", closed_until("2026-01-15T14:00:00Z")),
            // One in summer, five hours behind.
            ("2026-07-15T12:59:00Z", closed_until("2026-07-15T13:00:00Z")),
            ("2026-07-15T13:00:00Z", open_until("2026-07-15T23:00:00Z")),
            // The Friday before the clock is put forward, and the Monday after it.
            ("2026-03-07T00:00:00Z", closed_until("2026-03-09T13:00:00Z")),
        ],
    );
}

#[test]
fn an_overnight_span_belongs_to_the_day_on_which_it_starts() {
    check(
        &schedule("America/Chicago", NIGHTS, r#"["2026-01-17"]"#),
        &[
            // Friday the 16th runs into Saturday the 17th although that is closed; none starts on the 17th.
            ("2026-01-17T03:59:00Z", closed_until("2026-01-17T04:00:00Z")),
            ("2026-01-17T11:59:00Z", open_until("2026-01-17T12:00:00Z")),
            ("2026-01-17T12:00:00Z", closed_until("2026-01-24T04:00:00Z")),
            ("2026-01-18T05:00:00Z", closed_until("2026-01-24T04:00:00Z")),
        ],
    );
}

#[test]
fn a_night_is_an_hour_shorter_or_longer_when_the_clock_changes() {
    let nights = schedule("America/Chicago", NIGHTS, "[]");
    for (at, hours) in [("2026-03-08T06:00:00Z", 7), ("2026-11-01T06:00:00Z", 9), ("2026-11-08T06:00:00Z", 8)]
    {
        let at: Timestamp = at.parse().expect(at);
        let Hours::Open { closes_at } = nights.judge(at, Fact::Unknown) else {
            panic!("closed at {at}");
        };
        let closes_at = closes_at.expect("within a week");
        let opened_at = closes_at - SignedDuration::from_hours(hours);
        assert!(nights.judge(opened_at, Fact::Unknown).is_open(), "{at}");
        assert!(!nights.judge(opened_at - SignedDuration::from_secs(1), Fact::Unknown).is_open(), "{at}");
    }
}

#[test]
fn a_time_that_the_clock_skips_counts_as_the_moment_of_the_skip() {
    // On 8 March 2026, 02:00 becomes 03:00 in Chicago, at 08:00 UTC.
    let span = |from: &str, to: &str| {
        let open = format!(r#"[{{"days": ["sun"], "from": "{from}", "to": "{to}"}}]"#);
        schedule("America/Chicago", &open, "[]")
    };
    check(
        &span("02:30", "05:00"),
        &[
            ("2026-03-08T07:59:00Z", closed_until("2026-03-08T08:00:00Z")),
            ("2026-03-08T08:00:00Z", open_until("2026-03-08T10:00:00Z")),
        ],
    );
    check(&span("01:00", "02:30"), &[("2026-03-08T07:59:00Z", open_until("2026-03-08T08:00:00Z"))]);
    // What lies wholly within the skip does not happen; the next one is a week later.
    check(&span("02:10", "02:50"), &[("2026-03-08T07:59:00Z", closed_until("2026-03-15T07:10:00Z"))]);
}

#[test]
fn openings_that_only_a_skip_parts_are_one() {
    let open = r#"[{"days": ["sun"], "from": "01:00", "to": "02:15"}, {"days": ["sun"], "from": "02:45", "to": "05:00"}]"#;
    check(
        &schedule("America/Chicago", open, "[]"),
        &[
            ("2026-03-08T07:30:00Z", open_until("2026-03-08T10:00:00Z")),
            ("2026-03-15T06:30:00Z", open_until("2026-03-15T07:15:00Z")),
        ],
    );
}

#[test]
fn a_time_that_comes_twice_counts_as_its_first_coming() {
    // On 1 November 2026, 02:00 becomes 01:00 in Chicago, at 07:00 UTC.
    let open = r#"[{"days": ["sun"], "from": "00:30", "to": "01:30"}]"#;
    check(
        &schedule("America/Chicago", open, "[]"),
        &[
            ("2026-11-01T06:29:00Z", open_until("2026-11-01T06:30:00Z")),
            ("2026-11-01T06:30:00Z", closed_until("2026-11-08T06:30:00Z")),
            ("2026-11-01T07:15:00Z", closed_until("2026-11-08T06:30:00Z")),
        ],
    );
    let open = r#"[{"days": ["sun"], "from": "01:30", "to": "03:00"}]"#;
    check(
        &schedule("America/Chicago", open, "[]"),
        &[("2026-11-01T07:00:00Z", open_until("2026-11-01T09:00:00Z"))],
    );
}

#[test]
fn spans_that_touch_or_overlap_are_one() {
    let open = r#"[{"days": ["mon"], "from": "12:00", "to": "24:00"}, {"days": ["tue"], "from": "00:00", "to": "09:00"},
                   {"days": ["tue"], "from": "08:00", "to": "10:00"}, {"days": ["tue"], "from": "08:30", "to": "08:45"}]"#;
    check(&schedule("UTC", open, "[]"), &[("2026-01-12T12:00:00Z", open_until("2026-01-13T10:00:00Z"))]);
}

#[test]
fn what_never_closes_has_no_closing_time_unless_a_date_is_closed() {
    check(
        &schedule("Europe/Berlin", ALWAYS, r#"["2026-12-25"]"#),
        &[
            ("2026-06-01T00:00:00Z", Hours::Open { closes_at: None }),
            ("2026-12-20T00:00:00Z", open_until("2026-12-24T23:00:00Z")),
            ("2026-12-25T12:00:00Z", closed_until("2026-12-25T23:00:00Z")),
        ],
    );
}

#[test]
fn what_never_opens_is_said_so() {
    let never = schedule("UTC", "[]", "[]");
    check(&never, &[("2026-01-12T12:00:00Z", Hours::Closed { opens_at: None })]);
    assert_eq!(never.check().first().map(|problem| problem.path.as_str()), Some("open"));
    assert_eq!(schedule("UTC", OFFICE, "[]").check(), []);
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for zone in ["America/Chicago", "Pacific/Kiritimati"] {
        for hours in [OFFICE, NIGHTS, ALWAYS] {
            let schedule = schedule(zone, hours, r#"["0000-01-01", "9999-12-31"]"#);
            schedule.judge(Timestamp::MIN, Fact::Unknown);
            schedule.judge(Timestamp::MAX, Fact::Unknown);
        }
    }
}

#[test]
fn a_schedule_reads_back_as_it_was_written() {
    let text = r#"{"time_zone":"America/Chicago","open":[{"days":["fri","mon"],"from":"22:00","to":"06:00"}],"closed_dates":["2026-12-25","2026-01-01"]}"#;
    let read: Schedule = serde_json::from_str(text).expect("a schedule");
    assert_eq!(serde_json::to_string(&read).expect("json"), text);
}

#[test]
fn a_wrong_schedule_is_refused_with_its_reason() {
    let dates: Vec<Date> =
        (0..367).map(|days| Date::constant(2026, 1, 1) + SignedDuration::from_hours(24 * days)).collect();
    let dates = serde_json::to_string(&dates).expect("json");
    let span = r#"{"days": ["mon"], "from": "08:00", "to": "18:00"}"#;
    let spans = vec![span; 51].join(",");
    for (text, expected) in [
        (r#"{"time_zone": "America/Gotham", "open": []}"#, "the name of a time zone"),
        (r#"{"time_zone": "+02:00", "open": []}"#, "the name of a time zone"),
        (r#"{"open": []}"#, "missing field `time_zone`"),
        (r#"{"time_zone": "UTC"}"#, "missing field `open`"),
        (r#"{"time_zone": "UTC", "open": {}}"#, "a list of at most 50 items"),
        (r#"{"time_zone": "UTC", "open": [], "closed": []}"#, "unknown field `closed`"),
        (r#"{"time_zone": "UTC", "open": [], "closed_dates": ["2026-02-29"]}"#, "a date as YYYY-MM-DD"),
        (r#"{"time_zone": "UTC", "open": [], "closed_dates": ["2026-12-25T00:00"]}"#, "a date as YYYY-MM-DD"),
        (r#"{"time_zone": "UTC", "open": [], "closed_dates": ["12/25/2026"]}"#, "a date as YYYY-MM-DD"),
        (&format!(r#"{{"time_zone": "UTC", "open": [], "closed_dates": {dates}}}"#), "at most 366 items"),
        (&format!(r#"{{"time_zone": "UTC", "open": [{spans}]}}"#), "at most 50 items"),
    ] {
        let error = serde_json::from_str::<Schedule>(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
