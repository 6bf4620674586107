//! Queries: ranges, directions, limits, paging and order.

use std::sync::Arc;

use ringfall_store::port::{Direction, Item, Key, Range, StoreError, Value, Write};

use super::{
    Engine, cases,
    requests::{PARTITION, delete, item, key, number, put},
};

cases![
    an_empty_partition_gives_nothing,
    items_come_in_the_order_of_their_sort_keys,
    sort_keys_are_ordered_by_bytes,
    ranges_include_their_start_and_not_their_end,
    a_limit_gives_the_first_in_the_direction,
    pages_together_are_the_whole,
    large_items_come_in_several_pages,
    other_partitions_are_not_seen,
    what_was_written_is_seen_at_once,
    wrong_queries_are_invalid,
];

const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

async fn fill(engine: &Engine, sorts: &[&str]) {
    for sort in sorts {
        engine.write_one(put(sort, item([("sort", Value::from(*sort))]))).await;
    }
}

fn range(from: Option<&str>, to: Option<&str>) -> Range {
    Range { from: from.map(str::to_owned), to: to.map(str::to_owned) }
}

/// All items within a range, page by page of at most `limit`.
async fn all(engine: &Engine, mut range: Range, direction: Direction, limit: usize) -> Vec<(Key, Item)> {
    let mut found: Vec<(Key, Item)> = Vec::new();
    loop {
        let page = engine.table.query(PARTITION, &range, direction, limit).await.expect("it can be queried");
        assert!(page.items.len() <= limit, "{} of at most {limit}", page.items.len());
        let last = page.items.last().map(|(key, _)| key.sort.clone());
        found.extend(page.items.into_iter().map(|(key, item)| (key, Arc::unwrap_or_clone(item))));
        let (Some(last), true) = (last, page.more) else {
            return found;
        };
        range = range.behind(&last, direction);
    }
}

/// The sort keys within a range.
async fn sorts(engine: &Engine, range: Range, direction: Direction, limit: usize) -> Vec<String> {
    let found = all(engine, range, direction, limit).await;
    for (key, item) in &found {
        assert_eq!(key.partition, PARTITION);
        assert_eq!(item.get("sort").and_then(Value::as_text), Some(key.sort.as_str()));
    }
    found.into_iter().map(|(key, _)| key.sort).collect()
}

async fn an_empty_partition_gives_nothing(engine: Engine) {
    for direction in DIRECTIONS {
        let page =
            engine.table.query(PARTITION, &Range::default(), direction, 10).await.expect("it can be queried");
        assert_eq!(page.items, []);
    }
}

async fn items_come_in_the_order_of_their_sort_keys(engine: Engine) {
    fill(&engine, &["b", "a", "c"]).await;
    assert_eq!(sorts(&engine, Range::default(), Direction::Ascending, 10).await, ["a", "b", "c"]);
    assert_eq!(sorts(&engine, Range::default(), Direction::Descending, 10).await, ["c", "b", "a"]);
}

async fn sort_keys_are_ordered_by_bytes(engine: Engine) {
    let mut expected = ["1", "10", "2", "B", "a", "a#", "a\0", "aa", "\u{e9}", "\u{ffff}", "\u{10000}"];
    fill(&engine, &expected).await;
    expected.sort_unstable_by_key(|sort| sort.as_bytes());
    assert_eq!(sorts(&engine, Range::default(), Direction::Ascending, 100).await, expected);
    expected.reverse();
    assert_eq!(sorts(&engine, Range::default(), Direction::Descending, 100).await, expected);
}

