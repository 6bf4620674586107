//! The rules of DynamoDB that the interpreter keeps, as tables.

use rust_decimal::Decimal;

use super::{apply, decide, judge, measure, validate};
use crate::port::{
    Condition, Item, Key, Operand, Path, Range, Refusal, StoreError, Update, Value, Write, WriteError,
};

fn number(digits: &str) -> Value {
    Value::Number(digits.parse().expect("a number"))
}

fn value(digits: &str) -> Operand {
    Operand::Value(number(digits))
}

fn at(name: &str) -> Operand {
    Operand::Path(Path::from(name))
}

fn item<const N: usize>(attributes: [(&str, Value); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn cap() -> Item {
    item([
        ("limit", Value::from(3_u32)),
        ("available", number("45.00")),
        ("name", Value::from("Zo\u{eb}")),
        ("open", Value::from(true)),
        ("live", Value::Map(item([("leg#1", Value::from(1_u32)), ("a.b", Value::from("x"))]))),
        ("list", Value::List(vec![Value::from(1_u32)])),
    ])
}

#[test]
fn a_condition_holds_or_not_of_the_item_as_it_stands() {
    let live = |name| Path::of(["live", name]);
    let size = |name: &str| Operand::Size(Path::from(name));
    let table = [
        (true, Condition::Exists("limit".into())),
        (false, Condition::Exists("none".into())),
        (true, Condition::Exists(live("a.b"))),
        (false, Condition::Exists(Path::of(["live", "a", "b"]))),
        (false, Condition::Exists(Path::of(["name", "x"]))),
        (true, Condition::Absent(Path::of(["none", "x"]))),
        (false, Condition::Absent(live("leg#1"))),
        (true, Condition::Equal(at("available"), value("45"))),
        (false, Condition::Equal(at("available"), Operand::from("45"))),
        (false, Condition::Equal(at("none"), at("other"))),
        (true, Condition::Equal(at("open"), Operand::from(true))),
        (true, Condition::Below(size("live"), at("limit"))),
        (false, Condition::Below(at("limit"), value("3.0"))),
        (true, Condition::AtMost(at("limit"), value("3.0"))),
        (false, Condition::AtMost(at("none"), value("3"))),
        (false, Condition::AtMost(value("3"), at("none"))),
        (false, Condition::AtMost(at("name"), value("3"))),
        (false, Condition::AtMost(at("open"), at("live"))),
        (true, Condition::Below(Operand::from("Zoe"), at("name"))),
        (true, Condition::Equal(size("name"), value("4"))),
        (true, Condition::Equal(size("list"), value("1"))),
        (false, Condition::AtMost(size("limit"), value("9"))),
        (true, Condition::All(vec![])),
        (false, Condition::Any(vec![])),
        (false, Condition::All(vec![Condition::Exists("limit".into()), Condition::Exists("none".into())])),
        (true, Condition::Any(vec![Condition::Exists("none".into()), Condition::Exists("limit".into())])),
    ];
    for (expected, condition) in table {
        assert_eq!(judge(&condition, Some(&cap())), expected, "{condition:?}");
    }
}

#[test]
fn an_item_that_does_not_exist_has_nothing_anywhere() {
    assert!(judge(&Condition::Absent("limit".into()), None));
    assert!(!judge(&Condition::Exists("limit".into()), None));
    assert!(!judge(&Condition::Equal(at("a"), at("b")), None));
}

#[test]
fn updates_change_what_they_name() {
    let path = Path::of(["live", "leg#2"]);
    let updates = vec![
        Update::Set(path.clone(), Value::empty_map()),
        Update::SetIfAbsent("limit".into(), Value::from(9_u32)),
        Update::SetIfAbsent("since".into(), Value::from("now")),
        Update::Add("available".into(), Decimal::new(-4500, 2)),
        Update::Add("count".into(), Decimal::ONE),
        Update::Remove(Path::of(["live", "a.b"])),
        Update::Remove("none".into()),
    ];
    let mut expected = cap();
    expected.extend(item([
        ("since", Value::from("now")),
        ("available", number("0")),
        ("count", Value::from(1_u32)),
        ("live", Value::Map(item([("leg#1", Value::from(1_u32)), ("leg#2", Value::empty_map())]))),
    ]));
    assert_eq!(apply(updates, Some(cap())), Ok(expected));
    assert_eq!(apply(vec![Update::Remove(Path::from("a"))], None), Ok(Item::new()));
    assert!(matches!(apply(vec![Update::Remove(path)], None), Err(StoreError::Invalid(_))));
}

#[test]
fn an_update_that_the_item_makes_impossible_is_invalid() {
    let most = Decimal::MAX;
    let table = [
        Update::Set(Path::of(["none", "x"]), Value::from(1_u32)),
        Update::SetIfAbsent(Path::of(["limit", "x"]), Value::from(1_u32)),
        Update::Add(Path::of(["live", "none", "x"]), Decimal::ONE),
        Update::Remove(Path::of(["none", "x"])),
        Update::Add("name".into(), Decimal::ONE),
        Update::Add("most".into(), Decimal::ONE),
        Update::Add("most".into(), Decimal::new(1, 28)),
    ];
    for update in table {
        let mut item = cap();
        item.insert("most".to_owned(), Value::Number(most));
        let found = apply(vec![update.clone()], Some(item));
        assert!(matches!(found, Err(StoreError::Invalid(_))), "{update:?}: {found:?}");
    }
}

#[test]
fn sums_are_exact() {
    let table = [
        ("0.1", "0.2", Some("0.3")),
        ("9999999999999999999999999999", "-0.0000", Some("9999999999999999999999999999")),
        ("999999999999999999.0000000001", "0.0000000001", Some("999999999999999999.0000000002")),
        ("9999999999999999999999999999", "0.1", None),
        ("0.5000000000000000000000000000", "9.5", Some("10")),
    ];
    for (left, right, expected) in table {
        let add = |to: &str, number: &str| {
            apply(
                vec![Update::Add("n".into(), number.parse().expect("a number"))],
                Some(item([("n", self::number(to))])),
            )
        };
        for (left, right) in [(left, right), (right, left)] {
            assert_eq!(
                add(left, right).ok(),
                expected.map(|sum| item([("n", number(sum))])),
                "{left} + {right}"
            );
        }
    }
}

fn key(sort: &str) -> Key {
    Key::new("p", sort)
}

fn update(sort: &str, updates: Vec<Update>, condition: Option<Condition>) -> Write {
    Write::Update { key: key(sort), updates, condition }
}

#[test]
fn one_refusal_refuses_all_and_each_is_told_in_its_place() {
    let writes = vec![
        update("1", vec![Update::Set(Path::of(["none", "x"]), Value::from(1_u32))], None),
        Write::Check { key: key("2"), condition: Condition::Exists("a".into()) },
        Write::Delete { key: key("3"), condition: Some(Condition::Exists("none".into())) },
    ];
    let found = decide(writes, vec![None, None, Some(cap().into())]);
    let refused = vec![None, Some(Refusal { item: None }), Some(Refusal { item: Some(cap().into()) })];
    assert_eq!(found, Err(WriteError::Refused(refused)));
}

#[test]
fn a_check_leaves_its_item_and_a_deletion_none() {
    let writes = vec![
        Write::Check { key: key("1"), condition: Condition::Exists("limit".into()) },
        Write::Delete { key: key("2"), condition: None },
        Write::Put { key: key("3"), item: Item::new(), condition: None },
    ];
    let found = decide(writes, vec![Some(cap().into()), Some(cap().into()), Some(cap().into())]);
    assert_eq!(
        found,
        Ok(vec![(key("1"), Some(cap().into())), (key("2"), None), (key("3"), Some(Item::new().into()))])
    );
}

#[test]
fn items_may_be_as_large_and_as_deep_as_in_dynamodb_and_no_more() {
    let text = |bytes: usize| item([("t", Value::from("x".repeat(bytes)))]);
    // Two bytes of key, one of name.
    assert_eq!(measure(&key("s"), &text(400 * 1024 - 3)), Ok(400 * 1024));
    assert!(measure(&key("s"), &text(400 * 1024 - 2)).is_err());
    let nested =
        |levels| item([("t", (0..levels).fold(Value::from(true), |inner, _| Value::List(vec![inner])))]);
    assert!(measure(&key("s"), &nested(32)).is_ok());
    assert!(measure(&key("s"), &nested(33)).is_err());
    assert!(measure(&key("s"), &item([("m", Value::Map(item([("", Value::from(1_u32))])))])).is_err());
    // Names 2, key 2, a map with one entry 3 + 1, its name 1, -12.345 in 3 + 1 + 1, and a truth value.
    let counted = item([("m", Value::Map(item([("n", number("-12.345"))]))), ("b", Value::from(true))]);
    assert_eq!(measure(&key("s"), &counted), Ok(15));
}

#[test]
fn items_of_one_request_hold_four_megabytes_together() {
    let writes = |count: usize| -> Vec<Write> {
        let put = |place: usize| Write::Put {
            key: key(&place.to_string()),
            item: item([("t", Value::from("x".repeat(400_000)))]),
            condition: None,
        };
        (0..count).map(put).collect()
    };
    assert!(decide(writes(10), vec![None; 10]).is_ok());
    assert!(matches!(decide(writes(11), vec![None; 11]), Err(WriteError::Store(StoreError::Invalid(_)))));
}

#[test]
fn a_request_that_is_wrong_by_itself_is_invalid() {
    let check = |condition| Write::Check { key: key("s"), condition };
    let set = |path: Path| Update::Set(path, Value::from(1_u32));
    let put = |key: Key, item: Item| Write::Put { key, item, condition: None };
    let many = |count: usize| {
        (0..count).map(|place| put(key(&format!("s{place}")), Item::new())).collect::<Vec<_>>()
    };
    let exists = |count: usize| check(Condition::All(vec![Condition::Exists("a".into()); count]));
    let table = [
        ("nothing", vec![]),
        ("too many", many(101)),
        ("an item twice", vec![put(key("s"), Item::new()), check(Condition::Exists("a".into()))]),
        ("an empty partition", vec![put(Key::new("", "s"), Item::new())]),
        ("an empty sort key", vec![put(Key::new("p", ""), Item::new())]),
        ("a long partition", vec![put(Key::new("p".repeat(2_049), "s"), Item::new())]),
        ("a long sort key", vec![put(Key::new("p", "s".repeat(1_025)), Item::new())]),
        ("a reserved name", vec![put(key("s"), item([("pk", Value::from(1_u32))]))]),
        ("a reserved path", vec![check(Condition::Exists("sk".into()))]),
        ("no updates", vec![update("s", vec![], None)]),
        ("one path twice", vec![update("s", vec![set("a".into()), set("a".into())], None)]),
        ("a path within another", vec![update("s", vec![set(Path::of(["a", "b"])), set("a".into())], None)]),
        (
            "a path far within another",
            vec![update("s", vec![set("a".into()), set(Path::of(["a", "b", "c"]))], None)],
        ),
        ("a path without names", vec![update("s", vec![set(Path(vec![]))], None)]),
        ("an empty name", vec![update("s", vec![set(Path::of(["a", ""]))], None)]),
        ("a deep path", vec![update("s", vec![set(Path(vec!["a".to_owned(); 33]))], None)]),
        ("a path with itself", vec![check(Condition::Equal(at("a"), at("a")))]),
        ("an order of truth values", vec![check(Condition::Below(at("a"), Operand::from(true)))]),
        ("too many conditions", vec![exists(300)]),
    ];
    for (what, writes) in table {
        let found = validate::writes(&writes);
        assert!(matches!(found, Err(StoreError::Invalid(_))), "{what}: {found:?}");
    }
    let right = [
        many(100),
        vec![exists(299)],
        vec![put(Key::new("p".repeat(2_048), "s".repeat(1_024)), Item::new())],
        vec![update(
            "s",
            vec![set(Path::of(["a", "b"])), set(Path::of(["a", "bc"])), set("ab".into())],
            None,
        )],
    ];
    for writes in right {
        assert_eq!(validate::writes(&writes), Ok(()));
    }
}

#[test]
fn other_requests_have_limits_too() {
    let range = |from: &str| Range { from: Some(from.to_owned()), to: None };
    let keys = |count: usize| (0..count).map(|place| key(&place.to_string())).collect::<Vec<_>>();
    let table = [
        (true, validate::keys(&[])),
        (true, validate::keys(&keys(100))),
        (false, validate::keys(&keys(101))),
        (false, validate::keys(&[key("1"), key("1")])),
        (false, validate::key(&key(""))),
        (true, validate::query("p", &range("s"), 1)),
        (false, validate::query("p", &range("s"), 0)),
        (false, validate::query("p", &range(""), 1)),
        (false, validate::query("", &range("s"), 1)),
        (true, validate::message(&"x".repeat(65_536))),
        (false, validate::message(&"x".repeat(65_537))),
        (false, validate::message("")),
        (true, validate::receive(43_200, 1)),
        (false, validate::receive(43_201, 1)),
        (false, validate::receive(1, 0)),
        (false, validate::read(0)),
    ];
    for (place, (right, found)) in table.into_iter().enumerate() {
        assert_eq!(found.is_ok(), right, "{place}: {found:?}");
    }
}
