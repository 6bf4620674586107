//! Buyers with their capacity, and reservations of it.

use std::path::Path as Folder;

use ringfall_app::rollup::concerns_the_sums;
use ringfall_store::{
    engines::sqlite::SqliteStore,
    port::{Condition, Item, Key, Operand, Path, Table, Update, Value, Write},
};
use rust_decimal::Decimal;
use tokio::runtime::Runtime;

pub(crate) const WRITERS: u64 = 64;
/// So that several writers meet at each item.
pub(crate) const BUYERS: u64 = 16;

pub(crate) fn key(buyer: u64) -> Key {
    Key::new(format!("acc_01K8ZQ4V9Y3T7M5N2P6R8S0W1X#B#buy_{buyer:026}"), "CAPACITY")
}

fn map(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Map(entries.into_iter().collect())
}

fn names<const N: usize>(entries: [(&str, Value); N]) -> Item {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn leg(writer: u64, attempt: u64) -> String {
    format!("cal_{writer:026}#{attempt}")
}

fn lease() -> Value {
    Value::Map(names([
        ("target", "tgt_01K8ZQ4V9Y3T7M5N2P6R8S0W1X".into()),
        ("expires_at", "2026-11-21T01:08:00Z".into()),
    ]))
}

const WINDOWS: [&str; 4] = ["h2026-11-21T01:00:00Z", "d2026-11-21T00:00:00Z", "m2026-11-01T00:00:00Z", "a"];

/// A buyer's capacity with some legs live: about one kilobyte.
pub(crate) fn capacity() -> Item {
    names([
        ("available", Value::Number(Decimal::new(1_000_000_000_000, 2))),
        ("limit", Value::from(64_u32)),
        ("live", map((0..WRITERS / BUYERS).map(|other| (leg(other, 0), lease())))),
        ("counted", map(WINDOWS.map(|window| (window.to_owned(), Value::from(0_u32))))),
        ("caps", map(WINDOWS.map(|window| (window.to_owned(), Value::from(4_000_000_000_u32))))),
    ])
}

/// Takes a slot, counts the windows and holds the price, if all of them have room. The writer's earlier leg
/// goes in the same write, so that the item stays as large as it is.
pub(crate) fn reservation(writer: u64, attempt: u64) -> Write {
    let taken = Path::of(["live", &leg(writer, attempt)]);
    let price = Decimal::new(4_500, 2);
    let mut conditions = vec![
        Condition::Absent(taken.clone()),
        Condition::Below(Operand::Size("live".into()), Operand::Path("limit".into())),
        Condition::AtMost(price.into(), Operand::Path("available".into())),
    ];
    let mut updates = vec![
        Update::Set(taken, lease()),
        Update::Remove(Path::of(["live", &leg(writer, attempt.wrapping_sub(1))])),
        Update::Add("available".into(), -price),
    ];
    for window in WINDOWS {
        let counted = Path::of(["counted", window]);
        let limit = Operand::Path(Path::of(["caps", window]));
        conditions.push(Condition::Below(Operand::Path(counted.clone()), limit));
        updates.push(Update::Add(counted, Decimal::ONE));
    }
    Write::Update { key: key(writer % BUYERS), updates, condition: Some(Condition::All(conditions)) }
}

/// A store in a new file, as the program opens it, with every buyer's capacity in it.
pub(crate) fn filled(runtime: &Runtime, folder: &Folder) -> SqliteStore {
    let store =
        SqliteStore::open_feeding(folder.join("store"), concerns_the_sums).expect("the folder is new");
    let puts = (0..BUYERS).map(|buyer| Write::Put { key: key(buyer), item: capacity(), condition: None });
    runtime.block_on(store.write(puts.collect())).expect("the store takes it");
    store
}
