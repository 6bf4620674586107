//! BLOCKED, BLOCKS: whom an account does not take. A number has an item of its own. All prefixes of an account share one, which every call needs
//! and processes keep for some seconds; it tells how many numbers are blocked besides, so that where there are none, none is looked for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringfall_domain::{
    caller::Block,
    config::BlockedCaller,
    ids::{AccountId, BlockedCallerId},
    phone::{NumberPrefix, PhoneNumber},
};

use super::{
    attributes::{Attributes, Reader, damaged},
    caller::partition,
};
use crate::port::{Condition, Item, Key, Operand, StoreError};

const ID: &str = "id";
const REVISION: &str = "revision";
const NUMBERS: &str = "numbers";
const PREFIXES: &str = "prefixes";

/// What an account blocks: its prefixes, and the count of its numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockList {
    /// How often they were saved; 0 of those that never were.
    pub revision: u64,
    /// How many numbers have a block of their own.
    pub numbers: u64,
    /// By prefix.
    pub blocks: BTreeMap<NumberPrefix, Block>,
}

impl BlockList {
    /// The block that holds for a number at a moment: that of its longest prefix.
    pub fn find(&self, number: &PhoneNumber, at: Timestamp) -> Option<&Block> {
        NumberPrefix::all_of(number)
            .filter_map(|prefix| self.blocks.get(prefix))
            .find(|block| block.holds_at(at))
    }
}

/// Where the block of one number stands.
pub fn number_key(account: AccountId, number: &PhoneNumber) -> Key {
    Key::new(partition(account, number), "BLOCKED")
}

/// Where the list of an account's blocks stands.
pub fn list_key(account: AccountId) -> Key {
    Key::new(format!("{account}#N"), "BLOCKS")
}

/// The block that a document asks for.
pub fn block_of(id: BlockedCallerId, document: &BlockedCaller) -> Block {
    Block {
        id,
        prefix: document.prefix.clone(),
        reason: document.reason.clone(),
        expires_at: document.expires_at,
    }
}

/// Writes a block.
pub fn encode(block: &Block) -> Attributes {
    Attributes::new()
        .with_text(ID, block.id)
        .with_some("reason", block.reason.as_ref().map(ToString::to_string))
        .with_some("expires_at", block.expires_at.map(|at| at.as_millisecond()))
}

/// Reads a block.
pub fn decode(reader: Reader<'_>, prefix: Option<NumberPrefix>) -> Result<Block, StoreError> {
    Ok(Block {
        id: reader.parsed(ID)?,
        prefix,
        reason: reader.optional_parsed("reason")?,
        expires_at: reader.optional_milliseconds("expires_at")?,
    })
}

/// That a number is blocked by nobody else.
pub fn is_free_for(id: BlockedCallerId) -> Condition {
    Condition::Any(vec![
        Condition::Absent(ID.into()),
        Condition::Equal(Operand::Path(ID.into()), id.to_string().into()),
    ])
}

/// Writes the list of an account's blocks, one revision on.
pub fn encode_list(list: &BlockList) -> Item {
    let blocks = list.blocks.iter();
    let blocks =
        blocks.fold(Attributes::new(), |blocks, (prefix, block)| blocks.with(prefix.as_str(), encode(block)));
    Attributes::new()
        .with(REVISION, list.revision + 1)
        .with(NUMBERS, list.numbers)
        .with(PREFIXES, blocks)
        .into_map()
}

/// Reads the list of an account's blocks.
pub fn decode_list(item: Option<&Item>) -> Result<BlockList, StoreError> {
    let Some(reader) = item.map(Reader) else { return Ok(BlockList::default()) };
    let blocks = reader.map(PREFIXES)?;
    let block = |name: &String| {
        let prefix: NumberPrefix = name.parse().map_err(|_| damaged(name, "a prefix"))?;
        Ok((prefix.clone(), decode(blocks.map(name)?, Some(prefix))?))
    };
    Ok(BlockList {
        revision: reader.number::<i64>(REVISION)?.unsigned_abs(),
        numbers: reader.number::<i64>(NUMBERS)?.unsigned_abs(),
        blocks: blocks.0.keys().map(block).collect::<Result<_, StoreError>>()?,
    })
}

/// That the list still stands as it was read.
pub fn is_as_read(list: &BlockList) -> Condition {
    match list.revision {
        0 => Condition::Absent(REVISION.into()),
        revision => Condition::Equal(Operand::Path(REVISION.into()), revision.into()),
    }
}
