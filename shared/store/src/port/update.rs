//! Changes to parts of an item.

use std::fmt;

use rust_decimal::Decimal;

use super::Value;

/// Where in an item: the attribute's name, then the names within nested maps. One to 32 names; none is empty,
/// and each may hold any character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<String>);

impl Path {
    /// A path of these names, outermost first.
    pub fn of<const N: usize>(names: [&str; N]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

impl fmt::Display for Path {
    /// For messages: the names are quoted, since they may hold any character.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let point = if place == 0 { "" } else { "." };
            write!(f, "{point}{name:?}")?;
        }
        Ok(())
    }
}

impl From<&str> for Path {
    /// A top-level attribute.
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

/// One change of an item. All changes of one write see the item as it was before the write. As in DynamoDB,
/// two changes of one write may not overlap, and a nested path needs its parent map to be there: otherwise
/// the whole write fails with [`super::StoreError::Invalid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Sets the value, whatever stood there.
    Set(Path, Value),
    /// Sets the value only if nothing stands there.
    SetIfAbsent(Path, Value),
    /// Adds to a number; nothing counts as zero. Invalid if something else stands there, or if the sum has
    /// too many digits to be exact (DynamoDB adds with 38, of which only 28 read back).
    Add(Path, Decimal),
    /// Removes the value; nothing to remove is no failure. (DynamoDB also takes a nested path in an item that does
    /// not exist: other engines may find that invalid.)
    Remove(Path),
}

impl Update {
    /// The place that this changes.
    pub const fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::SetIfAbsent(path, _) | Self::Add(path, _) | Self::Remove(path) => path,
        }
    }
}
