//! CAPACITY: all limits of one buyer, its own and those of its targets and their groups, in one item, so that a single
//! conditional write checks them together. Every call writes it, so it is kept small: no attribute for a limit that nobody set, and
//! short names for windows.
//!
//! ```text
//! revision                              counted up by each save of a limit, here or below
//! budgeted, available                   the money left; kept even without a budget, so that refunds need no look
//! buyer.limits.{concurrency,hourly,…}   the limits on calls, absent where there is none
//! buyer.limits.money.{hourly,…}         those on money; buyer.limits.minimum_seconds: the one on pace
//! buyer.live.{call#attempt}             the lease of each leg that holds a slot, up to `within` of them (64, where it is absent)
//! buyer.elsewhere                       how many more stand in items of their own; see [`lease`]
//! buyer.undecided.{call#attempt}        the legs that are over and may yet turn out to have converted
//! buyer.counted.{window}                calls counted: qualified and in flight
//! buyer.committed.{window}              their prices
//! buyer.last_reserved_at                the call before, where there is a least time between two
//! groups.{name}.{limits,live,…}         the same of each group of targets
//! targets.{target}.{limits,live,…}      the same of each target
//! ```
//!
//! Calls and money are counted in all four windows of a scope whether it has such a cap or not, so that a cap which is set at noon knows
//! of the morning. A least time between calls knows of none that came before it was set.

pub mod lease;
mod scope;

use std::collections::BTreeMap;

use ringfall_domain::{
    call::Leg,
    capacity::{BuyerUsage, Demand, Full, Scope, Window},
    config::Buyer,
    ids::{AccountId, BuyerId, LegId, TargetId},
    money::Money,
    text::Name,
};

use self::lease::MOST_WITHIN;
use self::scope::{decode_scope, new_scope};
pub use self::{
    lease::{Lease, LeasePlace},
    scope::{ScopeRecord, encode_limits, encode_new_scope},
};
use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, Path, StoreError, Value};

/// Attribute names that protocols write and put conditions on.
pub mod names {
    /// How often limits were saved.
    pub const REVISION: &str = "revision";
    /// Whether there is a budget.
    pub const BUDGETED: &str = "budgeted";
    /// The money left.
    pub const AVAILABLE: &str = "available";
    /// The buyer's own scope.
    pub const BUYER: &str = "buyer";
    /// The scopes of groups of targets.
    pub const GROUPS: &str = "groups";
    /// The targets' scopes.
    pub const TARGETS: &str = "targets";
    /// A scope's limits.
    pub const LIMITS: &str = "limits";
    /// A scope's leases within the item.
    pub const LIVE: &str = "live";
    /// How many more leases a scope has, in items of their own.
    pub const ELSEWHERE: &str = "elsewhere";
    /// How many leases the item itself holds at the most.
    pub const WITHIN: &str = "within";
    /// The legs that are over and of which it is undecided whether they converted. Only of the buyer's scope.
    pub const UNDECIDED: &str = "undecided";
    /// A scope's counts.
    pub const COUNTED: &str = "counted";
    /// The prices of the calls that a scope counts.
    pub const COMMITTED: &str = "committed";
    /// When capacity was last reserved in a scope, in milliseconds of the epoch.
    pub const LAST_RESERVED_AT: &str = "last_reserved_at";
}

/// A buyer's capacity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CapacityRecord {
    /// How often limits were saved; never 0 of one that was read.
    pub revision: u64,
    /// The money left, where there is a budget.
    pub available: Option<Money>,
    /// What `available` is counted down from whether there is a budget or not. Without one it tells nothing but that it moved.
    pub balance: Money,
    /// The buyer's own scope.
    pub buyer: ScopeRecord,
    /// How many leases the item itself holds at the most, where it is not [`MOST_WITHIN`].
    pub within: Option<u32>,
    /// The leases that the item itself holds.
    pub leases: BTreeMap<LegId, Lease>,
    /// The legs that are over and may yet turn out to have converted: their counts and prices are held.
    pub undecided: Vec<LegId>,
    /// The scopes of groups of targets. One that was taken away stays while calls are under way.
    pub groups: BTreeMap<Name, ScopeRecord>,
    /// The targets' scopes.
    pub targets: BTreeMap<TargetId, ScopeRecord>,
}

impl CapacityRecord {
    /// What is in use of the buyer itself.
    pub fn buyer_usage(&self, windows: &[Window; 4]) -> BuyerUsage {
        let groups = self.groups.iter().map(|(name, scope)| (name.clone(), scope.usage(windows)));
        BuyerUsage { own: self.buyer.usage(windows), groups: groups.collect(), available: self.available }
    }

    /// How many leases the item itself holds at the most.
    pub fn most_within(&self) -> u32 {
        self.within.unwrap_or(MOST_WITHIN)
    }

