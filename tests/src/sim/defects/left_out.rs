//! Writes from which something is left out.

use ringfall_store::{
    port::{Key, Path, Update, Value, Write},
    records::{call, caller, capacity::names, decision, journal, plan, repair as repair_record, tally},
};
use serde_json::Value as Document;

fn updates(write: &mut Write) -> Option<&mut Vec<Update>> {
    match write {
        Write::Update { updates, .. } => Some(updates),
        Write::Put { .. } | Write::Delete { .. } | Write::Check { .. } => None,
    }
}

fn holds(path: &Path, name: &str) -> bool {
    path.0.iter().any(|one| one == name)
}

fn drop_condition(write: &mut Write) {
    match write {
        Write::Put { condition, .. } | Write::Update { condition, .. } | Write::Delete { condition, .. } => {
            *condition = None;
        }
        Write::Check { .. } => {}
    }
}

/// What is added up under a name.
pub(super) fn added_to(write: &mut Write, name: &str) {
    if let Some(updates) = updates(write) {
        updates.retain(|update| !matches!(update, Update::Add(path, _) if holds(path, name)));
        keep_one(updates);
    }
}

/// What is taken off a count, and what goes back to the budget.
pub(super) fn counts_given_back(write: &mut Write) {
    if let Some(updates) = updates(write) {
        updates.retain(|update| match update {
            Update::Add(path, by) => !(holds(path, names::COUNTED) && by.is_sign_negative()),
            Update::Set(..) | Update::SetIfAbsent(..) | Update::Remove(_) => true,
        });
        keep_one(updates);
    }
}

/// A freed slot.
pub(super) fn slots_freed(write: &mut Write) {
    if let Some(updates) = updates(write) {
        updates.retain(|update| !matches!(update, Update::Remove(path) if holds(path, names::LIVE)));
        keep_one(updates);
    }
}

/// When the call before was reserved.
pub(super) fn pace(write: &mut Write) {
    if let Some(updates) = updates(write) {
        updates.retain(|update| !holds(update.path(), names::LAST_RESERVED_AT));
        keep_one(updates);
    }
}

/// A write without updates would be invalid.
fn keep_one(updates: &mut Vec<Update>) {
    if updates.is_empty() {
        updates.push(Update::Set("nothing".into(), true.into()));
    }
}

/// A claim whose state is settled: it is taken back.
pub(super) fn claim_settled(write: &mut Write) {
    if let Write::Update { key, updates, .. } = write
        && key.sort == caller::SORT
        && let [Update::Set(state, _)] = updates.as_slice()
    {
        *updates = vec![Update::Remove(Path(state.0[..2].to_vec()))];
    }
}

/// That nobody else has claimed the caller meanwhile.
pub(super) fn condition_of_claim(write: &mut Write) {
    let is_claim =
        matches!(write, Write::Update { key, updates, .. } if key.sort == caller::SORT && updates.len() > 1);
    if is_claim {
        drop_condition(write);
    }
}

/// Whom an account blocks.
pub(super) fn blocks(write: &mut Write) {
    if let Write::Put { key, item, .. } = write
        && key.sort == "BLOCKS"
    {
        item.insert("numbers".to_owned(), 0_u32.into());
        item.insert("prefixes".to_owned(), Value::empty_map());
    }
}

/// The arrival of a call.
pub(super) fn arrivals(write: &mut Write) {
    if let Write::Update { key, updates, .. } = write
        && key.sort == "ARRIVALS"
    {
        updates.retain(|update| !matches!(update, Update::SetIfAbsent(..)));
    }
}

/// The skills in a plan.
pub(super) fn skills(write: &mut Write) {
    change_document(write, "targets", &|targets| {
        for target in targets.as_object_mut().into_iter().flat_map(|targets| targets.values_mut()) {
            target.as_object_mut().map(|target| target.remove("skills"));
        }
    });
}

/// The least length of a call that is billed.
pub(super) fn length(write: &mut Write) {
    change_document(write, "campaign", &|campaign| {
        campaign["conversion"]["minimum_seconds"] = 0.into();
    });
}

/// The hours in a plan.
pub(super) fn hours(write: &mut Write) {
    change_document(write, "campaign", &|campaign| without_hours(campaign));
    for documents in ["targets", "buyers"] {
        change_document(write, documents, &|documents| {
            documents.as_object_mut().into_iter().flat_map(|all| all.values_mut()).for_each(without_hours);
        });
    }
}

fn without_hours(document: &mut Document) {
    document.as_object_mut().map(|document| document.remove("hours"));
}

/// Limits that are changed: the names are those of scopes that are there.
pub(super) fn limits(write: &mut Write) {
    if let Some(updates) = updates(write) {
        let is_limit = |path: &Path| path.0.last().is_some_and(|name| name == names::LIMITS);
        updates.retain(|update| !is_limit(update.path()));
        keep_one(updates);
    }
}

/// The hours that are to be repaired.
pub(super) fn repair(write: &mut Write) {
    if let Write::Put { key, item, .. } = write
        && *key == repair_record::key()
    {
        item.remove("from");
    }
}

/// How far items were walked through: nothing of them is left to be.
pub(super) fn walk(write: &mut Write) {
    if let Write::Put { key, item, .. } = write
        && *key == repair_record::key()
        && item.contains_key("walk")
    {
        item.insert("walk".to_owned(), Value::List(Vec::new()));
    }
}

fn change_document(write: &mut Write, name: &str, change: &dyn Fn(&mut Document)) {
    if let Write::Put { key, item, .. } = write
        && key.sort == "PLAN"
        && item.contains_key(plan::VERSION)
        && let Some(Value::Text(text)) = item.get_mut(name)
        && let Ok(mut document) = serde_json::from_str(text)
    {
        change(&mut document);
        *text = document.to_string();
    }
}

/// That the first report of an end stands.
pub(super) fn first_end(write: &mut Write) {
    let Some(updates) = updates(write) else { return };
    for update in updates {
        if let Update::SetIfAbsent(path, value) = update
            && let [legs, _, ended] = path.0.as_slice()
            && legs == call::names::LEGS
            && ended == call::names::ENDED
        {
            *update = Update::Set(path.clone(), value.clone());
        }
    }
}

/// That an entry is not written yet.
pub(super) fn condition_of_entries(write: &mut Write) {
    if journal::is_journal(write.key()) {
        drop_condition(write);
    }
}

/// That a sum is as it was read.
pub(super) fn condition_of_sums(write: &mut Write) {
    if matches!(write, Write::Put { item, .. } if item.contains_key(tally::MARKS)) {
        drop_condition(write);
    }
}

/// Why candidates were passed over.
pub(super) fn reasons(write: &mut Write) {
    let Some(updates) = updates(write) else { return };
    for update in updates {
        if let Update::Set(path, value) = update
            && holds(path, decision::ATTRIBUTE)
        {
            *value = Value::empty_map();
        }
    }
}

/// Whose caller it is.
pub(super) fn account_of_caller(write: &mut Write) {
    let key = match write {
        Write::Put { key, .. }
        | Write::Update { key, .. }
        | Write::Delete { key, .. }
        | Write::Check { key, .. } => key,
    };
    if key.sort == caller::SORT
        && let Some((_, number)) = key.partition.split_once('#')
    {
        *key = Key::new(number, &key.sort);
    }
}
