//! What must hold of an item for a write to happen, judged against the item as it stands.

use super::{Path, Value};

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A value given with the write.
    Value(Value),
    /// What stands at a path of the item.
    Path(Path),
    /// The number of entries of the map, elements of the list or bytes of the text at a path. Nothing else
    /// has a size: a comparison with it is false.
    Size(Path),
}

impl<V: Into<Value>> From<V> for Operand {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

/// A condition. As in DynamoDB, a comparison with something absent, or between different kinds of values, is
/// false. Numbers are equal by value: 1.10 is 1.1. A path compared with itself, a truth value, list or map
/// given for a comparison by order, and more than 300 conditions and updates in one write are invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Something stands at the path. An item that does not exist has nothing anywhere.
    Exists(Path),
    /// Nothing stands at the path.
    Absent(Path),
    /// Both sides are there and equal.
    Equal(Operand, Operand),
    /// Both sides are there, of one ordered kind (numbers or texts), and the left is less than the right.
    Below(Operand, Operand),
    /// As [`Self::Below`], or equal.
    AtMost(Operand, Operand),
    /// Every one holds (none: true).
    All(Vec<Self>),
    /// At least one holds (none: false).
    Any(Vec<Self>),
}
