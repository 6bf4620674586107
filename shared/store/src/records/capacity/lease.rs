//! LEASE: a leg's hold on its slot. It stands in CAPACITY itself or, where that holds as many as it should, in an item of its own.
//!
//! Every write of CAPACITY pays for all of it, and an item ends at 400 KB: some hundred live legs would cost each call ten times as much, and some
//! two thousand could not be held at all. So beyond [`MOST_WITHIN`] a lease is an item, and each of its scopes counts those that stand
//! elsewhere. Lease and count are written together or not at all, and taken away so: what a scope holds is always the size of its map and that
//! count.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringfall_domain::ids::{AccountId, BuyerId, LegId, TargetId};

use super::names;
use crate::{
    port::{Item, Key, Range, StoreError, Value},
    records::attributes::{Attributes, Reader, damaged},
};

/// The leases that CAPACITY itself holds: with them it is some 4 KB.
pub const MOST_WITHIN: u32 = 64;

/// What holds a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The target that is rung.
    pub target: TargetId,
    /// After this the sweep asks what became of the leg. Never a ground to free the slot.
    pub expires_at: Timestamp,
}

/// Where a lease stands, or is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeasePlace {
    /// In CAPACITY.
    Within,
    /// In an item of its own.
    Elsewhere,
}

const TARGET: &str = "target";
/// The attribute that every lease has.
pub const EXPIRES_AT: &str = "expires_at";
const PREFIX: &str = "LEASE#";

/// Where a lease of its own stands.
pub fn key(account: AccountId, buyer: BuyerId, leg: LegId) -> Key {
    Key::new(super::key(account, buyer).partition, format!("{PREFIX}{leg}"))
}

/// Where all of a buyer's leases of their own stand.
pub fn range(account: AccountId, buyer: BuyerId) -> (String, Range) {
    // The character behind the prefix' last.
    let range = Range { from: Some(PREFIX.to_owned()), to: Some("LEASE$".to_owned()) };
    (super::key(account, buyer).partition, range)
}

/// Whose lease stands at a key; none where no lease does.
pub fn leg_of(key: &Key) -> Option<LegId> {
    key.sort.strip_prefix(PREFIX)?.parse().ok()
}

/// Writes a lease.
pub fn encode(lease: &Lease) -> Item {
    Attributes::new()
        .with_text(TARGET, lease.target)
        .with(EXPIRES_AT, lease.expires_at.as_millisecond())
        .into_map()
}

/// Reads a lease.
pub fn decode(item: &Item) -> Result<Lease, StoreError> {
    read(Reader(item))
}

/// A lease as an attribute of CAPACITY.
pub fn encode_within(lease: &Lease) -> Value {
    Value::Map(encode(lease))
}

pub(super) fn decode_within(reader: Reader<'_>) -> Result<BTreeMap<LegId, Lease>, StoreError> {
    let mut leases = BTreeMap::new();
    for name in reader.0.keys() {
        let leg = name.parse().map_err(|_| damaged(name, "a leg's id"))?;
        leases.insert(leg, read(reader.map(name)?)?);
    }
    Ok(leases)
}

fn read(reader: Reader<'_>) -> Result<Lease, StoreError> {
    let expires_at = reader.optional_milliseconds(EXPIRES_AT)?;
    let expires_at = expires_at.ok_or_else(|| damaged(EXPIRES_AT, "a number"))?;
    Ok(Lease { target: reader.parsed(TARGET)?, expires_at })
}

/// Whether any lease of a buyer stands elsewhere, by its CAPACITY alone.
pub fn has_some_elsewhere(capacity: &Item) -> Result<bool, StoreError> {
    let elsewhere = Reader(capacity).map(names::BUYER)?.optional_number::<i64>(names::ELSEWHERE)?;
    Ok(elsewhere.is_some_and(|count| count > 0))
}
