//! A campaign is saved: with the targets and buyers that it names it becomes a plan.

use std::collections::{BTreeMap, BTreeSet};

use ringfall_domain::{
    config::{Buyer, Campaign, Target},
    ids::{BuyerId, CampaignId, TargetId},
    problem::Problem,
};

use super::{Change, Consequences, Save, SaveError, Scene, plans::replace};
use crate::{
    port::StoreError,
    records::plan::{self, PlanRecord},
};

impl Save for Campaign {
    async fn consequences(
        scene: &Scene<'_>,
        id: CampaignId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        let campaign = match change {
            Change::Create(campaign) | Change::Replace { after: campaign, .. } => campaign,
            // Calls under way go on by the plan: it stays.
            Change::Archive(_) => return Ok(Consequences::default()),
        };
        let targets = targets(scene, campaign).await?;
        let record = PlanRecord {
            account: scene.account,
            id,
            version: version(scene, id).await?,
            campaign: campaign.clone(),
            buyers: buyers(scene, &targets).await?,
            targets,
        };
        let targets = record.targets.keys().map(ToString::to_string);
        let names = targets.chain(record.buyers.keys().map(ToString::to_string)).collect();
        Ok(Consequences { writes: vec![replace(record)?], names, plans: vec![id] })
    }
}

/// The plan's version; 0 where there is none.
async fn version(scene: &Scene<'_>, id: CampaignId) -> Result<u64, StoreError> {
    let item = scene.table.get(&plan::key(scene.account, id)).await?;
    item.map_or(Ok(0), |item| plan::decode(&item).map(|record| record.version))
}

async fn targets(scene: &Scene<'_>, campaign: &Campaign) -> Result<BTreeMap<TargetId, Target>, SaveError> {
    let places: Vec<(String, TargetId)> = places(campaign).collect();
    let ids: BTreeSet<TargetId> = places.iter().map(|(_, id)| *id).collect();
    let mut found = scene.many::<Target>(&ids).await?;
    let (mut targets, mut problems) = (BTreeMap::new(), Vec::new());
    for (path, id) in places {
        match found.remove(&id).map(|named| named.live(&path, id)) {
            Some(Ok(target)) => drop(targets.insert(id, target)),
            Some(Err(problem)) => problems.push(problem),
            // The same target at another place of the routing.
            None => {}
        }
    }
    if problems.is_empty() { Ok(targets) } else { Err(SaveError::Invalid(problems)) }
}

/// Where the routing names which target.
fn places(campaign: &Campaign) -> impl Iterator<Item = (String, TargetId)> {
    campaign.routing.tiers.iter().enumerate().flat_map(|(tier, plan)| {
        plan.targets.iter().enumerate().map(move |(index, target)| {
            (format!("routing.tiers[{tier}].targets[{index}].target_id"), target.target_id)
        })
    })
}

/// The buyers of live targets are live themselves: none is archived before its targets.
async fn buyers(
    scene: &Scene<'_>,
    targets: &BTreeMap<TargetId, Target>,
) -> Result<BTreeMap<BuyerId, Buyer>, SaveError> {
    let ids: BTreeSet<BuyerId> = targets.values().map(|target| target.buyer_id).collect();
    let mut buyers = BTreeMap::new();
    for (id, named) in scene.many::<Buyer>(&ids).await? {
        let buyer =
            named.live("routing", id).map_err(|problem: Problem| SaveError::Invalid(vec![problem]))?;
        buyers.insert(id, buyer);
    }
    Ok(buyers)
}
