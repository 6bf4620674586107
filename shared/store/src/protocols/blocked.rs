//! Whether an account takes a caller at all.

use ringfall_domain::{caller::Block, ids::AccountId, phone::PhoneNumber};

use crate::{
    port::{StoreError, Table},
    records::{
        attributes::Reader,
        blocked::{self, BlockedPrefixes},
    },
};

/// The block of one number, whether it still holds or not.
pub async fn find_block(
    table: &dyn Table,
    account: AccountId,
    number: &PhoneNumber,
) -> Result<Option<Block>, StoreError> {
    let item = table.get(&blocked::number_key(account, number)).await?;
    item.as_ref().map(|item| blocked::decode(Reader(item), None)).transpose()
}

/// The prefixes that an account blocks.
pub async fn read_prefixes(table: &dyn Table, account: AccountId) -> Result<BlockedPrefixes, StoreError> {
    let item = table.get(&blocked::prefixes_key(account)).await?;
    blocked::decode_prefixes(item.as_ref())
}