    /// Where the next lease is to stand. Once one stands elsewhere all do until the last of those is gone: so what stands within only grows less,
    /// and can be gone by.
    pub fn next_lease(&self) -> LeasePlace {
        let is_full = u32::try_from(self.buyer.live.len()).is_ok_and(|live| live >= self.most_within());
        if self.buyer.elsewhere > 0 || is_full { LeasePlace::Elsewhere } else { LeasePlace::Within }
    }

    /// The scopes in which a leg counts, the widest first; none if one of them is not there.
    pub fn scopes_of<'a>(&'a self, leg: &'a Leg) -> Option<Vec<(Place<'a>, &'a ScopeRecord)>> {
        let scope = |place| match place {
            Place::Buyer => Some(&self.buyer),
            Place::Group(name) => self.groups.get(name),
            Place::Target(target) => self.targets.get(&target),
        };
        Place::all_of(leg).map(|place| Some((place, scope(place)?))).collect()
    }

    /// The first limit that has no room for a leg, the narrowest scope first.
    pub fn full(&self, leg: &Leg) -> Option<Full> {
        let demand = Demand { price: leg.terms.price, at: leg.reserved_at };
        let of_target = self.targets.get(&leg.target);
        let of_group = leg.group.as_ref().and_then(|name| self.groups.get(name));
        let usage = |scope: &ScopeRecord| scope.usage(&leg.counted_in);
        of_target
            .and_then(|scope| usage(scope).full(Scope::Target, demand))
            .or_else(|| usage(of_group?).full(Scope::Group, demand))
            .or_else(|| self.buyer_usage(&leg.counted_in).full(demand))
    }
}

/// Where a scope stands within the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// The buyer's own.
    Buyer,
    /// A group's.
    Group(&'a Name),
    /// A target's.
    Target(TargetId),
}

impl<'a> Place<'a> {
    /// Every scope in which a leg counts, the widest first.
    pub fn all_of(leg: &'a Leg) -> impl Iterator<Item = Self> {
        let group = leg.group.as_ref().map(Self::Group);
        [Self::Buyer].into_iter().chain(group).chain([Self::Target(leg.target)])
    }

    /// A path within the scope.
    pub fn path<const N: usize>(self, rest: [&str; N]) -> Path {
        let scope = match self {
            Self::Buyer => vec![names::BUYER.to_owned()],
            Self::Group(name) => vec![names::GROUPS.to_owned(), name.to_string()],
            Self::Target(target) => vec![names::TARGETS.to_owned(), target.to_string()],
        };
        Path(scope.into_iter().chain(rest.map(str::to_owned)).collect())
    }
}

/// Where a buyer's capacity stands.
pub fn key(account: AccountId, buyer: BuyerId) -> Key {
    Key::new(format!("{account}#B#{buyer}"), "CAPACITY")
}

/// The capacity of a buyer that is new.
pub fn encode_new(buyer: &Buyer) -> Item {
    let groups = buyer.groups.iter().fold(Attributes::new(), |groups, group| {
        groups.with(group.name.as_str(), encode_new_scope(&group.limits()))
    });
    Attributes::new()
        .with(names::REVISION, 1_u32)
        .with(names::BUDGETED, buyer.budget.is_some())
        .with(names::AVAILABLE, buyer.budget.unwrap_or_default().as_decimal())
        .with(names::BUYER, new_scope(&buyer.limits()).with(names::UNDECIDED, Value::empty_map()))
        .with(names::GROUPS, groups)
        .with(names::TARGETS, Value::empty_map())
        .into_map()
}

/// Reads a buyer's capacity.
pub fn decode(item: &Item) -> Result<CapacityRecord, StoreError> {
    let reader = Reader(item);
    let buyer = reader.map(names::BUYER)?;
    let budgeted = reader.flag(names::BUDGETED)?;
    let balance = reader.money(names::AVAILABLE)?;
    Ok(CapacityRecord {
        revision: reader.number::<i64>(names::REVISION)?.unsigned_abs(),
        available: budgeted.then_some(balance),
        balance,
        buyer: decode_scope(buyer)?,
        within: reader.optional_number(names::WITHIN)?,
        leases: lease::decode_within(buyer.map(names::LIVE)?)?,
        undecided: decode_legs(buyer.map(names::UNDECIDED)?)?,
        groups: decode_scopes(reader.map(names::GROUPS)?, "a group's name")?,
        targets: decode_scopes(reader.map(names::TARGETS)?, "a target's id")?,
    })
}

fn decode_scopes<K: std::str::FromStr + Ord>(
    reader: Reader<'_>,
    expected: &str,
) -> Result<BTreeMap<K, ScopeRecord>, StoreError> {
    let scope = |name: &String| {
        let key = name.parse().map_err(|_| damaged(name, expected))?;
        Ok((key, decode_scope(reader.map(name)?)?))
    };
    reader.0.keys().map(scope).collect()
}

fn decode_legs(reader: Reader<'_>) -> Result<Vec<LegId>, StoreError> {
    reader.0.keys().map(|leg| leg.parse().map_err(|_| damaged(leg, "a leg's id"))).collect()
}
