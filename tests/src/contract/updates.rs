//! Updates of every kind.

use ringfall_store::port::{Condition, Item, Path, Update, Value};

use super::{
    Engine, cases,
    requests::{decimal, is_invalid, item, map, number, put, update, update_if},
};

cases![
    a_set_creates_item_and_attribute,
    a_set_replaces_whatever_stood_there,
    a_set_if_absent_keeps_what_stood_there,
    an_addition_counts_from_nothing,
    a_removal_of_nothing_is_no_failure,
    nested_places_are_changed_alone,
    all_updates_see_the_item_as_it_was,
    a_nested_place_needs_its_map,
    a_nested_removal_needs_its_map,
    only_numbers_are_added_to,
    sums_that_cannot_be_exact_are_invalid,
    overlapping_places_are_invalid,
    wrong_updates_are_invalid,
    an_update_may_be_conditional,
];

fn set(path: impl Into<Path>, value: impl Into<Value>) -> Update {
    Update::Set(path.into(), value.into())
}

fn one() -> Value {
    number("1")
}

async fn a_set_creates_item_and_attribute(engine: Engine) {
    let found = engine.write_one(update("1", vec![set("a", "x"), Update::Remove("b".into())])).await;
    assert_eq!(found, Some(item([("a", Value::from("x"))])));
    assert_eq!(engine.get("1").await, found);
}

async fn a_set_replaces_whatever_stood_there(engine: Engine) {
    engine.write_one(put("1", item([("a", map([("x", one())])), ("b", one())]))).await;
    let found = engine.write_one(update("1", vec![set("a", "text"), set("b", Value::empty_map())])).await;
    assert_eq!(found, Some(item([("a", Value::from("text")), ("b", Value::empty_map())])));
}

async fn a_set_if_absent_keeps_what_stood_there(engine: Engine) {
    engine.write_one(put("1", item([("a", Value::from("first")), ("m", map([("x", one())]))]))).await;
    let updates = vec![
        Update::SetIfAbsent("a".into(), "second".into()),
        Update::SetIfAbsent("b".into(), "second".into()),
        Update::SetIfAbsent(Path::of(["m", "x"]), number("2")),
        Update::SetIfAbsent(Path::of(["m", "y"]), number("2")),
    ];
    let found = engine.write_one(update("1", updates)).await;
    let kept = map([("x", one()), ("y", number("2"))]);
    assert_eq!(found, Some(item([("a", "first".into()), ("b", "second".into()), ("m", kept)])));
}

async fn an_addition_counts_from_nothing(engine: Engine) {
    engine.write_one(put("1", item([("n", number("45.00")), ("w", Value::empty_map())]))).await;
    let hour = Path::of(["w", "2026-11-21T01:00#hour"]);
    let updates =
        || vec![Update::Add("n".into(), decimal("-12.50")), Update::Add(hour.clone(), decimal("1"))];
    engine.write_one(update("1", updates())).await;
    let found = engine.write_one(update("1", updates())).await;
    assert_eq!(
        found,
        Some(item([("n", number("20")), ("w", map([("2026-11-21T01:00#hour", number("2"))]))]))
    );
    assert_eq!(
        engine.write_one(update("2", vec![Update::Add("n".into(), decimal("0.1"))])).await,
        Some(item([("n", number("0.1"))]))
    );
}

async fn a_removal_of_nothing_is_no_failure(engine: Engine) {
    let given = item([("a", one()), ("m", map([("x", one())]))]);
    engine.write_one(put("1", given.clone())).await;
    let removals = vec![Update::Remove("none".into()), Update::Remove(Path::of(["m", "none"]))];
    assert_eq!(engine.write_one(update("1", removals)).await, Some(given));
    let removals = vec![Update::Remove("a".into()), Update::Remove(Path::of(["m", "x"]))];
    assert_eq!(engine.write_one(update("1", removals)).await, Some(item([("m", Value::empty_map())])));
}

async fn nested_places_are_changed_alone(engine: Engine) {
    let lease = |price: &str| map([("price", number(price)), ("fence", one())]);
    engine
        .write_one(put("1", item([("live", map([("call#1", lease("45")), ("call#2", lease("20"))]))])))
        .await;
    let updates = vec![
        set(Path::of(["live", "call#1", "price"]), number("50")),
        Update::Remove(Path::of(["live", "call#2"])),
        set(Path::of(["live", "call.3"]), lease("1")),
    ];
    let found = engine.write_one(update("1", updates)).await;
    assert_eq!(found, Some(item([("live", map([("call#1", lease("50")), ("call.3", lease("1"))]))])));
}

