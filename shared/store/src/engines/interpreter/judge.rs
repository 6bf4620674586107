//! Whether a condition holds.

use std::{borrow::Cow, cmp::Ordering};

use rust_decimal::Decimal;

use crate::port::{Condition, Item, Operand, Path, Value};

/// Whether the condition holds of the item as it stands; none is an item that does not exist.
pub fn judge(condition: &Condition, item: Option<&Item>) -> bool {
    match condition {
        Condition::Exists(path) => find(item, path).is_some(),
        Condition::Absent(path) => find(item, path).is_none(),
        Condition::Equal(left, right) => match (side(item, left), side(item, right)) {
            (Some(left), Some(right)) => left == right,
            (None, _) | (_, None) => false,
        },
        Condition::Below(left, right) => order(item, left, right) == Some(Ordering::Less),
        Condition::AtMost(left, right) => {
            matches!(order(item, left, right), Some(Ordering::Less | Ordering::Equal))
        }
        Condition::All(conditions) => conditions.iter().all(|condition| judge(condition, item)),
        Condition::Any(conditions) => conditions.iter().any(|condition| judge(condition, item)),
    }
}

/// What stands at a path.
fn find<'item>(item: Option<&'item Item>, path: &Path) -> Option<&'item Value> {
    let (first, rest) = path.0.split_first()?;
    rest.iter().try_fold(item?.get(first)?, |value, name| value.as_map()?.get(name))
}

/// One side of a comparison, if it is there.
fn side<'a>(item: Option<&'a Item>, operand: &'a Operand) -> Option<Cow<'a, Value>> {
    match operand {
        Operand::Value(value) => Some(Cow::Borrowed(value)),
        Operand::Path(path) => find(item, path).map(Cow::Borrowed),
        Operand::Size(path) => size(find(item, path)?).map(|size| Cow::Owned(Value::Number(size))),
    }
}

/// How much a value holds; numbers and truth values have no size.
fn size(value: &Value) -> Option<Decimal> {
    match value {
        Value::Text(text) => Some(text.len().into()),
        Value::List(list) => Some(list.len().into()),
        Value::Map(map) => Some(map.len().into()),
        Value::Number(_) | Value::Bool(_) => None,
    }
}

/// How the sides stand to each other, if both are numbers or both are texts.
fn order(item: Option<&Item>, left: &Operand, right: &Operand) -> Option<Ordering> {
    match (&*side(item, left)?, &*side(item, right)?) {
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        _ => None,
    }
}
