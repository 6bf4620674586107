//! The journal: at most one entry per attempt and kind, for ever.

use ringfall_domain::{call::Call, ledger::entries_of};

use crate::{
    port::{Condition, StoreError, Table, Write, WriteError},
    records,
};

/// Writes the entries that a call's facts call for and that are not written yet. Safe to repeat at any time, with
/// any copy of the call, old or new.
///
/// # Returns
/// How many entries were new.
pub async fn settle(table: &dyn Table, call: &Call) -> Result<usize, StoreError> {
    let mut written = 0;
    for entry in entries_of(call) {
        let put = Write::Put {
            key: records::journal::key(call.account, entry.call, entry.attempt, entry.kind),
            item: records::journal::encode(call.account, &entry),
            condition: Some(Condition::Absent("kind".into())),
        };
        match table.write(vec![put]).await {
            Ok(_) => written += 1,
            Err(WriteError::Refused(_)) => {}
            Err(WriteError::Store(error)) => return Err(error),
        }
    }
    Ok(written)
}
