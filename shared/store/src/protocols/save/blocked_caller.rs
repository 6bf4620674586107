//! A blocked caller is saved: calls find the block by their number, or among the account's prefixes.

use ringfall_domain::{
    config::BlockedCaller,
    ids::BlockedCallerId,
    phone::{NumberPrefix, PhoneNumber},
};

use super::{Change, Conflict, Consequences, Save, SaveError, Scene};
use crate::{
    port::Write,
    protocols::blocked::{find_block, read_prefixes},
    records::blocked::{
        are_as_read, block_of, encode, encode_prefixes, is_free_for, number_key, prefixes_key,
    },
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
        let number = numbers(scene, id, before, after).await?;
        let prefix = prefixes(scene, id, before, after).await?;
        Ok(Consequences::of(number.into_iter().chain(prefix).collect()))
    }
}

async fn numbers(
    scene: &Scene<'_>,
    id: BlockedCallerId,
    before: Option<&BlockedCaller>,
    after: Option<&BlockedCaller>,
) -> Result<Vec<Write>, SaveError> {
    let number =
        |document: Option<&BlockedCaller>| document.and_then(|document| document.phone_number.clone());
    let (left, taken): (Option<PhoneNumber>, Option<PhoneNumber>) = (number(before), number(after));
    let mut writes = Vec::new();
    if let Some((number, document)) = taken.as_ref().zip(after) {
        let holder = find_block(scene.table, scene.account, number).await?;
        refuse_another(id, holder.map(|block| block.id))?;
        let item = encode(&block_of(id, document)).into_map();
        let key = number_key(scene.account, number);
        writes.push(Write::Put { key, item, condition: Some(is_free_for(id)) });
    }
    let left = left.filter(|left| taken.as_ref() != Some(left));
    writes.extend(left.map(|number| Write::Delete {
        key: number_key(scene.account, &number),
        condition: Some(is_free_for(id)),
    }));
    Ok(writes)
}

async fn prefixes(
    scene: &Scene<'_>,
    id: BlockedCallerId,
    before: Option<&BlockedCaller>,
    after: Option<&BlockedCaller>,
) -> Result<Option<Write>, SaveError> {
    let prefix = |document: Option<&BlockedCaller>| document.and_then(|document| document.prefix.clone());
    let (left, taken): (Option<NumberPrefix>, Option<NumberPrefix>) = (prefix(before), prefix(after));
    if left.is_none() && taken.is_none() {
        return Ok(None);
    }
    let mut prefixes = read_prefixes(scene.table, scene.account).await?;
    let condition = Some(are_as_read(&prefixes));
    if let Some(left) = left {
        prefixes.blocks.remove(&left);
    }
    if let Some((taken, document)) = taken.zip(after) {
        refuse_another(id, prefixes.blocks.get(&taken).map(|block| block.id))?;
        prefixes.blocks.insert(taken, block_of(id, document));
    }
    if prefixes.blocks.len() > BlockedCaller::MOST_PREFIXES {
        return Err(Conflict::TooManyPrefixes { most: BlockedCaller::MOST_PREFIXES }.into());
    }
    let (key, item) = (prefixes_key(scene.account), encode_prefixes(&prefixes));
    Ok(Some(Write::Put { key, item, condition }))
}

fn refuse_another(id: BlockedCallerId, holder: Option<BlockedCallerId>) -> Result<(), SaveError> {
    match holder.filter(|holder| *holder != id) {
        Some(holder) => Err(Conflict::CallerBlocked { by: holder }.into()),
        None => Ok(()),
    }
}
