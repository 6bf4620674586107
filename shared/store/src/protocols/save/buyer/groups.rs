//! A buyer's groups of targets come, change and go.

use std::collections::BTreeSet;

use ringfall_domain::{
    config::{Buyer, Group, Target},
    ids::{BuyerId, TargetId},
    problem::Problem,
    text::Name,
};

use super::Changes;
use crate::{
    port::{StoreError, Update},
    protocols::save::{SaveError, Scene, capacity::is_idle},
    records::{
        capacity::{CapacityRecord, Place, encode_limits, encode_new_scope, names},
        resource::Kind,
    },
};

/// What groups share is kept for as long as a call is under way that gives something back to it.
pub(super) fn change(record: &CapacityRecord, groups: &[Group], changes: &mut Changes) {
    for group in groups {
        let place = Place::Group(&group.name);
        changes.updates.push(if record.groups.contains_key(&group.name) {
            Update::Set(place.path([names::LIMITS]), encode_limits(&group.limits()))
        } else {
            Update::Set(place.path([]), encode_new_scope(&group.limits()))
        });
    }
    for (name, scope) in &record.groups {
        let is_wanted = groups.iter().any(|group| group.name == *name);
        if !is_wanted && scope.legs() == 0 && record.undecided.is_empty() {
            let place = Place::Group(name);
            changes.updates.push(Update::Remove(place.path([])));
            changes.conditions.extend(is_idle(place));
        }
    }
}

/// A group that targets are in cannot be taken away.
pub(super) async fn refuse_while_named(
    scene: &Scene<'_>,
    buyer: BuyerId,
    before: &Buyer,
    after: &Buyer,
) -> Result<(), SaveError> {
    let names =
        |buyer: &Buyer| buyer.groups.iter().map(|group| group.name.clone()).collect::<BTreeSet<Name>>();
    let gone = &names(before) - &names(after);
    if gone.is_empty() {
        return Ok(());
    }
    let namers = scene.namers(Kind::Target, &buyer.to_string()).await?;
    let ids = namers
        .iter()
        .map(|id| id.parse().map_err(|_| StoreError::Damaged(format!("{id}: expected a target's id"))));
    let ids: BTreeSet<TargetId> = ids.collect::<Result<_, _>>()?;
    let mut problems = Vec::new();
    for (id, target) in scene.many::<Target>(&ids).await? {
        let Ok(target) = target.live("groups", id) else { continue };
        if let Some(name) = target.group.filter(|name| gone.contains(name)) {
            let message = format!("the target {id} is in `{name}`: take it out of the group first");
            problems.push(Problem::new("groups", message));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(SaveError::Invalid(problems)) }
}
