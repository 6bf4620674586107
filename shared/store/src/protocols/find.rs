//! A call is read.

use ringfall_domain::{
    call::Call,
    ids::{AccountId, CallId},
};

use crate::{
    port::{Refusal, StoreError, Table},
    records,
};

/// The call as it stands; none if it never came in.
pub async fn find(table: &dyn Table, account: AccountId, call: CallId) -> Result<Option<Call>, StoreError> {
    let item = table.get(&records::call::key(account, call)).await?;
    item.as_ref().filter(|item| records::call::has_arrived(item)).map(records::call::decode).transpose()
}

/// The call against which a write's condition was judged.
pub(super) fn refused(refusals: &[Option<Refusal>], write: usize) -> Result<Call, StoreError> {
    let item = refusals.get(write).and_then(|refusal| refusal.as_ref()?.item.as_ref());
    records::call::decode(
        item.ok_or_else(|| StoreError::Damaged("a call that is neither there nor absent".to_owned()))?,
    )
}
