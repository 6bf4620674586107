//! Ways in which such a platform is built wrong. The simulator must find each of them: a proof that could not fail would be none.
//!
//! A defect is put in below the product, at its ports, so that the product's own code stays what it is.

use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Condition, Item, Operand, Path, StoreError, Table, Update, Value, Write},
    records::{caller, capacity::names, journal},
};

use super::CAPACITY;

/// A product that is built wrong in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Live calls are counted instead of held by name: a second hang-up frees a slot that belongs to somebody else.
    PlainCounter,
    /// Slots are held by call instead of by attempt: a late hang-up of one attempt frees the next one's slot.
    SlotsByCall,
    /// Slots are freed once their time is up, without asking the provider.
    ExpiryAlone,
    /// What calls in flight will cost is not counted against caps in money.
    MoneyUncounted,
    /// Callers are forgotten as soon as those to whom they were sold have hung up.
    CallersForgotten,
    /// Journal entries are put without the condition that there is none yet.
    JournalUnconditional,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::PlainCounter,
        Self::SlotsByCall,
        Self::ExpiryAlone,
        Self::MoneyUncounted,
        Self::CallersForgotten,
        Self::JournalUnconditional,
    ];

    /// Makes of the product's writes what the broken product would write.
    pub(super) async fn spoil(self, table: &MemoryStore, writes: &mut [Write]) -> Result<(), StoreError> {
        for write in writes {
            let is_of_capacity = write.key().sort == CAPACITY;
            match self {
                Self::PlainCounter if is_of_capacity => {
                    if let Some(item) = table.get(write.key()).await? {
                        count_down(&item, write);
                    }
                }
                Self::SlotsByCall if is_of_capacity => rename(write, &|name| without_attempt(name)),
                Self::MoneyUncounted if is_of_capacity => leave_money_uncounted(write),
                Self::CallersForgotten => forget_caller(write),
                Self::JournalUnconditional => put_without_condition(write),
                Self::PlainCounter | Self::SlotsByCall | Self::ExpiryAlone | Self::MoneyUncounted => {}
            }
        }
        Ok(())
    }
}

fn put_without_condition(write: &mut Write) {
    if let Write::Put { key, condition, .. } = write
        && journal::is_journal(key)
    {
        *condition = None;
    }
}

/// A claim whose state is settled is taken back.
fn forget_caller(write: &mut Write) {
    if let Write::Update { key, updates, .. } = write
        && key.sort == caller::SORT
        && let [Update::Set(state, _)] = updates.as_slice()
    {
        let claim = Path(state.0[..2].to_vec());
        *updates = vec![Update::Remove(claim)];
    }
}

fn leave_money_uncounted(write: &mut Write) {
    if let Write::Update { updates, .. } = write {
        let is_money = |path: &Path| path.0.iter().any(|name| name == names::COMMITTED);
        updates.retain(|update| !matches!(update, Update::Add(path, _) if is_money(path)));
    }
}

/// A slot that nobody holds is to be freed: a counter goes down all the same, and so frees another's.
fn count_down(item: &Item, write: &mut Write) {
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

fn without_attempt(name: &str) -> Option<String> {
    let (call, attempt) = name.split_once('#')?;
    (call.starts_with("cal_") && attempt != "1").then(|| format!("{call}#1"))
}

/// Gives other names to what a write's paths name.
fn rename(write: &mut Write, other: &dyn Fn(&str) -> Option<String>) {
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
