//! What a request alone shows to be wrong with it, before any item is read.

use std::collections::BTreeSet;

use crate::port::{Condition, Key, Operand, Path, RESERVED_NAMES, Range, StoreError, Update, Value, Write};

/// The most writes or keys of one request.
pub const REQUEST_ITEMS: usize = 100;
/// The most bytes of a partition.
pub const PARTITION_BYTES: usize = 2_048;
/// The most bytes of a sort key.
pub const SORT_BYTES: usize = 1_024;
/// The most conditions and updates of one write, nested ones counted.
pub const OPERATORS: usize = 300;
/// The most names of a path.
pub const PATH_NAMES: usize = 32;
/// The most bytes of a message.
pub const MESSAGE_BYTES: usize = 64 * 1024;
/// The longest time for which a receiver may hide a message: 12 hours.
pub const HIDDEN_SECONDS: u32 = 43_200;

/// The result of looking at a request: [`StoreError::Invalid`] says what is wrong.
pub type Checked = Result<(), StoreError>;

/// One get.
pub fn key(key: &Key) -> Checked {
    bytes("partition", &key.partition, PARTITION_BYTES)?;
    bytes("sort key", &key.sort, SORT_BYTES)
}

/// One get of many.
pub fn keys(keys: &[Key]) -> Checked {
    at_most("keys", keys.len(), REQUEST_ITEMS)?;
    keys.iter().try_for_each(key)?;
    all_different(keys.iter())
}

/// One query.
pub fn query(partition: &str, range: &Range, limit: usize) -> Checked {
    bytes("partition", partition, PARTITION_BYTES)?;
    for bound in [&range.from, &range.to].into_iter().flatten() {
        bytes("bound of the range", bound, SORT_BYTES)?;
    }
    at_least_one("limit", limit)
}

/// One sheet of a survey.
pub fn survey(after: Option<&Key>, limit: usize) -> Checked {
    after.map_or(Ok(()), key)?;
    at_least_one("limit", limit)
}

/// One request of writes.
pub fn writes(writes: &[Write]) -> Checked {
    at_least_one("writes", writes.len())?;
    at_most("writes", writes.len(), REQUEST_ITEMS)?;
    writes.iter().try_for_each(write)?;
    all_different(writes.iter().map(Write::key))
}

/// One message.
pub fn message(body: &str) -> Checked {
    bytes("message", body, MESSAGE_BYTES)
}

/// One receive.
pub fn receive(hidden_seconds: u32, limit: usize) -> Checked {
    at_least_one("limit", limit)?;
    at_most("hidden_seconds", hidden_seconds as usize, HIDDEN_SECONDS as usize)
}

/// One read of the feed.
pub fn read(limit: usize) -> Checked {
    at_least_one("limit", limit)
}

fn write(write: &Write) -> Checked {
    key(write.key())?;
    let mut operators = 0;
    match write {
        Write::Put { item, condition: given, .. } => {
            item.keys().try_for_each(|name| free(name))?;
            given.iter().try_for_each(|given| condition(given, &mut operators))
        }
        Write::Delete { condition: given, .. } => {
            given.iter().try_for_each(|given| condition(given, &mut operators))
        }
        Write::Check { condition: given, .. } => condition(given, &mut operators),
        Write::Update { updates, condition: given, .. } => {
            at_least_one("updates", updates.len())?;
            given.iter().try_for_each(|given| condition(given, &mut operators))?;
            at_most("conditions and updates", operators + updates.len(), OPERATORS)?;
            disjoint(updates)
        }
    }
}

fn condition(given: &Condition, operators: &mut usize) -> Checked {
    *operators += 1;
    at_most("conditions", *operators, OPERATORS)?;
    match given {
        Condition::Exists(at) | Condition::Absent(at) => path(at),
        Condition::Equal(left, right) => sides(left, right),
        Condition::Below(left, right) | Condition::AtMost(left, right) => {
            sides(left, right)?;
            ordered(left)?;
            ordered(right)
        }
        Condition::All(inner) | Condition::Any(inner) => {
            inner.iter().try_for_each(|inner| condition(inner, operators))
        }
    }
}

fn sides(left: &Operand, right: &Operand) -> Checked {
    for side in [left, right] {
        match side {
            Operand::Value(_) => {}
            Operand::Path(at) | Operand::Size(at) => path(at)?,
        }
    }
    match (left, right) {
        (Operand::Path(left), Operand::Path(right)) if left == right => {
            Err(StoreError::Invalid(format!("comparison of {left} with itself")))
        }
        _ => Ok(()),
    }
}

fn ordered(side: &Operand) -> Checked {
    match side {
        Operand::Value(Value::Bool(_) | Value::List(_) | Value::Map(_)) => {
            Err(StoreError::Invalid("comparison by order with neither a number nor a text".to_owned()))
        }
        Operand::Value(Value::Text(_) | Value::Number(_)) | Operand::Path(_) | Operand::Size(_) => Ok(()),
    }
}

/// Two updates must not be about the same place, nor one about a place within the other's. In lexicographic
/// order whatever overlaps stands side by side.
fn disjoint(updates: &[Update]) -> Checked {
    let mut paths: Vec<&Path> = updates.iter().map(Update::path).collect();
    paths.iter().try_for_each(|at| path(at))?;
    paths.sort_unstable();
    match paths.windows(2).find(|pair| pair[1].0.starts_with(&pair[0].0)) {
        Some(pair) => Err(StoreError::Invalid(format!("updates of {} and of {} overlap", pair[0], pair[1]))),
        None => Ok(()),
    }
}

fn path(path: &Path) -> Checked {
    at_least_one("names of a path", path.0.len())?;
    at_most("names of a path", path.0.len(), PATH_NAMES)?;
    if path.0.iter().any(String::is_empty) {
        return Err(StoreError::Invalid(format!("path {path}: a name is empty")));
    }
    free(&path.0[0])
}

fn free(attribute: &str) -> Checked {
    if RESERVED_NAMES.contains(&attribute) {
        return Err(StoreError::Invalid(format!("attribute {attribute}: the name is reserved for the key")));
    }
    Ok(())
}

fn all_different<'a>(keys: impl Iterator<Item = &'a Key>) -> Checked {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key) {
            return Err(StoreError::Invalid(format!("item {key} is named twice in one request")));
        }
    }
    Ok(())
}

fn bytes(what: &str, text: &str, most: usize) -> Checked {
    match text.len() {
        0 => Err(StoreError::Invalid(format!("{what}: empty"))),
        bytes if bytes > most => {
            Err(StoreError::Invalid(format!("{what}: {bytes} bytes, the most is {most}")))
        }
        _ => Ok(()),
    }
}

fn at_most(what: &str, found: usize, most: usize) -> Checked {
    if found > most {
        return Err(StoreError::Invalid(format!("{what}: {found}, the most is {most}")));
    }
    Ok(())
}

fn at_least_one(what: &str, found: usize) -> Checked {
    if found == 0 {
        return Err(StoreError::Invalid(format!("{what}: none, the least is 1")));
    }
    Ok(())
}