async fn all_updates_see_the_item_as_it_was(engine: Engine) {
    engine.write_one(put("1", item([("a", one())]))).await;
    // The map is made by this very write: nothing can be put into it yet.
    let updates =
        vec![set("m", Value::empty_map()), set(Path::of(["n", "x"]), one()), set("n", Value::empty_map())];
    assert!(is_invalid(&engine.table.write(vec![update("1", updates)]).await));
    assert_eq!(engine.get("1").await, Some(item([("a", one())])));
}

/// Places that have no map above them in the item [`without_maps`].
fn places() -> [Path; 3] {
    [Path::of(["none", "x"]), Path::of(["n", "x"]), Path::of(["m", "none", "x"])]
}

fn without_maps() -> Item {
    item([("n", one()), ("m", Value::empty_map())])
}

async fn a_nested_place_needs_its_map(engine: Engine) {
    let given = without_maps();
    engine.write_one(put("1", given.clone())).await;
    for path in places() {
        let updates = [
            set(path.clone(), "x"),
            Update::SetIfAbsent(path.clone(), "x".into()),
            Update::Add(path, decimal("1")),
        ];
        for change in updates {
            for sort in ["1", "absent"] {
                let found = engine.table.write(vec![update(sort, vec![set("a", "x"), change.clone()])]).await;
                assert!(is_invalid(&found), "{change:?}: {found:?}");
            }
        }
    }
    assert_eq!(engine.get("1").await, Some(given));
    assert_eq!(engine.get("absent").await, None);
}

async fn a_nested_removal_needs_its_map(engine: Engine) {
    let given = without_maps();
    engine.write_one(put("1", given.clone())).await;
    for path in places() {
        let found = engine.table.write(vec![update("1", vec![set("a", "x"), Update::Remove(path)])]).await;
        assert!(is_invalid(&found), "{found:?}");
    }
    assert_eq!(engine.get("1").await, Some(given));
}

async fn only_numbers_are_added_to(engine: Engine) {
    let given = item([("text", "1".into()), ("bool", true.into()), ("map", Value::empty_map())]);
    engine.write_one(put("1", given.clone())).await;
    for name in ["text", "bool", "map"] {
        let found = engine.table.write(vec![update("1", vec![Update::Add(name.into(), decimal("1"))])]).await;
        assert!(is_invalid(&found), "{name}: {found:?}");
    }
    assert_eq!(engine.get("1").await, Some(given));
}

async fn sums_that_cannot_be_exact_are_invalid(engine: Engine) {
    let given = item([("n", number("9999999999999999999999999999"))]);
    engine.write_one(put("1", given.clone())).await;
    let tiny = vec![Update::Add("n".into(), decimal("0.0000000000000000000000000001"))];
    assert!(is_invalid(&engine.table.write(vec![update("1", tiny)]).await));
    assert_eq!(engine.get("1").await, Some(given));
}

async fn overlapping_places_are_invalid(engine: Engine) {
    let given = item([("m", map([("x", map([("y", one())]))]))]);
    engine.write_one(put("1", given.clone())).await;
    let (m, x, y) = (Path::from("m"), Path::of(["m", "x"]), Path::of(["m", "x", "y"]));
    for (left, right) in [(&m, &m), (&m, &x), (&y, &m), (&x, &y), (&x, &x)] {
        let updates = vec![set(left.clone(), one()), Update::Remove(right.clone())];
        let found = engine.table.write(vec![update("1", updates)]).await;
        assert!(is_invalid(&found), "{left} and {right}: {found:?}");
    }
    assert_eq!(engine.get("1").await, Some(given));
    let apart =
        vec![set(Path::of(["m", "x", "z"]), one()), set(Path::of(["m", "xy"]), one()), set("mx", one())];
    engine.write_one(update("1", apart)).await;
}

async fn wrong_updates_are_invalid(engine: Engine) {
    let table = [
        vec![],
        vec![set("pk", one())],
        vec![set("", one())],
        vec![set(Path(vec![]), one())],
        vec![set(Path(vec!["a".to_owned(); 33]), one())],
        vec![set("a", (0..33).fold(one(), |inner, _| Value::List(vec![inner])))],
    ];
    for updates in table {
        let found = engine.table.write(vec![update("1", updates.clone())]).await;
        assert!(is_invalid(&found), "{updates:?}: {found:?}");
    }
    assert!(is_invalid(&engine.table.write(vec![put("1", item([("sk", one())]))]).await));
    assert_eq!(engine.get("1").await, None);
}

async fn an_update_may_be_conditional(engine: Engine) {
    let exists = || Condition::Exists("n".into());
    let add = || vec![Update::Add("n".into(), decimal("1"))];
    assert_eq!(engine.refused(vec![update_if("1", add(), exists())]).await, [Some(None)]);
    assert_eq!(engine.get("1").await, None::<Item>);
    engine.write_one(put("1", item([("n", one())]))).await;
    assert_eq!(engine.write_one(update_if("1", add(), exists())).await, Some(item([("n", number("2"))])));
}
