//! BLOCKED, PREFIXES: whom an account does not take. A number has an item of its own; all prefixes of an account share one, which every call
//! needs and processes keep for some seconds.

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
const PREFIXES: &str = "prefixes";

/// The prefixes that an account blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockedPrefixes {
    /// How often they were saved; 0 of those that never were.
    pub revision: u64,
    /// By prefix.
    pub blocks: BTreeMap<NumberPrefix, Block>,
}

impl BlockedPrefixes {
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

/// Where an account's blocked prefixes stand.
pub fn prefixes_key(account: AccountId) -> Key {
    Key::new(format!("{account}#N"), "PREFIXES")
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

/// Writes an account's blocked prefixes, one revision on.
pub fn encode_prefixes(prefixes: &BlockedPrefixes) -> Item {
    let blocks = prefixes.blocks.iter();
    let blocks =
        blocks.fold(Attributes::new(), |blocks, (prefix, block)| blocks.with(prefix.as_str(), encode(block)));
    Attributes::new().with(REVISION, prefixes.revision + 1).with(PREFIXES, blocks).into_map()
}

/// Reads an account's blocked prefixes.
pub fn decode_prefixes(item: Option<&Item>) -> Result<BlockedPrefixes, StoreError> {
    let Some(reader) = item.map(Reader) else { return Ok(BlockedPrefixes::default()) };
    let blocks = reader.map(PREFIXES)?;
    let block = |name: &String| {
        let prefix: NumberPrefix = name.parse().map_err(|_| damaged(name, "a prefix"))?;
        Ok((prefix.clone(), decode(blocks.map(name)?, Some(prefix))?))
    };
    Ok(BlockedPrefixes {
        revision: reader.number::<i64>(REVISION)?.unsigned_abs(),
        blocks: blocks.0.keys().map(block).collect::<Result<_, StoreError>>()?,
    })
}

/// That the prefixes still stand as they were read.
pub fn are_as_read(prefixes: &BlockedPrefixes) -> Condition {
    match prefixes.revision {
        0 => Condition::Absent(REVISION.into()),
        revision => Condition::Equal(Operand::Path(REVISION.into()), revision.into()),
    }
}
