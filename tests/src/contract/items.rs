//! Puts, gets and deletions; what an item may hold.

use ringfall_store::port::{Condition, Item, Key, Path, StoreError, Update, Value, Write};

use super::{
    Engine, cases,
    requests::{at, decimal, delete, is_invalid, item, key, map, number, put, update},
};

cases![
    an_item_that_was_never_put_is_not_there,
    a_put_item_is_there_as_it_was_put,
    a_put_replaces_the_whole_item,
    an_item_may_have_no_attributes,
    a_deleted_item_is_gone_and_deleting_nothing_is_no_failure,
    every_kind_of_value_reads_back,
    numbers_are_exact,
    names_may_hold_any_character,
    items_of_other_partitions_are_others,
    many_items_come_in_the_order_asked_for,
    a_hundred_items_come_at_once,
    an_item_may_be_large_but_not_larger,
    wrong_keys_are_invalid,
    wrong_numbers_of_keys_are_invalid,
];

async fn an_item_that_was_never_put_is_not_there(engine: Engine) {
    assert_eq!(engine.get("1").await, None);
}

async fn a_put_item_is_there_as_it_was_put(engine: Engine) {
    let given = item([("name", Value::from("Intake desk"))]);
    assert_eq!(engine.write_one(put("1", given.clone())).await, Some(given.clone()));
    assert_eq!(engine.get("1").await, Some(given));
}

async fn a_put_replaces_the_whole_item(engine: Engine) {
    engine.write_one(put("1", item([("a", Value::from("old")), ("b", Value::from("old"))]))).await;
    engine.write_one(put("1", item([("a", Value::from("new"))]))).await;
    assert_eq!(engine.get("1").await, Some(item([("a", Value::from("new"))])));
}

async fn an_item_may_have_no_attributes(engine: Engine) {
    assert_eq!(engine.write_one(put("1", Item::new())).await, Some(Item::new()));
    assert_eq!(engine.get("1").await, Some(Item::new()));
}

async fn a_deleted_item_is_gone_and_deleting_nothing_is_no_failure(engine: Engine) {
    engine.write_one(put("1", Item::new())).await;
    assert_eq!(engine.write_one(delete("1")).await, None);
    assert_eq!(engine.get("1").await, None);
    assert_eq!(engine.write_one(delete("1")).await, None);
}

async fn every_kind_of_value_reads_back(engine: Engine) {
    let given = item([
        ("text", Value::from("Zo\u{eb} \"\\\n\u{1f4de}")),
        ("empty", Value::from("")),
        ("number", number("-45.5")),
        ("bool", Value::from(false)),
        ("list", Value::List(vec![Value::from(true), Value::List(vec![]), map([("x", number("1"))])])),
        ("map", map([("inner", map([("empty", Value::empty_map())]))])),
    ]);
    engine.write_one(put("1", given.clone())).await;
    assert_eq!(engine.get("1").await, Some(given));
}

async fn numbers_are_exact(engine: Engine) {
    let digits = [
        "9999999999999999999999999999",
        "-0.0000000000000000000000000001",
        "1234567890123456.789012345678",
        "0",
        "1.10",
    ];
    for digits in digits {
        engine.write_one(put("1", item([("n", number(digits))]))).await;
        assert_eq!(engine.get("1").await, Some(item([("n", number(digits))])), "{digits}");
    }
    // Ten times a tenth is one, and the least and the most of 28 digits stand side by side.
    for _ in 0..10 {
        engine.write_one(update("2", vec![Update::Add("n".into(), decimal("0.1"))])).await;
    }
    assert_eq!(engine.get("2").await, Some(item([("n", number("1"))])));
    let sum = vec![Update::Add("n".into(), decimal("0.000000000000000000000000001"))];
    engine.write_one(update("2", sum)).await;
    assert_eq!(engine.get("2").await, Some(item([("n", number("1.000000000000000000000000001"))])));
}

