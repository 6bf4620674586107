//! SAVES: two counts of an account's saves, which hold those that name other resources and those that change what is named
//! apart. Each is made only if none of the other side came between; of the same side, any number may.

use ringfall_domain::ids::AccountId;

use super::attributes::Reader;
use crate::port::{Condition, Item, Key, Operand, StoreError, Update, Write};

/// On which side a save stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It names resources, which must still be as they were read.
    Naming,
    /// It changes a resource, and must know who names it.
    Changing,
}

impl Side {
    const fn count(self) -> &'static str {
        match self {
            Self::Naming => "naming",
            Self::Changing => "changing",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Naming => Self::Changing,
            Self::Changing => Self::Naming,
        }
    }
}

/// The counts, as they were before anything else was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    naming: u64,
    changing: u64,
}

/// Where an account's counts stand.
pub fn key(account: AccountId) -> Key {
    Key::new(format!("{account}#R"), "SAVES")
}

/// Reads the counts: zero before the first save.
pub fn decode(item: Option<&Item>) -> Result<Seen, StoreError> {
    let Some(item) = item else { return Ok(Seen::default()) };
    let count = |side: Side| Reader(item).optional_number(side.count()).map(Option::unwrap_or_default);
    Ok(Seen { naming: count(Side::Naming)?, changing: count(Side::Changing)? })
}

/// Counts one more on its own side, if there was none on the other since `seen` was read.
pub fn count_up(account: AccountId, side: Side, seen: Seen) -> Write {
    let other = side.other();
    let before = match other {
        Side::Naming => seen.naming,
        Side::Changing => seen.changing,
    };
    let unchanged = match before {
        0 => Condition::Absent(other.count().into()),
        _ => Condition::Equal(Operand::Path(other.count().into()), before.into()),
    };
    let updates = vec![Update::Add(side.count().into(), 1.into())];
    Write::Update { key: key(account), updates, condition: Some(unchanged) }
}
