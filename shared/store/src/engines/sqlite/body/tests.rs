//! Items to bytes and back, and what SQLite itself says of the bytes.

use proptest::{prop_assert_eq, proptest};
use rusqlite::Connection;

use super::*;
use crate::{
    engines::tests::any_item,
    port::{Key, StoreError},
};

fn bytes(item: &Item) -> Vec<u8> {
    let mut bytes = b"what was there".to_vec();
    encode(item, &mut bytes);
    bytes
}

fn item<const N: usize>(entries: [(&str, Value); N]) -> Item {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The bytes as SQLite's own JSON, if it takes them for well-formed JSONB.
fn shown_by_sqlite(bytes: &[u8]) -> String {
    let connection = Connection::open_in_memory().expect("memory");
    let show = "SELECT CASE WHEN json_valid(?1, 8) THEN json(?1) ELSE 'not well-formed' END";
    connection.query_row(show, [bytes], |row| row.get(0)).expect("a text")
}

#[test]
fn a_shell_shows_items_as_json() {
    let item = item([
        ("b", Value::Bool(true)),
        ("l", Value::List(vec![Value::from("x\"\\\n\u{1F600}"), Value::empty_map(), Value::Bool(false)])),
        ("n", Value::Number(Decimal::new(4510, 2))),
        ("text of more than 11 bytes", Value::from("x".repeat(300))),
        ("z", Value::Number(Decimal::MIN)),
    ]);
    let expected = format!(
        r#"{{"b":true,"l":["x\"\\\n😀",{{}},false],"n":45.1,"text of more than 11 bytes":"{}","z":{}}}"#,
        "x".repeat(300),
        Decimal::MIN
    );
    assert_eq!(shown_by_sqlite(&bytes(&item)), expected);
}

#[test]
fn texts_of_every_length_read_back() {
    for length in [0, 1, 11, 12, 255, 256, 65_535, 65_536, 70_000] {
        let item = item([("a", Value::from("x".repeat(length)))]);
        assert_eq!(decode(&Key::new("p", "s"), &bytes(&item)), Ok(item), "{length}");
    }
}

#[test]
fn what_does_not_read_as_an_item_is_damage() {
    let whole = bytes(&item([("a", Value::Number(Decimal::new(15, 1))), ("b", Value::from("é"))]));
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
    damaged.push([&whole[..], &[kind::TRUE]].concat());
    let named = |element: &[u8]| {
        [&[0xCC, u8::try_from(element.len() + 2).expect("few"), 0x1A, b'a'], element].concat()
    };
    damaged.extend([b"{}".to_vec(), vec![0x0B], vec![0x00], vec![0x1A, b'a'], vec![0xFC], vec![0xCC]]);
    // A null, an escaped text, a truth value with content, a number that is none, bytes that are no text, no value.
    damaged.extend(
        [&[0x00][..], &[0x18, b'x'], &[0x11, b'x'], &[0x23, b'1', b'e'], &[0x1A, 0xFF], &[]].map(named),
    );
    damaged.push(vec![0x2C, kind::TRUE, kind::TRUE]);
    for body in damaged {
        let found = decode(&Key::new("p", "s"), &body);
        assert!(matches!(found, Err(StoreError::Damaged(_))), "{body:x?}: {found:?}");
    }
}

#[test]
fn what_is_nested_deeper_than_any_item_is_damage() {
    let nested = |depth: usize| {
        let innermost = Value::List(Vec::new());
        let value = (1..depth).fold(innermost, |inner, _| Value::List(vec![inner]));
        bytes(&item([("a", value)]))
    };
    let key = Key::new("p", "s");
    assert!(decode(&key, &nested(crate::engines::interpreter::NESTING)).is_ok());
    for depth in [crate::engines::interpreter::NESTING + 1, 500] {
        assert!(matches!(decode(&key, &nested(depth)), Err(StoreError::Damaged(_))), "{depth}");
    }
}

proptest! {
    #[test]
    fn every_item_reads_back_as_it_was(item in any_item()) {
        prop_assert_eq!(decode(&Key::new("p", "s"), &bytes(&item)), Ok(item));
    }

    #[test]
    fn whatever_stands_there_is_read_or_refused(body in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
        if let Ok(item) = decode(&Key::new("p", "s"), &body) {
            prop_assert_eq!(decode(&Key::new("p", "s"), &bytes(&item)), Ok(item));
        }
    }
}
