//! The change feed.

use std::collections::BTreeMap;

use ringfall_store::port::{Change, Condition, Item, Key, Marks, Path, Position, StoreError, Update, Wanted};

use super::{
    Engine, cases,
    requests::{check, decimal, delete, item, key, number, put, put_if, update},
};

cases![
    changes_come_with_the_item_before_and_after,
    changes_of_one_item_come_in_order,
    every_item_of_one_request_appears,
    a_write_that_did_not_happen_does_not_appear,
    the_feed_is_read_again_from_any_position,
    what_is_not_wanted_is_passed_over,
    a_read_gives_no_more_than_its_limit,
    what_comes_after_what_was_forgotten_is_kept,
    positions_go_on_after_everything_was_forgotten,
    whoever_comes_too_late_is_told_so_once,
    whoever_waits_for_a_change_that_came_goes_on,
    a_read_of_nothing_is_invalid,
];

fn start() -> Position {
    Position::default()
}

fn n(digits: &str) -> Item {
    item([("n", number(digits))])
}

fn add_one() -> Vec<Update> {
    vec![Update::Add("n".into(), decimal("1"))]
}

/// The images of an item's changes, in order.
fn images(changes: &[Change], of: &Key) -> Vec<(Option<Item>, Option<Item>)> {
    let mut last: Marks = BTreeMap::new();
    for mark in changes.iter().map(|change| change.mark.clone()) {
        let before = last.insert(mark.lane, mark.place.clone());
        assert!(before.is_none_or(|before| before < mark.place), "the places of a lane grow");
    }
    changes
        .iter()
        .filter(|change| change.key == *of)
        .map(|change| (change.old.as_deref().cloned(), change.new.as_deref().cloned()))
        .collect()
}

async fn changes_come_with_the_item_before_and_after(engine: Engine) {
    engine.write_one(put("1", n("1"))).await;
    engine.write_one(update("1", add_one())).await;
    engine.write_one(delete("1")).await;
    let changes = engine.changes(&start(), 3).await;
    let expected = [(None, Some(n("1"))), (Some(n("1")), Some(n("2"))), (Some(n("2")), None)];
    assert_eq!(images(&changes, &key("1")), expected);
}

async fn what_is_not_wanted_is_passed_over(engine: Engine) {
    for sort in ["1", "2", "3", "4"] {
        engine.write_one(put(sort, n("1"))).await;
    }
    let wanted: Wanted = |key| key.sort == "2" || key.sort == "4";
    let (mut after, mut sorts) = (start(), Vec::new());
    for _ in 0..engine.patience.attempts {
        let reading = engine.feed.read(&after, 100, wanted).await.expect("the feed can be read");
        sorts.extend(reading.changes.into_iter().map(|change| change.key.sort));
        if sorts.len() >= 2 {
            break;
        }
        if reading.reached == after {
            tokio::time::sleep(engine.patience.pause).await;
        }
        after = reading.reached;
    }
    assert_eq!(sorts, ["2", "4"]);
}

async fn changes_of_one_item_come_in_order(engine: Engine) {
    for _ in 0..20 {
        engine.write_one(update("1", add_one())).await;
        engine.write_one(update("2", add_one())).await;
    }
    let changes = engine.changes(&start(), 40).await;
    assert_eq!(changes.len(), 40);
    for sort in ["1", "2"] {
        let counted = |count: i32| (count > 0).then(|| n(&count.to_string()));
        let expected: Vec<_> = (0..20).map(|count| (counted(count), counted(count + 1))).collect();
        assert_eq!(images(&changes, &key(sort)), expected);
    }
}

async fn every_item_of_one_request_appears(engine: Engine) {
    engine.write_one(put("old", n("1"))).await;
    let checked = check("none", Condition::Absent("n".into()));
    engine.write(vec![put("new", n("1")), update("old", add_one()), checked]).await;
    let changes = engine.changes(&start(), 3).await;
    assert_eq!(images(&changes, &key("new")), [(None, Some(n("1")))]);
    assert_eq!(images(&changes, &key("old")), [(None, Some(n("1"))), (Some(n("1")), Some(n("2")))]);
    assert_eq!(images(&changes, &key("none")), []);
}

async fn a_write_that_did_not_happen_does_not_appear(engine: Engine) {
    let impossible = || Condition::Exists("n".into());
    engine.refused(vec![put_if("1", n("1"), impossible())]).await;
    engine.refused(vec![put("2", n("1")), check("3", impossible())]).await;
    let nested = vec![Update::Set(Path::of(["none", "x"]), number("1"))];
    let invalid = engine.table.write(vec![put("2", n("1")), update("3", nested)]).await;
    assert!(invalid.is_err());
    engine.write_one(delete("4")).await;
    engine.write_one(put("5", n("1"))).await;
    let changes = engine.changes(&start(), 1).await;
    assert_eq!(changes.into_iter().map(|change| change.key).collect::<Vec<_>>(), [key("5")]);
}

