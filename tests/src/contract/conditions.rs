//! Conditions of every kind, and what a refused write leaves behind.

use ringfall_store::port::{Condition, Item, Operand, Path, StoreError, Update, Value, Write, WriteError};

use super::{
    Engine, cases,
    requests::{at, check, decimal, delete, is_invalid, item, key, map, number, put, put_if, update_if},
};

cases![
    presence_and_absence,
    equality_is_by_value_and_kind,
    order_of_numbers,
    order_of_texts_is_by_bytes,
    comparisons_with_what_is_absent_are_false,
    comparisons_of_different_kinds_are_false,
    sizes,
    conditions_nest,
    an_item_that_does_not_exist_has_nothing_anywhere,
    a_refusal_tells_the_item_and_changes_nothing,
    an_item_is_created_once,
    conditional_deletions,
    wrong_conditions_are_invalid,
];

fn cap() -> Item {
    item([
        ("limit", number("3")),
        ("available", number("45.00")),
        ("name", Value::from("Intake")),
        ("open", Value::from(true)),
        ("live", map([("call#1", map([("fence", number("7"))])), ("a.b", Value::from("x"))])),
        ("list", Value::List(vec![number("1"), Value::from("two")])),
    ])
}

/// Puts the item [`cap`] and compares the verdicts on it.
async fn judge<const N: usize>(engine: &Engine, table: [(bool, Condition); N]) {
    engine.write_one(put("1", cap())).await;
    for (expected, condition) in table {
        assert_eq!(engine.holds("1", condition.clone()).await, expected, "{condition:?}");
    }
    assert_eq!(engine.get("1").await, Some(cap()));
}

fn number_operand(digits: &str) -> Operand {
    Operand::Value(number(digits))
}

async fn presence_and_absence(engine: Engine) {
    let table = [
        (true, Condition::Exists("limit".into())),
        (false, Condition::Exists("none".into())),
        (true, Condition::Exists(Path::of(["live", "call#1", "fence"]))),
        (true, Condition::Exists(Path::of(["live", "a.b"]))),
        (false, Condition::Exists(Path::of(["live", "a", "b"]))),
        (false, Condition::Exists(Path::of(["name", "x"]))),
        (false, Condition::Exists(Path::of(["none", "x"]))),
        (false, Condition::Absent("limit".into())),
        (true, Condition::Absent("none".into())),
        (true, Condition::Absent(Path::of(["none", "x", "y"]))),
        (false, Condition::Absent(Path::of(["live", "call#1"]))),
        (true, Condition::Absent(Path::of(["live", "call#2"]))),
    ];
    judge(&engine, table).await;
}

async fn equality_is_by_value_and_kind(engine: Engine) {
    let live = || map([("call#1", map([("fence", number("7.0"))])), ("a.b", Value::from("x"))]);
    let table = [
        (true, Condition::Equal(at("available"), number_operand("45"))),
        (true, Condition::Equal(number_operand("45.000"), at("available"))),
        (false, Condition::Equal(at("available"), number_operand("45.01"))),
        (false, Condition::Equal(at("available"), Operand::from("45.00"))),
        (true, Condition::Equal(at("name"), Operand::from("Intake"))),
        (false, Condition::Equal(at("name"), Operand::from("intake"))),
        (true, Condition::Equal(at("open"), Operand::from(true))),
        (false, Condition::Equal(at("open"), Operand::from("true"))),
        (true, Condition::Equal(at("live"), Operand::Value(live()))),
        (false, Condition::Equal(at("live"), Operand::Value(Value::empty_map()))),
        (
            true,
            Condition::Equal(
                at("list"),
                Operand::Value(Value::List(vec![number("1.0"), Value::from("two")])),
            ),
        ),
        (
            false,
            Condition::Equal(at("list"), Operand::Value(Value::List(vec![Value::from("two"), number("1")]))),
        ),
        (true, Condition::Equal(Operand::Path(Path::of(["live", "call#1", "fence"])), number_operand("7"))),
        (false, Condition::Equal(at("limit"), at("available"))),
    ];
    judge(&engine, table).await;
}

async fn order_of_numbers(engine: Engine) {
    let table = [
        (true, Condition::Below(at("limit"), number_operand("3.01"))),
        (false, Condition::Below(at("limit"), number_operand("3.00"))),
        (true, Condition::AtMost(at("limit"), number_operand("3.00"))),
        (false, Condition::AtMost(at("limit"), number_operand("2.9999999999999999999999999"))),
        (true, Condition::Below(at("limit"), at("available"))),
        (false, Condition::AtMost(at("available"), at("limit"))),
        (true, Condition::AtMost(number_operand("-45"), at("available"))),
        (true, Condition::Below(number_operand("9"), number_operand("10"))),
    ];
    judge(&engine, table).await;
}

async fn order_of_texts_is_by_bytes(engine: Engine) {
    let table = [
        (true, Condition::Below(at("name"), Operand::from("intake"))),
        (false, Condition::Below(at("name"), Operand::from("Intake"))),
        (true, Condition::AtMost(at("name"), Operand::from("Intake"))),
        (true, Condition::Below(Operand::from("Inta"), at("name"))),
        (true, Condition::Below(at("name"), Operand::from("\u{e9}"))),
        (true, Condition::Below(Operand::from("\u{ffff}"), Operand::from("\u{10000}"))),
    ];
    judge(&engine, table).await;
}

