//! Changes to parts of an item.

use rust_decimal::Decimal;

use super::Value;

/// Where in an item: the attribute's name, then the names within nested maps. Names may hold any character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<String>);

impl Path {
    /// A path of these names, outermost first.
    pub fn of<const N: usize>(names: [&str; N]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

impl From<&str> for Path {
    /// A top-level attribute.
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

/// One change of an item. All changes of one write see the item as it was before the write. As in DynamoDB, two
/// changes of one write may not overlap, and a nested path needs its parent map to be there: otherwise the whole
/// write fails with [`super::StoreError::Invalid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Sets the value, whatever stood there.
    Set(Path, Value),
    /// Sets the value only if nothing stands there.
    SetIfAbsent(Path, Value),
    /// Adds to a number; nothing counts as zero.
    Add(Path, Decimal),
    /// Removes the value; nothing to remove is no failure.
    Remove(Path),
}
