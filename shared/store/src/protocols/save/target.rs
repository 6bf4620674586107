//! A target is saved: its limits go into its buyer's CAPACITY, its document into the plans.

use std::collections::BTreeSet;

use ringfall_domain::{
    config::{Buyer, Target},
    ids::TargetId,
    problem::Problem,
};

use super::{
    Change, Conflict, Consequences, Save, SaveError, Scene,
    capacity::{change, find, is_as_read, is_idle, read},
    plans::rewrite,
};
use crate::{
    port::{Condition, Operand, StoreError, Update},
    records::capacity::{CapacityRecord, Place, encode_limits, encode_new_scope, names},
};

/// All targets of a buyer share one capacity item, which has its limits.
pub const MOST_TARGETS_OF_A_BUYER: usize = 300;

impl Save for Target {
    async fn consequences(
        scene: &Scene<'_>,
        id: TargetId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        match change {
            Change::Create(target) => create(scene, id, target).await,
            Change::Replace { before, after } => replace(scene, id, before, after).await,
            Change::Archive(target) => archive(scene, id, target).await,
        }
    }
}

async fn create(scene: &Scene<'_>, id: TargetId, target: &Target) -> Result<Consequences, SaveError> {
    let (record, mut conditions) = has_its_group(scene, target).await?;
    if record.targets.len() >= MOST_TARGETS_OF_A_BUYER {
        return Err(Conflict::TooManyTargets { most: MOST_TARGETS_OF_A_BUYER }.into());
    }
    let scope = Update::Set(Place::Target(id).path([]), encode_new_scope(&target.limits()));
    let most = u32::try_from(MOST_TARGETS_OF_A_BUYER).unwrap_or(u32::MAX);
    conditions.push(Condition::Below(Operand::Size(names::TARGETS.into()), most.into()));
    Ok(Consequences {
        writes: vec![change(scene, target.buyer_id, [scope], conditions)],
        names: names_of(target),
        plans: Vec::new(),
    })
}

async fn replace(
    scene: &Scene<'_>,
    id: TargetId,
    before: &Target,
    after: &Target,
) -> Result<Consequences, SaveError> {
    if after.buyer_id != before.buyer_id {
        let message = format!("a target stays with its buyer, {}: add another target", before.buyer_id);
        return Err(SaveError::Invalid(vec![Problem::new("buyer_id", message)]));
    }
    let (_, conditions) = has_its_group(scene, after).await?;
    let rewritten = rewrite(scene, &id, |plan| {
        plan.targets.insert(id, after.clone());
    })
    .await?;
    let limits = Update::Set(Place::Target(id).path([names::LIMITS]), encode_limits(&after.limits()));
    let limits = change(scene, after.buyer_id, [limits], conditions);
    let writes = rewritten.writes.into_iter().chain([limits]).collect();
    Ok(Consequences { writes, names: names_of(after), plans: rewritten.plans })
}

/// The buyer is there and has the group that the target names.
///
/// # Returns
/// The buyer's capacity, and what must hold of it for that to be so when the target is written. It is read before the buyer: a group
/// that is taken away afterwards counts its revision up.
async fn has_its_group(
    scene: &Scene<'_>,
    target: &Target,
) -> Result<(CapacityRecord, Vec<Condition>), SaveError> {
    let record = find(scene, target.buyer_id).await?;
    let buyer = scene.live::<Buyer>("buyer_id", target.buyer_id).await?;
    let buyer = buyer.map_err(|problem| SaveError::Invalid(vec![problem]))?;
    let missing = || StoreError::Damaged(format!("{} has no capacity", target.buyer_id));
    let record = record.ok_or_else(missing)?;
    let Some(name) = &target.group else { return Ok((record, Vec::new())) };
    if buyer.groups.iter().any(|group| group.name == *name) {
        let unchanged = vec![is_as_read(&record)];
        return Ok((record, unchanged));
    }
    let groups: Vec<String> = buyer.groups.iter().map(|group| format!("`{}`", group.name)).collect();
    let known = if groups.is_empty() { "none".to_owned() } else { groups.join(", ") };
    let message = format!("its buyer has no group `{name}`: give it one; it has {known}");
    Err(SaveError::Invalid(vec![Problem::new("group", message)]))
}

/// The target's counts go with it, unless a call is under way: that one must find what it gives back to.
async fn archive(scene: &Scene<'_>, id: TargetId, target: &Target) -> Result<Consequences, SaveError> {
    let record = read(scene, target.buyer_id).await?;
    // A leg that is undecided may be this target's, and gives its counts back later.
    let seems_idle =
        record.undecided.is_empty() && record.targets.get(&id).is_some_and(|scope| scope.legs() == 0);
    let place = Place::Target(id);
    let removal = seems_idle
        .then(|| change(scene, target.buyer_id, [Update::Remove(place.path([]))], is_idle(place).to_vec()));
    Ok(Consequences::of(removal.into_iter().collect()))
}

fn names_of(target: &Target) -> BTreeSet<String> {
    BTreeSet::from([target.buyer_id.to_string()])
}
