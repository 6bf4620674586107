//! The plans that a change of a target or buyer reaches, and how much one save can write.

use std::fmt;

use ringfall_domain::ids::CampaignId;

use super::{Conflict, SaveError, Scene};
use crate::{
    engines::interpreter::{ITEM_BYTES, item_bytes, validate::REQUEST_ITEMS},
    port::{Condition, Operand, StoreError, Write},
    records::{
        plan::{self, PlanRecord},
        resource::Kind,
    },
};

/// Besides plans, a save writes the resource, what it names, its buyer's capacity and the account's count.
const MOST_PLANS: usize = REQUEST_ITEMS - 4;
/// The most bytes of one transaction, with room for what is not counted exactly: DynamoDB takes 4 MB.
const MOST_BYTES: usize = 3_900_000;

/// The plans that changed, and their writes.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    pub(super) writes: Vec<Write>,
    pub(super) plans: Vec<CampaignId>,
}

/// Changes every plan that holds the document of an id.
pub(super) async fn rewrite(
    scene: &Scene<'_>,
    id: &impl fmt::Display,
    change: impl Fn(&mut PlanRecord) + Send + Sync,
) -> Result<Rewritten, SaveError> {
    let names = scene.namers(Kind::Campaign, &id.to_string()).await?;
    if names.len() > MOST_PLANS {
        return Err(Conflict::TooManyPlans { campaigns: names.len(), most: MOST_PLANS }.into());
    }
    let campaigns: Vec<CampaignId> = names
        .iter()
        .map(|name| {
            name.parse().map_err(|_| StoreError::Damaged(format!("{name}: expected a campaign's id")))
        })
        .collect::<Result<_, _>>()?;
    let keys = campaigns.iter().map(|campaign| plan::key(scene.account, *campaign)).collect();
    let mut writes = Vec::with_capacity(campaigns.len());
    for (item, campaign) in scene.items(keys).await?.iter().zip(&campaigns) {
        let item = item.as_ref().ok_or_else(|| StoreError::Damaged(format!("{campaign} has no plan")))?;
        let mut record = plan::decode(item)?;
        change(&mut record);
        writes.push(replace(record)?);
    }
    Ok(Rewritten { writes, plans: campaigns })
}

/// Puts the next version of a plan in the place of the one that was read: version 0 is one that was never written.
pub(super) fn replace(mut record: PlanRecord) -> Result<Write, SaveError> {
    let condition = match record.version {
        0 => Condition::Absent(plan::VERSION.into()),
        read => Condition::Equal(Operand::Path(plan::VERSION.into()), read.into()),
    };
    record.version += 1;
    let (key, item) = (plan::key(record.account, record.id), plan::encode(&record));
    let bytes = item_bytes(&key, &item);
    if bytes > ITEM_BYTES {
        return Err(Conflict::PlanTooLarge { campaign: record.id, bytes, most: ITEM_BYTES }.into());
    }
    Ok(Write::Put { key, item, condition: Some(condition) })
}

/// Whether one transaction takes these writes.
pub(super) fn check_size(writes: &[Write]) -> Result<(), SaveError> {
    let bytes_of = |write: &Write| match write {
        Write::Put { key, item, .. } => item_bytes(key, item),
        Write::Update { .. } | Write::Delete { .. } | Write::Check { .. } => 0,
    };
    let bytes: usize = writes.iter().map(bytes_of).sum();
    if bytes > MOST_BYTES { Err(Conflict::PlansTooLarge.into()) } else { Ok(()) }
}
