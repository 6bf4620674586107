//! Hours by the caller's own clock.

use jiff::{SignedDuration, Timestamp};

use super::{ALWAYS, OFFICE, closed_until, open_until, schedule};
use crate::{
    filter::Fact,
    schedule::{Hours, Schedule},
};

const NEW_YORK: &str = "America/New_York";
const LOS_ANGELES: &str = "America/Los_Angeles";

fn judged(open: &str, zones: &[&str], at: &str) -> Hours {
    schedule("caller", open, "[]").judge(at.parse().expect(at), zones.into())
}

#[test]
fn hours_follow_the_clock_of_the_caller() {
    let at = "2026-01-14T13:30:00Z";
    assert_eq!(judged(OFFICE, &[NEW_YORK], at), open_until("2026-01-14T23:00:00Z"));
    assert_eq!(judged(OFFICE, &[LOS_ANGELES], at), closed_until("2026-01-14T16:00:00Z"));
}

#[test]
fn a_caller_who_may_be_in_several_zones_is_in_hours_where_all_of_them_are() {
    let both = [NEW_YORK, LOS_ANGELES];
    for (at, expected) in [
        ("2026-01-14T13:30:00Z", closed_until("2026-01-14T16:00:00Z")),
        ("2026-01-14T16:00:00Z", open_until("2026-01-14T23:00:00Z")),
        ("2026-01-14T22:59:59Z", open_until("2026-01-14T23:00:00Z")),
        ("2026-01-14T23:00:00Z", closed_until("2026-01-15T16:00:00Z")),
        // Friday evening in Los Angeles.
        ("2026-01-17T00:00:00Z", closed_until("2026-01-19T16:00:00Z")),
    ] {
        assert_eq!(judged(OFFICE, &both, at), expected, "{at}");
    }
    assert_eq!(judged(ALWAYS, &both, "2026-01-14T23:00:00Z"), Hours::Open { closes_at: None });
}

#[test]
fn hours_that_no_two_zones_share_are_never_open_to_a_caller_in_either() {
    let morning =
        r#"[{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "08:00", "to": "09:00"}]"#;
    let never = Hours::Closed { opens_at: None };
    assert_eq!(judged(morning, &[NEW_YORK, LOS_ANGELES], "2026-01-14T13:30:00Z"), never);
}

#[test]
fn hours_are_closed_to_a_caller_of_whom_no_zone_is_known() {
    for zones in [Fact::Unknown, Fact::Known("Texas"), Fact::OneOf(&[NEW_YORK, "Texas"])] {
        let hours =
            schedule("caller", ALWAYS, "[]").judge("2026-01-14T13:30:00Z".parse().expect("a time"), zones);
        assert_eq!(hours, Hours::Unknown, "{zones:?}");
        assert!(!hours.is_open());
    }
}

#[test]
fn whose_clock_it_is_reads_back_and_is_one_word_only() {
    let document = serde_json::to_value(schedule("caller", ALWAYS, "[]")).expect("json");
    assert_eq!(document["time_zone"], "caller");
    for wrong in ["Caller", "callers", "caller ", ""] {
        let text = format!(r#"{{"time_zone": "{wrong}", "open": []}}"#);
        let error = serde_json::from_str::<Schedule>(&text).expect_err(wrong).to_string();
        assert!(error.contains("such as America/Chicago, or `caller`"), "{error}");
    }
}

#[test]
fn hours_that_change_too_often_to_compare_for_a_year_are_closed_at_least_for_a_while() {
    let half_hours = |first: &str, second: &str| {
        let spans = (0..24).map(|hour| {
            let end = if second == "00" { hour + 1 } else { hour };
            format!(
                r#"{{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "{hour:02}:{first}", "to": "{end:02}:{second}"}}"#
            )
        });
        schedule("UTC", &format!("[{}]", spans.collect::<Vec<_>>().join(",")), "[]")
    };
    let (early, late) = (half_hours("00", "30"), half_hours("30", "00"));
    let at: Timestamp = "2026-01-14T13:30:00Z".parse().expect("a time");
    let Some(Hours::Closed { opens_at: Some(opens_at) }) = Schedule::judge_together(&[&early, &late], at)
    else {
        panic!("nothing is known of the whole year");
    };
    assert!(opens_at.duration_since(at) > SignedDuration::from_hours(24 * 7), "{opens_at}");
    assert_eq!(Schedule::judge_together(&[&early, &early], at), Some(closed_until("2026-01-14T14:00:00Z")));
}
