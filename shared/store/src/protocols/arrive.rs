//! A call comes in: created once.

use ringfall_domain::call::Call;

use super::find::refused;
use crate::{
    port::{Condition, StoreError, Table, Write, WriteError},
    records,
};

/// Creates a call, unless it exists already.
///
/// # Returns
/// The call as it stands: of two webhooks that bring the same call, both get the same.
pub async fn arrive(table: &dyn Table, call: &Call) -> Result<Call, StoreError> {
    let put = Write::Put {
        key: records::call::key(call.account, call.id),
        item: records::call::encode_new(call),
        condition: Some(Condition::Absent("call".into())),
    };
    match table.write(vec![put]).await {
        Ok(_) => Ok(call.clone()),
        Err(WriteError::Store(error)) => Err(error),
        Err(WriteError::Refused(refusals)) => refused(&refusals, 0),
    }
}
