//! The change feed.

use ringfall_store::port::{Change, Condition, Item, Key, Path, Position, StoreError, Update};

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
    a_read_gives_no_more_than_its_limit,
    what_comes_after_what_was_forgotten_is_kept,
    positions_go_on_after_everything_was_forgotten,
    whoever_waits_for_a_change_that_came_goes_on,
    a_read_of_nothing_is_invalid,
];

const START: Position = Position(0);

fn n(digits: &str) -> Item {
    item([("n", number(digits))])
}

fn add_one() -> Vec<Update> {
    vec![Update::Add("n".into(), decimal("1"))]
}

/// The images of an item's changes, in order.
fn images(changes: &[Change], of: &Key) -> Vec<(Option<Item>, Option<Item>)> {
    assert!(changes.is_sorted_by(|left, right| left.position < right.position), "positions grow");
    changes
        .iter()
        .filter(|change| change.key == *of)
        .map(|change| (change.old.clone(), change.new.clone()))
        .collect()
}

async fn changes_come_with_the_item_before_and_after(engine: Engine) {
    engine.write_one(put("1", n("1"))).await;
    engine.write_one(update("1", add_one())).await;
    engine.write_one(delete("1")).await;
    let changes = engine.changes(START, 3).await;
    let expected = [(None, Some(n("1"))), (Some(n("1")), Some(n("2"))), (Some(n("2")), None)];
    assert_eq!(images(&changes, &key("1")), expected);
    assert!(changes.iter().all(|change| change.position > START));
}

async fn changes_of_one_item_come_in_order(engine: Engine) {
    for _ in 0..20 {
        engine.write_one(update("1", add_one())).await;
        engine.write_one(update("2", add_one())).await;
    }
    let changes = engine.changes(START, 40).await;
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
    let changes = engine.changes(START, 3).await;
    assert_eq!(images(&changes, &key("new")), [(None, Some(n("1")))]);
    assert_eq!(images(&changes, &key("old")), [(None, Some(n("1"))), (Some(n("1")), Some(n("2")))]);
    assert_eq!(images(&changes, &key("none")), []);
}

async fn a_write_that_did_not_happen_does_not_appear(engine: Engine) {
    let impossible = || Condition::Exists("n".into());
    engine.refused(vec![put_if("1", n("1"), impossible())]).await;
    engine.refused(vec![put("2", n("1")), check("3", impossible())]).await;
    let nested = vec![Update::Remove(Path::of(["none", "x"]))];
    let invalid = engine.table.write(vec![put("2", n("1")), update("3", nested)]).await;
    assert!(invalid.is_err());
    engine.write_one(delete("4")).await;
    engine.write_one(put("5", n("1"))).await;
    let changes = engine.changes(START, 1).await;
    assert_eq!(changes.into_iter().map(|change| change.key).collect::<Vec<_>>(), [key("5")]);
}

async fn the_feed_is_read_again_from_any_position(engine: Engine) {
    for _ in 0..10 {
        engine.write_one(update("1", add_one())).await;
    }
    let changes = engine.changes(START, 10).await;
    assert_eq!(changes.len(), 10);
    for (place, change) in changes.iter().enumerate() {
        let rest = &changes[place + 1..];
        assert_eq!(engine.changes(change.position, rest.len()).await, rest);
    }
    assert_eq!(engine.changes(START, 10).await, changes);
}

async fn a_read_gives_no_more_than_its_limit(engine: Engine) {
    for _ in 0..5 {
        engine.write_one(update("1", add_one())).await;
    }
    let changes = engine.changes(START, 5).await;
    for limit in 1..=5 {
        let found = engine.feed.read(START, limit).await.expect("the feed can be read");
        assert!(!found.is_empty() && found.len() <= limit);
        assert_eq!(found, changes[..found.len()]);
    }
}

async fn what_comes_after_what_was_forgotten_is_kept(engine: Engine) {
    for _ in 0..6 {
        engine.write_one(update("1", add_one())).await;
    }
    let changes = engine.changes(START, 6).await;
    let through = changes[2].position;
    engine.feed.forget(through).await.expect("it can be forgotten");
    assert_eq!(engine.changes(through, 3).await, changes[3..]);
    engine.feed.forget(through).await.expect("it can be forgotten twice");
    engine.feed.forget(START).await.expect("nothing can be forgotten");
    assert_eq!(engine.changes(through, 3).await, changes[3..]);
}

async fn positions_go_on_after_everything_was_forgotten(engine: Engine) {
    engine.write_one(put("1", n("1"))).await;
    let last = engine.changes(START, 1).await.last().expect("it changed").position;
    engine.feed.forget(last).await.expect("it can be forgotten");
    engine.write_one(update("1", add_one())).await;
    let changes = engine.changes(last, 1).await;
    assert_eq!(images(&changes, &key("1")), [(Some(n("1")), Some(n("2")))]);
    assert!(changes[0].position > last);
}

/// Returns at all: how soon is not asked for here.
async fn whoever_waits_for_a_change_that_came_goes_on(engine: Engine) {
    let (feed, table) = (engine.feed.clone(), engine.table.clone());
    let ((), written) = tokio::join!(feed.wait(START), table.write(vec![put("1", n("1"))]));
    assert!(written.is_ok());
    engine.feed.wait(START).await;
    assert_eq!(engine.changes(START, 1).await.len(), 1);
}

async fn a_read_of_nothing_is_invalid(engine: Engine) {
    assert!(matches!(engine.feed.read(START, 0).await, Err(StoreError::Invalid(_))));
}
