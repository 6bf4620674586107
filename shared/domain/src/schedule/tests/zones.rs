//! Every zone of the database, around the next two changes of its clock, against the naive judge.

use std::collections::HashSet;

use jiff::Timestamp;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::naive::{LEAD, Naive, Readings, a_schedule, zones};
use crate::schedule::TimeZoneName;

/// How many schedules each change is judged with.
const SCHEDULES: usize = 2;
/// Minutes on either side of a change each of which is judged; farther away, some are.
const CLOSE_MINUTES: usize = 150;

/// When the clock changes next and the time after; a zone that knows no change is looked at once all the same.
fn changes(zone: &TimeZoneName) -> Vec<Timestamp> {
    let since = "2026-01-01T00:00:00Z".parse().expect("a time");
    let changes: Vec<_> = zone.zone().following(since).take(2).map(|change| change.timestamp()).collect();
    if changes.is_empty() { vec![since] } else { changes }
}

#[test]
fn every_zone_is_judged_as_a_naive_judge_would_around_both_changes_of_its_clock() {
    let mut runner = TestRunner::deterministic();
    let mut seen = HashSet::new();
    let (mut zones_seen, mut changing) = (0, 0);
    for zone in zones() {
        let changes = changes(&zone);
        zones_seen += 1;
        changing += usize::from(changes.len() == 2);
        for change in changes {
            let readings = Readings::of(zone.zone(), change - LEAD);
            // Many names stand for one clock.
            if seen.insert(readings.clone()) {
                check(&mut runner, &zone, &readings);
            }
        }
    }
    assert!(zones_seen > 400 && changing > 100 && seen.len() > 80, "{zones_seen} {changing} {}", seen.len());
}

fn check(runner: &mut TestRunner, zone: &TimeZoneName, readings: &Readings) {
    let change = usize::try_from(LEAD.as_mins()).expect("some days");
    let close = (change - CLOSE_MINUTES)..(change + CLOSE_MINUTES);
    for _ in 0..SCHEDULES {
        let schedule =
            a_schedule(zone.clone(), readings.began_at).new_tree(runner).expect("a schedule").current();
        let naive = Naive::new(&schedule, readings);
        let farther = (change - 24 * 60..change + 2 * 24 * 60).step_by(19);
        for index in close.clone().chain(farther) {
            naive.check(&schedule, index).unwrap_or_else(|error| panic!("{zone}: {error}\n{schedule:?}"));
        }
    }
}
