//! A target is saved: its limits go into its buyer's CAPACITY, its document into the plans.

use std::collections::BTreeSet;

use ringfall_domain::{
    config::{Buyer, Target},
    ids::{BuyerId, TargetId},
    problem::Problem,
};

use super::{Change, Conflict, Consequences, Save, SaveError, Scene, plans::rewrite};
use crate::{
    port::{Condition, Operand, StoreError, Update, Write},
    records::capacity::{self, CapacityRecord, encode_caps, encode_new_scope, names, scope, within},
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
    if let Err(problem) = scene.live::<Buyer>("buyer_id", target.buyer_id).await? {
        return Err(SaveError::Invalid(vec![problem]));
    }
    let record = read_capacity(scene, target.buyer_id).await?;
    if record.targets.len() >= MOST_TARGETS_OF_A_BUYER {
        return Err(Conflict::TooManyTargets { most: MOST_TARGETS_OF_A_BUYER }.into());
    }
    let place = Update::Set(within(&scope(Some(id)), &[]), encode_new_scope(&target.caps));
    let most = u32::try_from(MOST_TARGETS_OF_A_BUYER).unwrap_or(u32::MAX);
    let has_room = Condition::Below(Operand::Size(names::TARGETS.into()), most.into());
    Ok(Consequences {
        writes: vec![update(scene, target, place, Some(has_room))],
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
    let rewritten = rewrite(scene, &id, |plan| {
        plan.targets.insert(id, after.clone());
    })
    .await?;
    let caps = Update::Set(within(&scope(Some(id)), &[names::CAPS]), encode_caps(&after.caps));
    let writes = rewritten.writes.into_iter().chain([update(scene, after, caps, None)]).collect();
    Ok(Consequences { writes, names: names_of(after), plans: rewritten.plans })
}

/// The target's counts go with it, unless a call is under way: that one must find what it gives back to.
async fn archive(scene: &Scene<'_>, id: TargetId, target: &Target) -> Result<Consequences, SaveError> {
    let record = read_capacity(scene, target.buyer_id).await?;
    // A leg that is undecided may be this target's, and gives its counts back later.
    let is_idle =
        record.undecided.is_empty() && record.targets.get(&id).is_some_and(|scope| scope.live.is_empty());
    let removal = is_idle.then(|| {
        let scope = scope(Some(id));
        let undecided = within(&capacity::scope(None), &[names::UNDECIDED]);
        let still_idle = [within(&scope, &[names::LIVE]), undecided]
            .map(|legs| Condition::Equal(Operand::Size(legs), 0_u32.into()));
        let still_idle = Condition::All(still_idle.to_vec());
        update(scene, target, Update::Remove(within(&scope, &[])), Some(still_idle))
    });
    Ok(Consequences::of(removal.into_iter().collect()))
}

fn names_of(target: &Target) -> BTreeSet<String> {
    BTreeSet::from([target.buyer_id.to_string()])
}

async fn read_capacity(scene: &Scene<'_>, buyer: BuyerId) -> Result<CapacityRecord, StoreError> {
    let item = scene.table.get(&capacity::key(scene.account, buyer)).await?;
    let item = item.ok_or_else(|| StoreError::Damaged(format!("{buyer} has no capacity")))?;
    capacity::decode(&item)
}

fn update(scene: &Scene<'_>, target: &Target, update: Update, condition: Option<Condition>) -> Write {
    Write::Update { key: capacity::key(scene.account, target.buyer_id), updates: vec![update], condition }
}