async fn ranges_include_their_start_and_not_their_end(engine: Engine) {
    fill(&engine, &["a", "b", "c", "d"]).await;
    let table: [(_, _, &[&str]); 9] = [
        (Some("b"), None, &["b", "c", "d"]),
        (None, Some("c"), &["a", "b"]),
        (Some("b"), Some("d"), &["b", "c"]),
        (Some("aa"), Some("cc"), &["b", "c"]),
        (Some("b"), Some("b"), &[]),
        (Some("c"), Some("b"), &[]),
        (Some("e"), None, &[]),
        (None, Some("a"), &[]),
        (Some("a"), Some("a\0"), &["a"]),
    ];
    for (from, to, expected) in table {
        let mut expected = expected.to_vec();
        assert_eq!(
            sorts(&engine, range(from, to), Direction::Ascending, 10).await,
            expected,
            "{from:?}..{to:?}"
        );
        expected.reverse();
        assert_eq!(
            sorts(&engine, range(from, to), Direction::Descending, 10).await,
            expected,
            "{from:?}..{to:?}"
        );
    }
}

async fn a_limit_gives_the_first_in_the_direction(engine: Engine) {
    fill(&engine, &["a", "b", "c", "d"]).await;
    let table = [(Direction::Ascending, ["a", "b"]), (Direction::Descending, ["d", "c"])];
    for (direction, expected) in table {
        let page =
            engine.table.query(PARTITION, &Range::default(), direction, 2).await.expect("it can be queried");
        assert_eq!(page.items.into_iter().map(|(key, _)| key.sort).collect::<Vec<_>>(), expected);
        assert!(page.more);
    }
}

async fn pages_together_are_the_whole(engine: Engine) {
    let expected: Vec<String> = (0..25).map(|place| format!("W#{place:02}")).collect();
    fill(&engine, &expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let within = range(Some("W#03"), Some("W#21"));
    for limit in [1, 4, 18, 19] {
        let found = sorts(&engine, within.clone(), Direction::Ascending, limit).await;
        assert_eq!(found, expected[3..21], "by {limit}");
        let mut found = sorts(&engine, within.clone(), Direction::Descending, limit).await;
        found.reverse();
        assert_eq!(found, expected[3..21], "by {limit}");
    }
}

async fn large_items_come_in_several_pages(engine: Engine) {
    let sorts = ["1", "2", "3", "4", "5"];
    let large = || item([("t", Value::from("x".repeat(300_000)))]);
    for sort in sorts {
        engine.write_one(put(sort, large())).await;
    }
    for direction in DIRECTIONS {
        let mut found = all(&engine, Range::default(), direction, 100).await;
        found.sort_by(|left, right| left.0.cmp(&right.0));
        assert!(found == sorts.map(|sort| (key(sort), large())));
    }
}

async fn other_partitions_are_not_seen(engine: Engine) {
    fill(&engine, &["a"]).await;
    for partition in ["account", "account#", "account#0", "account#10", "account#2"] {
        let key = Key::new(partition, "b");
        engine.write_one(Write::Put { key, item: Item::new(), condition: None }).await;
    }
    for direction in DIRECTIONS {
        assert_eq!(sorts(&engine, Range::default(), direction, 10).await, ["a"]);
    }
}

async fn what_was_written_is_seen_at_once(engine: Engine) {
    for place in 0..20 {
        let sort = format!("{place:02}");
        engine.write_one(put(&sort, item([("n", number("1"))]))).await;
        assert_eq!(all(&engine, range(Some(&sort), None), Direction::Ascending, 10).await.len(), 1);
        engine.write_one(delete(&sort)).await;
        assert_eq!(all(&engine, Range::default(), Direction::Descending, 10).await, []);
    }
}

async fn wrong_queries_are_invalid(engine: Engine) {
    let table = [
        ("", range(None, None), 1),
        (PARTITION, range(None, None), 0),
        (PARTITION, range(Some(""), None), 1),
        (PARTITION, range(None, Some("")), 1),
        (PARTITION, range(Some(&"s".repeat(1_025)), None), 1),
    ];
    for (partition, range, limit) in table {
        let found = engine.table.query(partition, &range, Direction::Ascending, limit).await;
        assert!(matches!(found, Err(StoreError::Invalid(_))), "{partition:?} {range:?} {limit}: {found:?}");
    }
}
