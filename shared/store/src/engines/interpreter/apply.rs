//! What updates make of an item.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::sum::exact_sum;
use crate::port::{Item, Path, StoreError, Update, Value};

/// The item after the updates; none is an item that does not exist yet.
///
/// The updates' paths must not overlap ([`super::validate::writes`] sees to it); then their order cannot
/// matter.
///
/// # Errors
///
/// [`StoreError::Invalid`] if a nested path has no map above it, or a number is added to something else or to
/// a sum that cannot be kept exactly.
pub fn apply(updates: Vec<Update>, item: Option<Item>) -> Result<Item, StoreError> {
    let mut item = item.unwrap_or_default();
    for update in updates {
        change(&mut item, update)?;
    }
    Ok(item)
}

fn change(item: &mut Item, update: Update) -> Result<(), StoreError> {
    match update {
        Update::Set(path, value) => {
            let (parent, name) = place(item, path)?;
            parent.insert(name, value);
        }
        Update::SetIfAbsent(path, value) => {
            let (parent, name) = place(item, path)?;
            parent.entry(name).or_insert(value);
        }
        Update::Add(path, number) => {
            let (parent, name) = place(item, path)?;
            let sum = add(&name, parent.get(&name), number)?;
            parent.insert(name, Value::Number(sum));
        }
        Update::Remove(path) => {
            let (parent, name) = place(item, path)?;
            parent.remove(&name);
        }
    }
    Ok(())
}

/// The map that the path's last name is in, and that name.
fn place(item: &mut Item, path: Path) -> Result<(&mut BTreeMap<String, Value>, String), StoreError> {
    let Path(mut names) = path;
    let last = names.pop().ok_or_else(|| StoreError::Invalid("an update's path has no names".to_owned()))?;
    let parent = names.iter().try_fold(item, |map, name| match map.get_mut(name) {
        Some(Value::Map(inner)) => Ok(inner),
        Some(_) | None => Err(name),
    });
    match parent {
        Ok(parent) => Ok((parent, last)),
        Err(name) => {
            Err(StoreError::Invalid(format!("update of {last:?}: there is no map {name:?} above it")))
        }
    }
}

fn add(name: &str, before: Option<&Value>, number: Decimal) -> Result<Decimal, StoreError> {
    let before = match before {
        None => Decimal::ZERO,
        Some(Value::Number(before)) => *before,
        Some(Value::Text(_) | Value::Bool(_) | Value::List(_) | Value::Map(_)) => {
            return Err(StoreError::Invalid(format!("update of {name:?}: adds to what is not a number")));
        }
    };
    exact_sum(before, number).ok_or_else(|| {
        StoreError::Invalid(format!("update of {name:?}: the sum has too many digits to be exact"))
    })
}
