//! Dates at which clocks and calendars do what programs do not expect.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::chance::Chance;

/// Instants (UTC) around which runs take place.
const INSTANTS: [&str; 14] = [
    "2026-03-08T07:00:00Z", // New York loses an hour
    "2026-03-08T08:00:00Z", // Chicago loses an hour
    "2026-03-29T01:00:00Z", // Europe loses an hour
    "2026-04-04T15:00:00Z", // Lord Howe repeats half an hour
    "2026-04-23T22:00:00Z", // Cairo's day begins at one
    "2026-10-03T15:30:00Z", // Lord Howe loses half an hour
    "2026-10-25T01:00:00Z", // Europe repeats an hour
    "2026-11-01T06:00:00Z", // New York repeats an hour
    "2026-11-01T07:00:00Z", // Chicago repeats an hour
    "2026-02-01T06:00:00Z", // a month ends in Chicago
    "2026-04-30T18:30:00Z", // a month ends in Kolkata
    "2027-01-01T05:00:00Z", // a year ends in New York
    "2028-03-01T00:00:00Z", // a February of 29 days ends
    "2026-06-17T15:17:00Z", // nothing happens
];

/// The zones that buyers keep.
pub(super) const ZONES: [&str; 8] = [
    "America/Chicago",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Chatham",
    "UTC",
];

/// When a run of some length begins, so that one of the instants falls into it.
pub(super) fn beginning(chance: &Chance, length: Duration) -> Timestamp {
    let instant: Timestamp = chance.one_of(&INSTANTS).parse().expect("the list holds times");
    let milliseconds = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1);
    let before = i64::try_from(chance.within(0..=milliseconds)).unwrap_or(0);
    instant - SignedDuration::from_millis(before)
}
