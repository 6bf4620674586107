//! A blocked caller is saved: calls find the block by their number, or among the account's prefixes.

use ringfall_domain::{config::BlockedCaller, ids::BlockedCallerId, phone::PhoneNumber};

use super::{Change, Conflict, Consequences, Save, SaveError, Scene};
use crate::{
    port::Write,
    protocols::blocked::{find_block, read_list},
    records::blocked::{block_of, encode, encode_list, is_as_read, is_free_for, list_key, number_key},
};

impl Save for BlockedCaller {
    async fn consequences(
        scene: &Scene<'_>,
        id: BlockedCallerId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        let (before, after) = match change {
            Change::Create(after) => (None, Some(after)),
            Change::Replace { before, after } => (Some(before), Some(after)),
            Change::Archive(before) => (Some(before), None),
        };
        let mut writes = numbers(scene, id, before, after).await?;
        writes.push(list(scene, id, before, after).await?);
        Ok(Consequences::of(writes))
    }
}

async fn numbers(
    scene: &Scene<'_>,
    id: BlockedCallerId,
    before: Option<&BlockedCaller>,
    after: Option<&BlockedCaller>,
) -> Result<Vec<Write>, SaveError> {
    let (left, taken) = (number_of(before), number_of(after));
    let mut writes = Vec::new();
    if let Some((number, document)) = taken.zip(after) {
        let holder = find_block(scene.table, scene.account, number).await?;
        refuse_another(id, holder.map(|block| block.id))?;
        let item = encode(&block_of(id, document)).into_map();
        let key = number_key(scene.account, number);
        writes.push(Write::Put { key, item, condition: Some(is_free_for(id)) });
    }
    let left = left.filter(|left| taken != Some(left));
    writes.extend(left.map(|number| Write::Delete {
        key: number_key(scene.account, number),
        condition: Some(is_free_for(id)),
    }));
    Ok(writes)
}

async fn list(
    scene: &Scene<'_>,
    id: BlockedCallerId,
    before: Option<&BlockedCaller>,
    after: Option<&BlockedCaller>,
) -> Result<Write, SaveError> {
    let mut list = read_list(scene.table, scene.account).await?;
    let condition = Some(is_as_read(&list));
    let numbers = |document| u64::from(number_of(document).is_some());
    list.numbers = (list.numbers + numbers(after)).saturating_sub(numbers(before));
    if let Some(left) = before.and_then(|before| before.prefix.as_ref()) {
        list.blocks.remove(left);
    }
    if let Some((taken, document)) = after.and_then(|after| Some((after.prefix.clone()?, after))) {
        refuse_another(id, list.blocks.get(&taken).map(|block| block.id))?;
        list.blocks.insert(taken, block_of(id, document));
    }
    if list.blocks.len() > BlockedCaller::MOST_PREFIXES {
        return Err(Conflict::TooManyPrefixes { most: BlockedCaller::MOST_PREFIXES }.into());
    }
    Ok(Write::Put { key: list_key(scene.account), item: encode_list(&list), condition })
}

fn number_of(document: Option<&BlockedCaller>) -> Option<&PhoneNumber> {
    document?.phone_number.as_ref()
}

fn refuse_another(id: BlockedCallerId, holder: Option<BlockedCallerId>) -> Result<(), SaveError> {
    match holder.filter(|holder| *holder != id) {
        Some(holder) => Err(Conflict::CallerBlocked { by: holder }.into()),
        None => Ok(()),
    }
}
