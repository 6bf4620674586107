//! CAPACITY: all caps of one buyer, its own and its targets', in one item, so that a single conditional write checks them
//! together.
//!
//! ```text
//! budgeted, available                   the money left; kept even without a budget, so that refunds need no look
//! buyer.caps.{concurrency,hourly,…}     the limits, absent where there is none
//! buyer.live.{call#attempt}             the lease of each leg that holds a slot
//! buyer.undecided.{call#attempt}        the legs that are over and may yet turn out to have converted
//! buyer.counted.{window}                calls counted: qualified and in flight
//! targets.{target}.{caps,live,counted}  the same of each target
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringfall_domain::{
    capacity::{BuyerUsage, Period, Usage, Window},
    config::Caps,
    ids::{AccountId, BuyerId, LegId, TargetId},
    money::Money,
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, Path, StoreError, Value};

/// Attribute names that protocols write and put conditions on.
pub mod names {
    /// Whether there is a budget.
    pub const BUDGETED: &str = "budgeted";
    /// The money left.
    pub const AVAILABLE: &str = "available";
    /// The buyer's own scope.
    pub const BUYER: &str = "buyer";
    /// The targets' scopes.
    pub const TARGETS: &str = "targets";
    /// A scope's limits.
    pub const CAPS: &str = "caps";
    /// A scope's leases.
    pub const LIVE: &str = "live";
    /// The legs that are over and of which it is undecided whether they converted. Only of the buyer's scope.
    pub const UNDECIDED: &str = "undecided";
    /// A scope's counts.
    pub const COUNTED: &str = "counted";
    /// The concurrency limit.
    pub const CONCURRENCY: &str = "concurrency";
}

/// What holds a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The target that is rung.
    pub target: TargetId,
    /// After this the sweep asks what became of the leg. Never a ground to free the slot.
    pub expires_at: Timestamp,
}

/// The caps of a buyer or a target, and what is in use of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeRecord {
    /// The limits.
    pub caps: Caps,
    /// The legs that hold a slot.
    pub live: Vec<LegId>,
    /// Calls counted, by window.
    pub counted: BTreeMap<Window, u32>,
}

/// A buyer's capacity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CapacityRecord {
    /// The money left, where there is a budget.
    pub available: Option<Money>,
    /// The buyer's own scope.
    pub buyer: ScopeRecord,
    /// The leases of all legs that hold a slot.
    pub leases: BTreeMap<LegId, Lease>,
    /// The legs that are over and may yet turn out to have converted: their counts and prices are held.
    pub undecided: Vec<LegId>,
    /// The targets' scopes.
    pub targets: BTreeMap<TargetId, ScopeRecord>,
}

impl ScopeRecord {
    /// What is in use in the current windows (in the order of [`Period::ALL`]).
    pub fn usage(&self, windows: &[Window; 4]) -> Usage {
        Usage {
            caps: self.caps,
            live: u32::try_from(self.live.len()).unwrap_or(u32::MAX),
            counted: windows.map(|window| self.counted.get(&window).copied().unwrap_or(0)),
        }
    }
}

impl CapacityRecord {
    /// What is in use of the buyer itself.
    pub fn buyer_usage(&self, windows: &[Window; 4]) -> BuyerUsage {
        BuyerUsage { own: self.buyer.usage(windows), available: self.available }
    }
}

/// Where a buyer's capacity stands.
pub fn key(account: AccountId, buyer: BuyerId) -> Key {
    Key::new(format!("{account}#B#{buyer}"), "CAPACITY")
}

/// The path of a scope: the buyer's own, or a target's.
pub fn scope(target: Option<TargetId>) -> Vec<String> {
    match target {
        None => vec![names::BUYER.to_owned()],
        Some(target) => vec![names::TARGETS.to_owned(), target.to_string()],
    }
}

/// A path within a scope.
pub fn within(scope: &[String], rest: &[&str]) -> Path {
    Path(scope.iter().cloned().chain(rest.iter().map(|name| (*name).to_owned())).collect())
}

