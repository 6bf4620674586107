//! How an item is kept: as JSONB, SQLite's own binary form of JSON (<https://sqlite.org/jsonb.html>). Any SQLite
//! shell shows it: `SELECT partition, sort, json(body) FROM items`.
//!
//! Chosen over JSON as text because it is smaller and read without a search for quotes and escapes: what a webhook
//! costs is largely items read and written. Numbers are texts of their digits in both forms, so they stay exact
//! decimals. The encoding is canonical (names in order, no zeros at the end of a fraction), so equal items have
//! equal bytes.

mod read;

use std::io::Write as _;

use rust_decimal::Decimal;

use crate::port::{Item, Value};

pub(super) use self::read::decode;

/// The kind of an element: the lower half of its first byte.
mod kind {
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const INTEGER: u8 = 3;
    pub(super) const FRACTION: u8 = 5;
    /// A text whose characters stand as they are, without escapes.
    pub(super) const RAW_TEXT: u8 = 10;
    pub(super) const ARRAY: u8 = 11;
    pub(super) const OBJECT: u8 = 12;
}

/// The size of an element: the upper half of its first byte if it is at most `MOST_IN_FIRST_BYTE`. Else that half
/// says in how many bytes the size follows. More than needed are allowed.
mod size {
    pub(super) const MOST_IN_FIRST_BYTE: u8 = 11;
    pub(super) const IN_ONE_BYTE: u8 = 12;
    pub(super) const IN_TWO_BYTES: u8 = 13;
    pub(super) const IN_FOUR_BYTES: u8 = 14;
}

/// Writes an item in place of what `into` holds.
pub(super) fn encode(item: &Item, into: &mut Vec<u8>) {
    into.clear();
    put_map(item, into);
}

fn put(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Text(text) => put_text(text, into),
        Value::Number(number) => put_number(*number, into),
        Value::Bool(true) => into.push(kind::TRUE),
        Value::Bool(false) => into.push(kind::FALSE),
        Value::List(list) => {
            put_container(kind::ARRAY, into, |into| list.iter().for_each(|element| put(element, into)));
        }
        Value::Map(map) => put_map(map, into),
    }
}

fn put_map(map: &Item, into: &mut Vec<u8>) {
    put_container(kind::OBJECT, into, |into| {
        for (name, value) in map {
            put_text(name, into);
            put(value, into);
        }
    });
}

fn put_text(text: &str, into: &mut Vec<u8>) {
    let (bytes, first) = (text.len().to_be_bytes(), |size: u8| size << 4 | kind::RAW_TEXT);
    match bytes {
        [0, 0, 0, 0, 0, 0, 0, few @ 0..=size::MOST_IN_FIRST_BYTE] => into.push(first(few)),
        [0, 0, 0, 0, 0, 0, 0, one] => into.extend([first(size::IN_ONE_BYTE), one]),
        [0, 0, 0, 0, 0, 0, high, low] => into.extend([first(size::IN_TWO_BYTES), high, low]),
        [_, _, _, _, a, b, c, d] => into.extend([first(size::IN_FOUR_BYTES), a, b, c, d]),
    }
    into.extend_from_slice(text.as_bytes());
}

/// At most 28 digits, a point and a sign: their number always fits into one byte.
fn put_number(number: Decimal, into: &mut Vec<u8>) {
    let number = number.normalize();
    let kind = if number.scale() == 0 { kind::INTEGER } else { kind::FRACTION };
    let head = into.len();
    into.extend([size::IN_ONE_BYTE << 4 | kind, 0]);
    write!(into, "{number}").expect("memory takes every write");
    into[head + 1] = u8::try_from(into.len() - head - 2).expect("a decimal has few digits");
}

/// Leaves room for the size, which is known only behind the content.
fn put_container(kind: u8, into: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    let head = into.len();
    into.extend([size::IN_FOUR_BYTES << 4 | kind, 0, 0, 0, 0]);
    content(into);
    let size = u32::try_from(into.len() - head - 5).expect("an item has at most 400 KB");
    into[head + 1..head + 5].copy_from_slice(&size.to_be_bytes());
}

#[cfg(test)]
mod tests;
