//! Slots that are held by another name than the attempt's.

use ringfall_store::{
    port::{Condition, Item, Operand, Path, Update, Value, Write},
    records::capacity::names,
};

/// A slot that nobody holds is to be freed: a counter goes down all the same, and so frees another's.
pub(super) fn count_down(item: &Item, write: &mut Write) {
    let Write::Update { updates, .. } = &*write else { return };
    let freed = updates.iter().find_map(|update| match update {
        Update::Remove(path) => held_slot(path).map(str::to_owned),
        Update::Set(..) | Update::SetIfAbsent(..) | Update::Add(..) => None,
    });
    let Some(freed) = freed else { return };
    let live =
        item.get(names::BUYER).and_then(Value::as_map).and_then(|buyer| buyer.get(names::LIVE)?.as_map());
    let Some(live) = live.filter(|live| !live.contains_key(&freed)) else { return };
    if let Some(other) = live.keys().next() {
        let other = other.clone();
        rename(write, &|name| (name == freed).then(|| other.clone()));
    }
}

/// The leg whose slot in the buyer's own scope a path names.
fn held_slot(path: &Path) -> Option<&str> {
    match path.0.as_slice() {
        [scope, live, leg] if scope == names::BUYER && live == names::LIVE => Some(leg),
        _ => None,
    }
}

/// The first attempt's name for every attempt of a call.
pub(super) fn without_attempt(name: &str) -> Option<String> {
    let (call, attempt) = name.split_once('#')?;
    (call.starts_with("cal_") && attempt != "1").then(|| format!("{call}#1"))
}

/// Gives other names to what a write's paths name.
pub(super) fn rename(write: &mut Write, other: &dyn Fn(&str) -> Option<String>) {
    let (updates, condition) = match write {
        Write::Update { updates, condition, .. } => (updates.as_mut_slice(), condition.as_mut()),
        Write::Put { condition, .. } | Write::Delete { condition, .. } => (&mut [][..], condition.as_mut()),
        Write::Check { condition, .. } => (&mut [][..], Some(condition)),
    };
    for update in updates {
        match update {
            Update::Set(path, _)
            | Update::SetIfAbsent(path, _)
            | Update::Add(path, _)
            | Update::Remove(path) => {
                rename_path(path, other);
            }
        }
    }
    if let Some(condition) = condition {
        rename_condition(condition, other);
    }
}

fn rename_condition(condition: &mut Condition, other: &dyn Fn(&str) -> Option<String>) {
    match condition {
        Condition::Exists(path) | Condition::Absent(path) => rename_path(path, other),
        Condition::Equal(left, right) | Condition::Below(left, right) | Condition::AtMost(left, right) => {
            for operand in [left, right] {
                match operand {
                    Operand::Path(path) | Operand::Size(path) => rename_path(path, other),
                    Operand::Value(_) => {}
                }
            }
        }
        Condition::All(conditions) | Condition::Any(conditions) => {
            conditions.iter_mut().for_each(|condition| rename_condition(condition, other));
        }
    }
}

fn rename_path(path: &mut Path, other: &dyn Fn(&str) -> Option<String>) {
    for name in &mut path.0 {
        if let Some(other) = other(name) {
            *name = other;
        }
    }
}
