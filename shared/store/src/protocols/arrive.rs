//! A call comes in: created once.

use ringfall_domain::call::Call;

use super::find::{find, refused};
use crate::{
    port::{Condition, Path, StoreError, Table, Update, Write, WriteError, Written},
    records::{self, call::names},
};

/// The write that creates a call, with a further change: nothing stands there, not even the end of the call, which may be reported
/// first.
pub(super) fn create(call: &Call, with: Option<Update>) -> Write {
    let set = |(name, value): (String, _)| Update::Set(Path(vec![name]), value);
    let nothing = [names::ARRIVED_AT, names::ENDED].map(|name| Condition::Absent(name.into()));
    Write::Update {
        key: records::call::key(call.account, call.id),
        updates: records::call::encode_new(call).into_iter().map(set).chain(with).collect(),
        condition: Some(Condition::All(nothing.into())),
    }
}

/// Creates a call, unless it exists already.
///
/// # Returns
/// The call as it stands: of two webhooks that bring the same call, both get the same.
pub async fn arrive(table: &dyn Table, call: &Call) -> Result<Call, StoreError> {
    let key = records::call::key(call.account, call.id);
    let set = |(name, value): (String, _)| Update::Set(Path(vec![name]), value);
    // Not a put: the report of the call's end may have come first, and stays.
    let create = Write::Update {
        key: key.clone(),
        updates: records::call::encode_new(call).into_iter().map(set).collect(),
        condition: Some(Condition::Absent(names::ARRIVED_AT.into())),
    };
    match table.write(vec![create]).await {
        Ok(written) => match written.into_iter().next() {
            Some(Written::Now(Some(item))) => records::call::decode(&key, &item),
            _ => find(table, call.account, call.id).await.map(|found| found.unwrap_or_else(|| call.clone())),
        },
        Err(WriteError::Store(error)) => Err(error),
        Err(WriteError::Refused(refusals)) => {
            refused(&key, &refusals, 0).map(|found| found.unwrap_or_else(|| call.clone()))
        }
    }
}
