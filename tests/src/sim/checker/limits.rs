//! The limits that the agencies have set, as far back as anybody may still go by them.

use std::collections::BTreeMap;

use ringfall_domain::{
    config::{self as configured, Buyer, Campaign, Group, Target},
    ids::{BuyerId, CampaignId, TargetId},
    money::Money,
    schedule::Schedule,
    text::Name,
};
use ringfall_store::{
    port::{Item, Key, StoreError},
    records::resource,
};
use tokio::time::Instant;

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope<'a> {
    Buyer(BuyerId),
    Group(BuyerId, &'a Name),
    Target(TargetId),
}

/// Every limit that was ever in force, with the instant from which.
#[derive(Debug, Default)]
pub(super) struct Limits {
    buyers: BTreeMap<BuyerId, Vec<(Instant, Buyer)>>,
    targets: BTreeMap<TargetId, Vec<(Instant, Target)>>,
    campaigns: BTreeMap<CampaignId, Vec<(Instant, Campaign)>>,
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
        if let (true, Ok(id)) = (key.partition.ends_with("#R#campaign"), key.sort.parse()) {
            let document = resource::decode(item)?.document;
            self.campaigns.entry(id).or_default().push((Instant::now(), document));
        }
        Ok(())
    }

    /// The most generous value of a limit that was in force since an instant; none is no limit.
    pub(super) fn most_generous<L: Ord>(
        &self,
        scope: Scope<'_>,
        since: Instant,
        limit: impl Fn(&configured::Limits) -> Option<L>,
    ) -> Option<L> {
        match scope {
            Scope::Buyer(id) | Scope::Group(id, _) => {
                greatest(in_force(self.buyers.get(&id), since).map(|buyer| limit(&of_buyer(scope, buyer))))
            }
            Scope::Target(id) => {
                greatest(in_force(self.targets.get(&id), since).map(|target| limit(&target.limits())))
            }
        }
    }

    /// Whether something was ever so of the limits of a scope.
    pub(super) fn was_ever(&self, scope: Scope<'_>, is_so: impl Fn(&configured::Limits) -> bool) -> bool {
        match scope {
            Scope::Buyer(id) | Scope::Group(id, _) => {
                let history = self.buyers.get(&id).into_iter().flatten();
                history.map(|(_, buyer)| of_buyer(scope, buyer)).any(|limits| is_so(&limits))
            }
            Scope::Target(id) => {
                let history = self.targets.get(&id).into_iter().flatten();
                history.map(|(_, target)| target.limits()).any(|limits| is_so(&limits))
            }
        }
    }

    /// The greatest budget that was in force since an instant; none is no limit.
    pub(super) fn budget(&self, id: BuyerId, since: Instant) -> Option<Money> {
        greatest(in_force(self.buyers.get(&id), since).map(|buyer| buyer.budget))
    }

    /// Every price of a target that was in force since an instant.
    pub(super) fn prices(&self, id: TargetId, since: Instant) -> impl Iterator<Item = Money> {
        in_force(self.targets.get(&id), since).map(|target| target.price)
    }

    /// The hours of a campaign that were in force since an instant; none is any time.
    pub(super) fn hours_of_campaign(
        &self,
        id: CampaignId,
        since: Instant,
    ) -> impl Iterator<Item = Option<&Schedule>> {
        in_force(self.campaigns.get(&id), since).map(|campaign| campaign.hours.as_ref())
    }

    /// Those of a buyer.
    pub(super) fn hours_of_buyer(
        &self,
        id: BuyerId,
        since: Instant,
    ) -> impl Iterator<Item = Option<&Schedule>> {
        in_force(self.buyers.get(&id), since).map(|buyer| buyer.hours.as_ref())
    }

    /// Those of a target.
    pub(super) fn hours_of_target(
        &self,
        id: TargetId,
        since: Instant,
    ) -> impl Iterator<Item = Option<&Schedule>> {
        in_force(self.targets.get(&id), since).map(|target| target.hours.as_ref())
    }

    /// The budget that is in force.
    pub(super) fn budget_now(&self, id: BuyerId) -> Option<Money> {
        self.buyers.get(&id)?.last()?.1.budget
    }
}

/// The limits of a buyer, or of one of its groups.
fn of_buyer(scope: Scope<'_>, buyer: &Buyer) -> configured::Limits {
    match scope {
        Scope::Group(_, name) => {
            let group = buyer.groups.iter().find(|group| group.name == *name);
            group.map_or_else(configured::Limits::default, Group::limits)
        }
        Scope::Buyer(_) | Scope::Target(_) => buyer.limits(),
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
