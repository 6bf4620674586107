//! Surveys: every item once, in segments and sheets.

use std::{collections::BTreeMap, sync::Arc};

use ringfall_store::port::{Item, Key, Segment, StoreError, Value, Wanted, Write};

use super::{
    Engine, cases,
    requests::{item, number},
};

cases![
    a_survey_of_an_empty_table_finds_nothing,
    every_item_comes_once_in_any_segments_and_sheets,
    items_come_as_they_stand,
    only_what_is_wanted_comes,
    large_items_come_in_several_sheets,
    items_that_stay_come_once_while_others_come_and_go,
    wrong_surveys_are_invalid,
];

/// Keys in several partitions, some of whose names begin alike.
fn keys() -> impl Iterator<Item = Key> {
    let partitions = ["a", "a#", "a#1", "b", "\u{e9}", "\u{10000}"];
    let sorts = ["1", "10", "2", "\u{ffff}"];
    partitions.into_iter().flat_map(move |partition| sorts.map(|sort| Key::new(partition, sort)))
}

fn named(key: &Key) -> Item {
    item([("name", Value::Text(key.to_string()))])
}

fn put(key: Key, item: Item) -> Write {
    Write::Put { key, item, condition: None }
}

async fn fill(engine: &Engine) -> BTreeMap<Key, Item> {
    let items: BTreeMap<Key, Item> = keys().map(|key| (key.clone(), named(&key))).collect();
    engine.write(items.iter().map(|(key, item)| put(key.clone(), item.clone())).collect()).await;
    items
}

/// Everything that is wanted, by segments and sheets of at most `limit`. Each may come once.
async fn survey(engine: &Engine, segments: u32, limit: usize, wanted: Wanted) -> BTreeMap<Key, Item> {
    let mut found = BTreeMap::new();
    for segment in Segment::all(segments) {
        let mut after = None;
        loop {
            let sheet = engine.survey.survey(segment, after.as_ref(), limit, wanted).await;
            let sheet = sheet.expect("it can be surveyed");
            assert!(sheet.items.len() <= limit, "{} of at most {limit}", sheet.items.len());
            for (key, item) in sheet.items {
                assert_eq!(found.insert(key.clone(), Arc::unwrap_or_clone(item)), None, "{key} comes twice");
            }
            let Some(next) = sheet.next else { break };
            assert_ne!(Some(&next), after.as_ref(), "it goes on");
            after = Some(next);
        }
    }
    found
}

async fn a_survey_of_an_empty_table_finds_nothing(engine: Engine) {
    assert_eq!(survey(&engine, 2, 10, |_| true).await, BTreeMap::new());
}

async fn every_item_comes_once_in_any_segments_and_sheets(engine: Engine) {
    let items = fill(&engine).await;
    for (segments, limit) in [(1, 1), (1, 5), (1, 1_000), (3, 4), (7, 1_000)] {
        assert_eq!(survey(&engine, segments, limit, |_| true).await, items, "{segments} by {limit}");
    }
}

async fn items_come_as_they_stand(engine: Engine) {
    let mut items = fill(&engine).await;
    let (changed, deleted) = (Key::new("a", "1"), Key::new("b", "2"));
    let now = item([("n", number("2"))]);
    let writes =
        vec![put(changed.clone(), now.clone()), Write::Delete { key: deleted.clone(), condition: None }];
    engine.write(writes).await;
    items.insert(changed, now);
    items.remove(&deleted);
    assert_eq!(survey(&engine, 1, 1_000, |_| true).await, items);
}

async fn only_what_is_wanted_comes(engine: Engine) {
    let mut items = fill(&engine).await;
    items.retain(|key, _| key.sort == "10" && key.partition != "a");
    for (segments, limit) in [(1, 1), (1, 7), (4, 1_000)] {
        let found = survey(&engine, segments, limit, |key| key.sort == "10" && key.partition != "a").await;
        assert_eq!(found, items, "{segments} by {limit}");
    }
}

async fn large_items_come_in_several_sheets(engine: Engine) {
    let large = || item([("text", Value::Text("x".repeat(300_000)))]);
    let items: BTreeMap<Key, Item> =
        (0..6).map(|place| (Key::new(format!("p{}", place % 2), place.to_string()), large())).collect();
    for (key, item) in &items {
        engine.write_one(put(key.clone(), item.clone())).await;
    }
    for segments in [1, 2] {
        assert!(survey(&engine, segments, 1_000, |_| true).await == items);
    }
}

async fn items_that_stay_come_once_while_others_come_and_go(engine: Engine) {
    let goes: fn(&Key) -> bool = |key| key.sort == "2";
    let mut stay = fill(&engine).await;
    stay.retain(|key, _| !goes(key));
    let (mut found, mut turn) = (BTreeMap::new(), 0);
    for segment in Segment::all(2) {
        let mut after: Option<Key> = None;
        loop {
            let sheet = engine.survey.survey(segment, after.as_ref(), 1, |_| true).await;
            let sheet = sheet.expect("it can be surveyed");
            for (key, item) in sheet.items {
                assert_eq!(found.insert(key.clone(), Arc::unwrap_or_clone(item)), None, "{key} comes twice");
            }
            let Some(next) = sheet.next else { break };
            // The key that the next sheet begins behind may be nobody's by then.
            if goes(&next) {
                engine.write_one(Write::Delete { key: next.clone(), condition: None }).await;
            }
            // Not for ever: an engine may have what is new behind all that was there.
            turn += 1;
            if turn <= 20 {
                let comes = Key::new(["a##", "c"][turn % 2], format!("{turn:03}"));
                engine.write_one(put(comes, Item::new())).await;
            }
            after = Some(next);
        }
    }
    found.retain(|key, _| stay.contains_key(key));
    assert_eq!(found, stay);
}

async fn wrong_surveys_are_invalid(engine: Engine) {
    let segment = Segment::all(1).next().expect("one");
    for (after, limit) in [(None, 0), (Some(Key::new("", "s")), 1), (Some(Key::new("p", "")), 1)] {
        let found = engine.survey.survey(segment, after.as_ref(), limit, |_| true).await;
        assert!(matches!(found, Err(StoreError::Invalid(_))), "{after:?} {limit}: {found:?}");
    }
}