/// The capacity of a buyer that is new.
pub fn encode_new(caps: &Caps, budget: Option<Money>) -> Item {
    Attributes::new()
        .with(names::BUDGETED, budget.is_some())
        .with(names::AVAILABLE, budget.unwrap_or_default().as_decimal())
        .with(names::BUYER, new_scope(caps).with(names::UNDECIDED, Value::empty_map()))
        .with(names::TARGETS, Value::empty_map())
        .into_map()
}

/// A scope in which nothing is in use.
pub fn encode_new_scope(caps: &Caps) -> Value {
    new_scope(caps).into()
}

fn new_scope(caps: &Caps) -> Attributes {
    Attributes::new()
        .with(names::CAPS, encode_caps(caps))
        .with(names::LIVE, Value::empty_map())
        .with(names::COUNTED, Value::empty_map())
}

/// The limits of a scope.
pub fn encode_caps(caps: &Caps) -> Value {
    let with_concurrency = Attributes::new().with_some(names::CONCURRENCY, caps.concurrency);
    Period::ALL
        .into_iter()
        .fold(with_concurrency, |map, period| map.with_some(cap_name(period), period.limit(caps)))
        .into()
}

/// The attribute of a period's limit.
pub const fn cap_name(period: Period) -> &'static str {
    match period {
        Period::Hour => "hourly",
        Period::Day => "daily",
        Period::Month => "monthly",
        Period::Total => "total",
    }
}

/// A lease.
pub fn encode_lease(lease: &Lease) -> Value {
    Attributes::new().with_text("target", lease.target).with_text("expires_at", lease.expires_at).into()
}

/// Reads a buyer's capacity.
pub fn decode(item: &Item) -> Result<CapacityRecord, StoreError> {
    let reader = Reader(item);
    let buyer = reader.map(names::BUYER)?;
    let budgeted = reader.flag(names::BUDGETED)?;
    let mut targets = BTreeMap::new();
    for id in reader.map(names::TARGETS)?.0.keys() {
        let target = id.parse().map_err(|_| damaged(id, "a target's id"))?;
        targets.insert(target, decode_scope(reader.map(names::TARGETS)?.map(id)?)?);
    }
    Ok(CapacityRecord {
        available: if budgeted { Some(reader.money(names::AVAILABLE)?) } else { None },
        buyer: decode_scope(buyer)?,
        leases: decode_leases(buyer.map(names::LIVE)?)?,
        undecided: decode_legs(buyer.map(names::UNDECIDED)?)?,
        targets,
    })
}

fn decode_scope(reader: Reader<'_>) -> Result<ScopeRecord, StoreError> {
    let caps = reader.map(names::CAPS)?;
    let limit = |period| caps.optional_number(cap_name(period));
    let counted = reader.map(names::COUNTED)?;
    Ok(ScopeRecord {
        caps: Caps {
            concurrency: caps.optional_number(names::CONCURRENCY)?,
            hourly: limit(Period::Hour)?,
            daily: limit(Period::Day)?,
            monthly: limit(Period::Month)?,
            total: limit(Period::Total)?,
        },
        live: decode_legs(reader.map(names::LIVE)?)?,
        counted: counted
            .0
            .keys()
            .map(|name| Ok((name.parse().map_err(|_| damaged(name, "a window"))?, count(counted, name)?)))
            .collect::<Result<_, StoreError>>()?,
    })
}

fn decode_legs(reader: Reader<'_>) -> Result<Vec<LegId>, StoreError> {
    reader.0.keys().map(|leg| leg.parse().map_err(|_| damaged(leg, "a leg's id"))).collect()
}

/// A count below zero would be a fault of the protocol; it must not stop calls, so it reads as zero.
fn count(counted: Reader<'_>, name: &str) -> Result<u32, StoreError> {
    Ok(u32::try_from(counted.number::<i64>(name)?.max(0)).unwrap_or(u32::MAX))
}

fn decode_leases(reader: Reader<'_>) -> Result<BTreeMap<LegId, Lease>, StoreError> {
    let mut leases = BTreeMap::new();
    for name in reader.0.keys() {
        let lease = reader.map(name)?;
        let leg = name.parse().map_err(|_| damaged(name, "a leg's id"))?;
        leases.insert(leg, Lease { target: lease.parsed("target")?, expires_at: lease.time("expires_at")? });
    }
    Ok(leases)
}