async fn comparisons_with_what_is_absent_are_false(engine: Engine) {
    let none = || at("none");
    let table = [
        (false, Condition::Equal(none(), number_operand("3"))),
        (false, Condition::Equal(none(), at("other"))),
        (false, Condition::Below(none(), number_operand("3"))),
        (false, Condition::Below(number_operand("3"), none())),
        (false, Condition::AtMost(at("limit"), none())),
        (false, Condition::AtMost(Operand::Size("none".into()), number_operand("3"))),
        (false, Condition::Below(Operand::Path(Path::of(["live", "none"])), number_operand("3"))),
    ];
    judge(&engine, table).await;
}

async fn comparisons_of_different_kinds_are_false(engine: Engine) {
    let table = [
        (false, Condition::Below(at("limit"), Operand::from("4"))),
        (false, Condition::Below(Operand::from("2"), at("limit"))),
        (false, Condition::AtMost(at("name"), number_operand("9"))),
        (false, Condition::AtMost(at("limit"), at("name"))),
        (false, Condition::AtMost(at("live"), at("list"))),
    ];
    judge(&engine, table).await;
}

async fn sizes(engine: Engine) {
    let size = |name: &str| Operand::Size(name.into());
    let table = [
        (true, Condition::Equal(size("live"), number_operand("2"))),
        (true, Condition::Below(size("live"), at("limit"))),
        (false, Condition::Below(size("live"), number_operand("2"))),
        (true, Condition::AtMost(size("list"), number_operand("2"))),
        (true, Condition::Equal(size("name"), number_operand("6"))),
        (true, Condition::Equal(Operand::Size(Path::of(["live", "call#1"])), number_operand("1"))),
    ];
    judge(&engine, table).await;
}

async fn conditions_nest(engine: Engine) {
    let yes = || Condition::Exists("limit".into());
    let no = || Condition::Exists("none".into());
    let table = [
        (true, Condition::All(vec![])),
        (false, Condition::Any(vec![])),
        (true, Condition::All(vec![yes(), yes()])),
        (false, Condition::All(vec![yes(), no()])),
        (true, Condition::Any(vec![no(), yes()])),
        (false, Condition::Any(vec![no(), no()])),
        (true, Condition::All(vec![Condition::Any(vec![no(), yes()]), Condition::All(vec![]), yes()])),
        (false, Condition::All(vec![Condition::Any(vec![]), yes()])),
        (true, Condition::Any(vec![Condition::All(vec![yes(), no()]), Condition::All(vec![yes()])])),
        (true, Condition::All(vec![yes(); 100])),
    ];
    judge(&engine, table).await;
}

async fn an_item_that_does_not_exist_has_nothing_anywhere(engine: Engine) {
    assert!(engine.holds("1", Condition::Absent("a".into())).await);
    assert!(engine.holds("1", Condition::Absent(Path::of(["a", "b"]))).await);
    assert!(!engine.holds("1", Condition::Exists("a".into())).await);
    assert!(!engine.holds("1", Condition::Equal(at("a"), at("b"))).await);
    assert!(engine.holds("1", Condition::All(vec![])).await);
    assert_eq!(engine.get("1").await, None);
}

async fn a_refusal_tells_the_item_and_changes_nothing(engine: Engine) {
    let impossible = || Condition::Below(at("limit"), number_operand("0"));
    let refused = engine.refused(vec![put_if("1", cap(), impossible())]).await;
    assert_eq!(refused, [Some(None)]);
    engine.write_one(put("1", cap())).await;
    let add = vec![Update::Add("limit".into(), decimal("1"))];
    for write in
        [put_if("1", Item::new(), impossible()), update_if("1", add, impossible()), check("1", impossible())]
    {
        assert_eq!(engine.refused(vec![write]).await, [Some(Some(cap()))]);
    }
    assert_eq!(engine.get("1").await, Some(cap()));
}

async fn an_item_is_created_once(engine: Engine) {
    let first = item([("n", number("1"))]);
    let absent = || Condition::Absent("n".into());
    engine.write_one(put_if("1", first.clone(), absent())).await;
    let refused = engine.refused(vec![put_if("1", item([("n", number("2"))]), absent())]).await;
    assert_eq!(refused, [Some(Some(first.clone()))]);
    assert_eq!(engine.get("1").await, Some(first));
}

async fn conditional_deletions(engine: Engine) {
    let delete_if = |condition| Write::Delete { key: key("1"), condition: Some(condition) };
    assert_eq!(engine.refused(vec![delete_if(Condition::Exists("limit".into()))]).await, [Some(None)]);
    engine.write_one(put("1", cap())).await;
    assert_eq!(engine.refused(vec![delete_if(Condition::Absent("limit".into()))]).await, [Some(Some(cap()))]);
    assert_eq!(engine.write_one(delete_if(Condition::Exists("limit".into()))).await, None);
    assert_eq!(engine.get("1").await, None);
    engine.write_one(delete("1")).await;
}

async fn wrong_conditions_are_invalid(engine: Engine) {
    engine.write_one(put("1", cap())).await;
    let table = [
        Condition::Equal(at("limit"), at("limit")),
        Condition::Below(at("limit"), Operand::from(true)),
        Condition::AtMost(Operand::Value(Value::empty_map()), at("limit")),
        Condition::Exists(Path(vec![])),
        Condition::Exists(Path::of(["live", ""])),
        Condition::Exists("pk".into()),
        Condition::Any(vec![Condition::Exists("limit".into()); 300]),
    ];
    for condition in table {
        let found = engine.table.write(vec![check("1", condition.clone())]).await;
        assert!(is_invalid(&found), "{condition:?}: {found:?}");
        assert!(!matches!(found, Err(WriteError::Store(StoreError::Unavailable(_)))));
    }
}
