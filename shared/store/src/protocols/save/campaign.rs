//! A campaign is saved: with the targets and buyers that it names it becomes a plan.

use std::collections::{BTreeMap, BTreeSet};

use ringfall_domain::{
    config::{Buyer, Campaign, Target},
    ids::{BuyerId, CampaignId, TargetId},
    problem::Problem,
    queue::QueueId,
};

use super::{Change, Consequences, Save, SaveError, Scene, plans::replace};
use crate::{
    port::{StoreError, Write},
    records::{
        plan::{self, PlanRecord},
        queued_campaign::{self, QueuedCampaign},
    },
};

impl Save for Campaign {
    async fn consequences(
        scene: &Scene<'_>,
        id: CampaignId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        let campaign = match change {
            Change::Create(campaign) | Change::Replace { after: campaign, .. } => campaign,
            // Calls under way go on by the plan: it stays. Those who still wait are served when they ask.
            Change::Archive(_) => {
                let key = queued_campaign::key(scene.account, id);
                return Ok(Consequences::of(vec![Write::Delete { key, condition: None }]));
            }
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
        Ok(Consequences { writes: vec![held_for(&record), replace(record)?], names, plans: vec![id] })
    }
}

/// For whom the campaign holds callers, and where, if it does.
fn held_for(record: &PlanRecord) -> Write {
    let key = queued_campaign::key(record.account, record.id);
    match &record.campaign.queue {
        None => Write::Delete { key, condition: None },
        Some(policy) => {
            let queue = QueueId::of(record.id, policy);
            let buyers = record.buyers.keys().copied().collect();
            let queued = QueuedCampaign { campaign: record.id, queue, buyers };
            Write::Put { key, item: queued_campaign::encode(&queued), condition: None }
        }
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
