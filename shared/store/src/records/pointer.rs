//! POINTER: what a webhook finds by what it carries, before any account is known.

use ringfall_domain::{
    ids::{AccountId, CampaignId, ConnectionId, NumberId, PublisherId},
    phone::PhoneNumber,
    tags::Tags,
};

use super::{
    attributes::{Attributes, Reader},
    tags::{decode_tags, encode_tags},
};
use crate::port::{Item, Key, StoreError};

/// A connection, found by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionPointer {
    /// Whose it is.
    pub account: AccountId,
    /// The connection's document as JSON: provider, credentials, rates.
    pub document: String,
}

/// A tracking number, found by its connection and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPointer {
    /// The number's id.
    pub number: NumberId,
    /// Where its calls go.
    pub campaign: CampaignId,
    /// Who is paid for them.
    pub publisher: PublisherId,
    /// What is known of its callers from the outset.
    pub tags: Tags,
    /// Takes no calls for now.
    pub paused: bool,
}

/// The attribute that says which number holds the digits.
pub const NUMBER: &str = "number";

/// Where a connection's pointer stands.
pub fn connection_key(connection: ConnectionId) -> Key {
    Key::new(format!("C#{connection}"), "CONNECTION")
}

/// The connection whose pointer stands at a key; none if it is another's key.
pub fn connection_of(key: &Key) -> Option<ConnectionId> {
    let connection = key.partition.strip_prefix("C#")?.parse().ok()?;
    (*key == connection_key(connection)).then_some(connection)
}

/// The connection of the number whose pointer stands at a key; none if it is another's key.
pub fn connection_of_number(key: &Key) -> Option<ConnectionId> {
    key.partition.strip_prefix("N#")?.parse().ok()
}

/// Where the pointers of a connection's numbers stand.
pub fn number_partition(connection: ConnectionId) -> String {
    format!("N#{connection}")
}

/// Where a number's pointer stands.
pub fn number_key(connection: ConnectionId, phone_number: &PhoneNumber) -> Key {
    Key::new(number_partition(connection), phone_number.as_str())
}

/// Writes a connection's pointer.
pub fn encode_connection(pointer: &ConnectionPointer) -> Item {
    Attributes::new()
        .with_text("account", pointer.account)
        .with("document", pointer.document.as_str())
        .into_map()
}

/// Reads a connection's pointer.
pub fn decode_connection(item: &Item) -> Result<ConnectionPointer, StoreError> {
    let reader = Reader(item);
    Ok(ConnectionPointer {
        account: reader.parsed("account")?,
        document: reader.text("document")?.to_owned(),
    })
}

/// Writes a number's pointer.
pub fn encode_number(pointer: &NumberPointer) -> Item {
    Attributes::new()
        .with_text(NUMBER, pointer.number)
        .with_text("campaign", pointer.campaign)
        .with_text("publisher", pointer.publisher)
        .with_some("tags", (!pointer.tags.is_empty()).then(|| encode_tags(&pointer.tags)))
        .with("paused", pointer.paused)
        .into_map()
}

/// Reads a number's pointer.
pub fn decode_number(item: &Item) -> Result<NumberPointer, StoreError> {
    let reader = Reader(item);
    Ok(NumberPointer {
        number: reader.parsed(NUMBER)?,
        campaign: reader.parsed("campaign")?,
        publisher: reader.parsed("publisher")?,
        tags: reader.optional_map("tags")?.map(decode_tags).transpose()?.unwrap_or_default(),
        paused: reader.flag("paused")?,
    })
}