async fn the_feed_is_read_again_from_any_position(engine: Engine) {
    for _ in 0..10 {
        engine.write_one(update("1", add_one())).await;
    }
    let readings = engine.readings(&start(), 10, 3).await;
    let changes: Vec<Change> = readings.iter().flat_map(|reading| reading.changes.clone()).collect();
    assert_eq!(changes.len(), 10);
    let mut read = 0;
    for reading in readings {
        read += reading.changes.len();
        let position = reading.reached.to_string().parse().expect("a position reads back");
        assert_eq!(reading.reached, position);
        assert_eq!(engine.changes(&position, 10 - read).await, changes[read..]);
    }
    assert_eq!(engine.changes(&start(), 10).await, changes);
}

async fn a_read_gives_no_more_than_its_limit(engine: Engine) {
    for _ in 0..5 {
        engine.write_one(update("1", add_one())).await;
    }
    let changes = engine.changes(&start(), 5).await;
    for limit in 1..=5 {
        let found: Vec<Change> = engine
            .readings(&start(), 1, limit)
            .await
            .into_iter()
            .flat_map(|reading| reading.changes)
            .collect();
        assert!(!found.is_empty() && found.len() <= limit);
        assert_eq!(found, changes[..found.len()]);
    }
}

async fn what_comes_after_what_was_forgotten_is_kept(engine: Engine) {
    for _ in 0..6 {
        engine.write_one(update("1", add_one())).await;
    }
    let readings = engine.readings(&start(), 3, 1).await;
    let through = &readings.last().expect("it was read").reached;
    let changes = engine.changes(&start(), 6).await;
    engine.feed.forget(through).await.expect("it can be forgotten");
    assert_eq!(engine.changes(through, 3).await, changes[3..]);
    engine.feed.forget(through).await.expect("it can be forgotten twice");
    engine.feed.forget(&start()).await.expect("nothing can be forgotten");
    assert_eq!(engine.changes(through, 3).await, changes[3..]);
}

async fn positions_go_on_after_everything_was_forgotten(engine: Engine) {
    engine.write_one(put("1", n("1"))).await;
    let reading = engine.readings(&start(), 1, 10).await.pop().expect("it changed");
    engine.feed.forget(&reading.reached).await.expect("it can be forgotten");
    engine.write_one(update("1", add_one())).await;
    let changes = engine.changes(&reading.reached, 1).await;
    assert_eq!(images(&changes, &key("1")), [(Some(n("1")), Some(n("2")))]);
    images(&[reading.changes, changes].concat(), &key("1"));
}

/// An engine that forgets by itself keeps what is moments old: then nothing is missing, and nothing is told to be.
async fn whoever_comes_too_late_is_told_so_once(engine: Engine) {
    for _ in 0..4 {
        engine.write_one(update("1", add_one())).await;
    }
    let readings = engine.readings(&start(), 4, 1).await;
    let changes = engine.changes(&start(), 4).await;
    for reading in readings {
        engine.feed.forget(&reading.reached).await.expect("it can be forgotten");
        let late = engine.feed.read(&start(), 100, |_| true).await.expect("the feed can be read");
        assert_eq!(late.has_gap, late.changes.first() != changes.first(), "{late:?}");
        assert!(changes.ends_with(&late.changes), "{late:?}");
        let on = engine.feed.read(&late.reached, 100, |_| true).await.expect("the feed can be read");
        assert!(!on.has_gap, "it is told once: {on:?} after {late:?}");
        let in_time = engine.feed.read(&reading.reached, 100, |_| true).await.expect("the feed can be read");
        assert!(!in_time.has_gap, "nothing is forgotten behind it: {in_time:?}");
    }
}

/// Returns at all: how soon is not asked for here.
async fn whoever_waits_for_a_change_that_came_goes_on(engine: Engine) {
    let (feed, table, start) = (engine.feed.clone(), engine.table.clone(), Position::default());
    let ((), written) = tokio::join!(feed.wait(&start), table.write(vec![put("1", n("1"))]));
    assert!(written.is_ok());
    engine.feed.wait(&start).await;
    assert_eq!(engine.changes(&start, 1).await.len(), 1);
}

async fn a_read_of_nothing_is_invalid(engine: Engine) {
    assert!(matches!(engine.feed.read(&start(), 0, |_| true).await, Err(StoreError::Invalid(_))));
}
