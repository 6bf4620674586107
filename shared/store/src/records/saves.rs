//! SAVES: counts the saves of an account's configuration. Each save is made only if none came between, so that all that
//! it read still stands.

use ringfall_domain::ids::AccountId;

use super::attributes::{Attributes, Reader};
use crate::port::{Condition, Item, Key, Operand, StoreError, Write};

const COUNT: &str = "count";

/// Where an account's count stands.
pub fn key(account: AccountId) -> Key {
    Key::new(format!("{account}#R"), "SAVES")
}

/// Reads the count: zero before the first save.
pub fn decode(item: Option<&Item>) -> Result<u64, StoreError> {
    item.map_or(Ok(0), |item| Reader(item).number(COUNT))
}

/// Counts one more, if nobody has since `seen` was read.
pub fn count_up(account: AccountId, seen: u64) -> Write {
    let unchanged = match seen {
        0 => Condition::Absent(COUNT.into()),
        _ => Condition::Equal(Operand::Path(COUNT.into()), seen.into()),
    };
    let item = Attributes::new().with(COUNT, seen + 1).into_map();
    Write::Put { key: key(account), item, condition: Some(unchanged) }
}
