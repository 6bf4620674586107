//! RESOURCE: a configuration document as it was last saved, with the count of its versions.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use ringfall_domain::{
    config::{BlockedCaller, Buyer, Campaign, Publisher, Target, TrackingNumber},
    ids::{AccountId, BlockedCallerId, BuyerId, CampaignId, KeyId, NumberId, PublisherId, TargetId},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    api_key::ApiKey,
    attributes::{Attributes, Reader},
};
use crate::port::{Condition, Item, Key, Operand, StoreError};

/// What is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An account at a telephony provider.
    Connection,
    /// A traffic source.
    Publisher,
    /// Who pays.
    Buyer,
    /// Who is rung.
    Target,
    /// What callers go through.
    Campaign,
    /// What callers dial.
    Number,
    /// Whom the account does not take.
    BlockedCaller,
    /// What programs sign in with.
    ApiKey,
}

impl Kind {
    /// The word in keys and in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Publisher => "publisher",
            Self::Buyer => "buyer",
            Self::Target => "target",
            Self::Campaign => "campaign",
            Self::Number => "number",
            Self::BlockedCaller => "blocked_caller",
            Self::ApiKey => "key",
        }
    }

    /// Whose documents name resources of this kind, and so keep them from being archived.
    pub const fn named_by(self) -> Option<Self> {
        match self {
            Self::Buyer => Some(Self::Target),
            Self::Target => Some(Self::Campaign),
            Self::Connection | Self::Publisher | Self::Campaign => Some(Self::Number),
            Self::Number | Self::BlockedCaller | Self::ApiKey => None,
        }
    }

    /// Whether documents of this kind name other resources.
    pub const fn names_others(self) -> bool {
        matches!(self, Self::Target | Self::Campaign | Self::Number)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of document that an account configures.
pub trait Configured: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Names one of them.
    type Id: Copy + Ord + fmt::Display + FromStr + Send + Sync + 'static;

    /// The kind.
    const KIND: Kind;
}

/// A saved document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource<D> {
    /// 1 when it is new; counted up by each save.
    pub version: u64,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last saved.
    pub updated_at: Timestamp,
    /// When it was archived, if it was: it stays readable, and takes no part in anything.
    pub archived_at: Option<Timestamp>,
    /// What was saved.
    pub document: D,
}

const VERSION: &str = "version";
const ARCHIVED_AT: &str = "archived_at";

/// The resources of one kind, in the order in which they were created.
pub fn partition(account: AccountId, kind: Kind) -> String {
    format!("{account}#R#{kind}")
}

/// Where a resource stands.
pub fn key(account: AccountId, kind: Kind, id: &impl fmt::Display) -> Key {
    Key::new(partition(account, kind), id.to_string())
}

/// Writes a resource.
pub fn encode<D: Serialize>(resource: &Resource<D>) -> Item {
    Attributes::new()
        .with(VERSION, resource.version)
        .with_text("created_at", resource.created_at)
        .with_text("updated_at", resource.updated_at)
        .with_some(ARCHIVED_AT, resource.archived_at.map(|at| at.to_string()))
        .with_document("document", &resource.document)
        .into_map()
}

/// Reads a resource.
pub fn decode<D: DeserializeOwned>(item: &Item) -> Result<Resource<D>, StoreError> {
    let reader = Reader(item);
    Ok(Resource {
        version: reader.number(VERSION)?,
        created_at: reader.time("created_at")?,
        updated_at: reader.time("updated_at")?,
        archived_at: reader.optional_parsed(ARCHIVED_AT)?,
        document: reader.document("document")?,
    })
}

/// What must hold for a resource to be written over the version that was read; none: over nothing.
pub fn is_version(read: Option<u64>) -> Condition {
    match read {
        None => Condition::Absent(VERSION.into()),
        Some(version) => Condition::Equal(Operand::Path(VERSION.into()), version.into()),
    }
}

/// Whether a resource was archived, whatever its document is.
pub fn is_archived(item: &Item) -> bool {
    item.contains_key(ARCHIVED_AT)
}

impl Configured for Publisher {
    type Id = PublisherId;
    const KIND: Kind = Kind::Publisher;
}

impl Configured for Buyer {
    type Id = BuyerId;
    const KIND: Kind = Kind::Buyer;
}

impl Configured for Target {
    type Id = TargetId;
    const KIND: Kind = Kind::Target;
}

impl Configured for Campaign {
    type Id = CampaignId;
    const KIND: Kind = Kind::Campaign;
}

impl Configured for TrackingNumber {
    type Id = NumberId;
    const KIND: Kind = Kind::Number;
}

impl Configured for BlockedCaller {
    type Id = BlockedCallerId;
    const KIND: Kind = Kind::BlockedCaller;
}

impl Configured for ApiKey {
    type Id = KeyId;
    const KIND: Kind = Kind::ApiKey;
}

/// A key that does not end in an id of its kind.
pub(crate) fn damaged_id(key: &Key) -> StoreError {
    StoreError::Damaged(format!("key {key}: expected an id"))
}
