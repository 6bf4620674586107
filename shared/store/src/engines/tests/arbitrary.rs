//! Arbitrary values, items and requests.

use proptest::{collection, prelude::*, sample};
use rust_decimal::Decimal;

use crate::port::{Condition, Direction, Item, Key, Operand, Path, Range, Update, Value, Write};

fn any_number() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0_u32..=18).prop_map(|(units, scale)| Decimal::new(units, scale))
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::Text),
        any_number().prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            collection::btree_map(".+", inner, 0..4).prop_map(Value::Map),
        ]
    })
}

/// Any item that may be kept.
pub(in crate::engines) fn any_item() -> impl Strategy<Value = Item> {
    collection::btree_map(".+", any_value(), 0..5)
}

/// One request to a store.
#[derive(Debug, Clone)]
pub(super) enum Request {
    Write(Vec<Write>),
    Get(Vec<Key>),
    Query(String, Range, Direction, usize),
    Send(String, i64),
    Receive(i64, u32, usize),
    /// Of the so-manieth receipt that was given.
    Acknowledge(usize),
    Postpone(usize, i64),
    Read(u64, usize),
    Forget(u64),
}

/// Few names, so that requests meet; none of them plain.
fn name() -> impl Strategy<Value = String> {
    sample::select(vec!["a", "b#", "c.d", ":é", "map"]).prop_map(str::to_owned)
}

fn sort() -> impl Strategy<Value = String> {
    sample::select(vec!["1", "10", "2", "é", "\u{10000}", "\u{ffff}"]).prop_map(str::to_owned)
}

fn key() -> impl Strategy<Value = Key> {
    (sample::select(vec!["p", "q"]), sort()).prop_map(|(partition, sort)| Key::new(partition, sort))
}

fn number() -> impl Strategy<Value = Decimal> {
    sample::select(vec![
        "0",
        "1",
        "1.10",
        "1.1",
        "-2.5",
        "0.0000000000000000000000000001",
        "9999999999999999999999999999",
    ])
    .prop_map(|digits| Decimal::from_str_exact(digits).expect("these are numbers"))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        sample::select(vec!["", "x", "é"]).prop_map(Value::from),
        number().prop_map(Value::Number),
        any::<bool>().prop_map(Value::Bool),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            collection::btree_map(name(), inner, 0..3).prop_map(Value::Map),
        ]
    })
}

fn item() -> impl Strategy<Value = Item> {
    collection::btree_map(name(), value(), 0..4)
}

fn path() -> impl Strategy<Value = Path> {
    collection::vec(name(), 1..3).prop_map(Path)
}

fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![
        value().prop_map(Operand::Value),
        path().prop_map(Operand::Path),
        path().prop_map(Operand::Size),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        path().prop_map(Condition::Exists),
        path().prop_map(Condition::Absent),
        (operand(), operand()).prop_map(|(left, right)| Condition::Equal(left, right)),
        (operand(), operand()).prop_map(|(left, right)| Condition::Below(left, right)),
        (operand(), operand()).prop_map(|(left, right)| Condition::AtMost(left, right)),
    ];
    leaf.prop_recursive(2, 4, 3, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Condition::All),
            collection::vec(inner, 0..3).prop_map(Condition::Any),
        ]
    })
}

fn update() -> impl Strategy<Value = Update> {
    prop_oneof![
        (path(), value()).prop_map(|(path, value)| Update::Set(path, value)),
        (path(), value()).prop_map(|(path, value)| Update::SetIfAbsent(path, value)),
        (path(), number()).prop_map(|(path, number)| Update::Add(path, number)),
        path().prop_map(Update::Remove),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    let maybe = || proptest::option::weighted(0.4, condition());
    prop_oneof![
        3 => (key(), item(), maybe()).prop_map(|(key, item, condition)| Write::Put { key, item, condition }),
        4 => (key(), collection::vec(update(), 0..3), maybe())
            .prop_map(|(key, updates, condition)| Write::Update { key, updates, condition }),
        1 => (key(), maybe()).prop_map(|(key, condition)| Write::Delete { key, condition }),
        1 => (key(), condition()).prop_map(|(key, condition)| Write::Check { key, condition }),
    ]
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    let bound = || proptest::option::of(sort());
    let direction = sample::select(vec![Direction::Ascending, Direction::Descending]);
    let query = (bound(), bound(), direction, 0_usize..4)
        .prop_map(|(from, to, direction, limit)| (Range { from, to }, direction, limit))
        .prop_map(|(range, direction, limit)| Request::Query("p".to_owned(), range, direction, limit));
    let receive = (0_i64..100, 0_u32..50, 0_usize..3);
    prop_oneof![
        8 => collection::vec(write(), 1..4).prop_map(Request::Write),
        1 => collection::vec(key(), 0..4).prop_map(Request::Get),
        2 => query,
        2 => (".{0,3}", 0_i64..100).prop_map(|(body, due)| Request::Send(body, due)),
        2 => receive.prop_map(|(now, hidden, limit)| Request::Receive(now, hidden, limit)),
        1 => (0_usize..9).prop_map(Request::Acknowledge),
        1 => (0_usize..9, 0_i64..100).prop_map(|(receipt, due)| Request::Postpone(receipt, due)),
        1 => (0_u64..20, 0_usize..9).prop_map(|(after, limit)| Request::Read(after, limit)),
        1 => (0_u64..20).prop_map(Request::Forget),
    ]
}
