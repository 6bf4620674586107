//! All leases of a buyer, wherever they stand.

use std::collections::BTreeMap;

use ringfall_domain::ids::{AccountId, BuyerId, LegId};

use crate::{
    port::{Direction, StoreError, Table},
    records::{
        attributes::damaged,
        capacity::{CapacityRecord, Lease, lease},
    },
};

/// Read at once.
const PAGE: usize = 1_000;

/// The leases of a buyer whose capacity was read as `record`. Those elsewhere are read after it, and only where it counts some.
pub async fn read_leases(
    table: &dyn Table,
    account: AccountId,
    buyer: BuyerId,
    record: &CapacityRecord,
) -> Result<BTreeMap<LegId, Lease>, StoreError> {
    let mut leases = record.leases.clone();
    if record.buyer.elsewhere == 0 {
        return Ok(leases);
    }
    let (partition, mut range) = lease::range(account, buyer);
    loop {
        let page = table.query(&partition, &range, Direction::Ascending, PAGE).await?;
        for (key, item) in &page.items {
            let leg = lease::leg_of(key).ok_or_else(|| damaged(&key.sort, "a leg's id"))?;
            leases.insert(leg, lease::decode(item)?);
        }
        match page.items.last().filter(|_| page.more) {
            Some((key, _)) => range = range.behind(&key.sort, Direction::Ascending),
            None => return Ok(leases),
        }
    }
}

#[cfg(test)]
mod tests;
