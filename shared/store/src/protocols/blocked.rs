//! Whether an account takes a caller at all.

use ringfall_domain::{caller::Block, ids::AccountId, phone::PhoneNumber};

use crate::{
    port::{StoreError, Table},
    records::{
        attributes::Reader,
        blocked::{self, BlockList},
    },
};

/// The block of one number, whether it still holds or not.
pub async fn find_block(
    table: &dyn Table,
    account: AccountId,
    number: &PhoneNumber,
) -> Result<Option<Block>, StoreError> {
    let item = table.get(&blocked::number_key(account, number)).await?;
    item.as_deref().map(|item| blocked::decode(Reader(item), None)).transpose()
}

/// What an account blocks.
pub async fn read_list(table: &dyn Table, account: AccountId) -> Result<BlockList, StoreError> {
    let item = table.get(&blocked::list_key(account)).await?;
    blocked::decode_list(item.as_deref())
}
