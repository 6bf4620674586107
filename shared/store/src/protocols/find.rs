//! A call is read.

use ringfall_domain::{
    call::Call,
    ids::{AccountId, CallId},
};

use crate::{
    port::{Key, Refusal, StoreError, Table},
    records,
};

/// The call as it stands; none if it never came in.
pub async fn find(table: &dyn Table, account: AccountId, call: CallId) -> Result<Option<Call>, StoreError> {
    let key = records::call::key(account, call);
    let item = table.get(&key).await?.filter(|item| records::call::has_arrived(item));
    item.map(|item| records::call::decode(&key, &item)).transpose()
}

/// The call against which a write's condition was judged; none if so far only its end is known.
pub(super) fn refused(
    key: &Key,
    refusals: &[Option<Refusal>],
    write: usize,
) -> Result<Option<Call>, StoreError> {
    let item = refusals.get(write).and_then(|refusal| refusal.as_ref()?.item.as_deref());
    let item =
        item.ok_or_else(|| StoreError::Damaged("a call that is neither there nor absent".to_owned()))?;
    records::call::has_arrived(item).then(|| records::call::decode(key, item)).transpose()
}