async fn names_may_hold_any_character(engine: Engine) {
    let names = [
        "call#1",
        "a.b",
        ":value",
        "#name",
        "with space",
        "\u{e9}t\u{e9}",
        "\u{1f4de}",
        "size",
        "[0]",
        "a-b",
        "0",
        "\"'`",
    ];
    engine.write_one(put("1", item([("live", Value::empty_map())]))).await;
    for name in names {
        let set = |path| Update::Set(path, Value::from(name));
        engine.write_one(update("1", vec![set(Path::from(name)), set(Path::of(["live", name]))])).await;
    }
    let found = engine.get("1").await.expect("it is there");
    let live = found.get("live").and_then(Value::as_map).expect("it is a map");
    for name in names {
        assert_eq!(found.get(name), Some(&Value::from(name)));
        assert_eq!(live.get(name), Some(&Value::from(name)));
        assert!(engine.holds("1", Condition::Equal(at(name), Value::from(name).into())).await);
    }
    let removals = names.map(|name| Update::Remove(Path::of(["live", name])));
    engine.write_one(update("1", removals.to_vec())).await;
    assert_eq!(engine.get("1").await.and_then(|item| item.get("live").cloned()), Some(Value::empty_map()));
}

async fn items_of_other_partitions_are_others(engine: Engine) {
    let other = Key::new("account#2", "1");
    engine.write_one(put("1", item([("a", Value::from("one"))]))).await;
    let item = item([("a", Value::from("two"))]);
    engine.write_one(Write::Put { key: other.clone(), item: item.clone(), condition: None }).await;
    engine.write_one(delete("1")).await;
    assert_eq!(engine.table.get(&other).await, Ok(Some(item.into())));
}

async fn many_items_come_in_the_order_asked_for(engine: Engine) {
    for sort in ["1", "2", "3"] {
        engine.write_one(put(sort, item([("sort", Value::from(sort))]))).await;
    }
    let found = engine.table.get_many(&["3", "none", "1", "2"].map(key)).await.expect("they can be read");
    let expected = [Some("3"), None, Some("1"), Some("2")];
    assert_eq!(found, expected.map(|sort| sort.map(|sort| item([("sort", Value::from(sort))]).into())));
    assert_eq!(engine.table.get_many(&[]).await, Ok(vec![]));
}

async fn a_hundred_items_come_at_once(engine: Engine) {
    let sorts: Vec<String> = (0..100).map(|place| format!("{place:03}")).collect();
    // 30 KB each: DynamoDB gives 16 MB at most, and less whenever it likes.
    let large = |sort: &str| item([("t", Value::from(format!("{sort}{}", "x".repeat(30_000))))]);
    engine.write(sorts.iter().map(|sort| put(sort, large(sort))).collect()).await;
    let keys: Vec<Key> = sorts.iter().rev().map(|sort| key(sort)).collect();
    let found = engine.table.get_many(&keys).await.expect("they can be read");
    assert!(found.into_iter().eq(sorts.iter().rev().map(|sort| Some(large(sort).into()))));
}

async fn an_item_may_be_large_but_not_larger(engine: Engine) {
    let text = |bytes: usize| item([("t", Value::from("x".repeat(bytes)))]);
    engine.write_one(put("1", text(400_000))).await;
    assert_eq!(engine.get("1").await, Some(text(400_000)));
    assert!(is_invalid(&engine.table.write(vec![put("1", text(410_000))]).await));
    let more = vec![Update::Set("u".into(), Value::from("x".repeat(20_000)))];
    assert!(is_invalid(&engine.table.write(vec![update("1", more)]).await));
    assert_eq!(engine.get("1").await, Some(text(400_000)));
}

async fn wrong_keys_are_invalid(engine: Engine) {
    let long = [Key::new("p".repeat(2_048), "s".repeat(1_024))];
    for key in long {
        engine.write_one(Write::Put { key: key.clone(), item: Item::new(), condition: None }).await;
        assert_eq!(engine.table.get(&key).await, Ok(Some(Item::new().into())));
    }
    let wrong = [
        Key::new("", "s"),
        Key::new("p", ""),
        Key::new("p".repeat(2_049), "s"),
        Key::new("p", "s".repeat(1_025)),
    ];
    for key in wrong {
        assert!(matches!(engine.table.get(&key).await, Err(StoreError::Invalid(_))), "{key}");
        assert!(
            matches!(engine.table.get_many(std::slice::from_ref(&key)).await, Err(StoreError::Invalid(_))),
            "{key}"
        );
        let put = Write::Put { key: key.clone(), item: Item::new(), condition: None };
        assert!(is_invalid(&engine.table.write(vec![put]).await), "{key}");
    }
}

async fn wrong_numbers_of_keys_are_invalid(engine: Engine) {
    let many: Vec<Key> = (0..101).map(|place| key(&place.to_string())).collect();
    assert!(matches!(engine.table.get_many(&many).await, Err(StoreError::Invalid(_))));
    assert!(matches!(engine.table.get_many(&[key("1"), key("1")]).await, Err(StoreError::Invalid(_))));
}
