//! The limits that the agencies have set, as far back as anybody may still go by them.

use std::collections::BTreeMap;

use ringfall_domain::{
    config::{Buyer, Caps, Target},
    ids::{BuyerId, TargetId},
    money::Money,
};
use ringfall_store::{
    port::{Item, Key, StoreError},
    records::resource,
};
use tokio::time::Instant;

/// Every limit that was ever in force, with the instant from which.
#[derive(Debug, Default)]
pub(super) struct Limits {
    buyers: BTreeMap<BuyerId, Vec<(Instant, Buyer)>>,
    targets: BTreeMap<TargetId, Vec<(Instant, Target)>>,
}

impl Limits {
    /// Takes up a saved document.
    pub(super) fn saved(&mut self, key: &Key, item: Option<&Item>) -> Result<(), StoreError> {
        let Some(item) = item else { return Ok(()) };
        if let (true, Ok(id)) = (key.partition.ends_with("#R#buyer"), key.sort.parse()) {
            let document = resource::decode(item)?.document;
            self.buyers.entry(id).or_default().push((Instant::now(), document));
        }
        if let (true, Ok(id)) = (key.partition.ends_with("#R#target"), key.sort.parse()) {
            let document = resource::decode(item)?.document;
            self.targets.entry(id).or_default().push((Instant::now(), document));
        }
        Ok(())
    }

    /// The greatest value of a buyer's cap that was in force since an instant; none is no limit.
    pub(super) fn of_buyer(
        &self,
        id: BuyerId,
        since: Instant,
        cap: impl Fn(&Caps) -> Option<u32>,
    ) -> Option<u32> {
        greatest(in_force(self.buyers.get(&id), since).map(|buyer| cap(&buyer.caps)))
    }

    /// The same of a target's.
    pub(super) fn of_target(
        &self,
        id: TargetId,
        since: Instant,
        cap: impl Fn(&Caps) -> Option<u32>,
    ) -> Option<u32> {
        greatest(in_force(self.targets.get(&id), since).map(|target| cap(&target.caps)))
    }

    /// The greatest budget that was in force since an instant; none is no limit.
    pub(super) fn budget(&self, id: BuyerId, since: Instant) -> Option<Money> {
        greatest(in_force(self.buyers.get(&id), since).map(|buyer| buyer.budget))
    }

    /// The budget that is in force.
    pub(super) fn budget_now(&self, id: BuyerId) -> Option<Money> {
        self.buyers.get(&id)?.last()?.1.budget
    }
}

/// What was in force at an instant, and all that came after it.
fn in_force<D>(history: Option<&Vec<(Instant, D)>>, since: Instant) -> impl Iterator<Item = &D> {
    let history = history.map_or(&[][..], Vec::as_slice);
    let later = history.iter().position(|(from, _)| *from > since).unwrap_or(history.len());
    history[later.saturating_sub(1)..].iter().map(|(_, document)| document)
}

/// The greatest of some limits; none, which is no limit, is greater than any.
fn greatest<L: Ord>(limits: impl Iterator<Item = Option<L>>) -> Option<L> {
    limits.collect::<Option<Vec<L>>>()?.into_iter().max()
}
