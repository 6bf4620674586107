//! A buyer is saved: its limits and those of its groups go into its CAPACITY, its document into the plans.

mod budget;
mod groups;

use ringfall_domain::{config::Buyer, ids::BuyerId};

use super::{
    Change, Consequences, Save, SaveError, Scene,
    capacity::{change, is_as_read, read},
    plans::rewrite,
};
use crate::{
    port::{Condition, Update, Write},
    records::capacity::{self, Place, encode_limits, names},
};

impl Save for Buyer {
    async fn consequences(
        scene: &Scene<'_>,
        id: BuyerId,
        change: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        match change {
            Change::Create(buyer) => Ok(Consequences::of(vec![Write::Put {
                key: capacity::key(scene.account, id),
                item: capacity::encode_new(buyer),
                condition: None,
            }])),
            Change::Replace { before, after } => {
                let limits = limits(scene, id, before, after).await?;
                let rewritten = rewrite(scene, &id, |plan| {
                    plan.buyers.insert(id, after.clone());
                })
                .await?;
                let writes = rewritten.writes.into_iter().chain([limits]).collect();
                Ok(Consequences { writes, plans: rewritten.plans, ..Consequences::default() })
            }
            // Calls under way still give their capacity back: the record stays.
            Change::Archive(_) => Ok(Consequences::default()),
        }
    }
}

/// Changes of CAPACITY, and what must hold for them.
#[derive(Default)]
struct Changes {
    updates: Vec<Update>,
    conditions: Vec<Condition>,
}

async fn limits(scene: &Scene<'_>, id: BuyerId, before: &Buyer, after: &Buyer) -> Result<Write, SaveError> {
    let record = read(scene, id).await?;
    groups::refuse_while_named(scene, id, before, after).await?;
    let mut changes = Changes::default();
    let own = Place::Buyer.path([names::LIMITS]);
    changes.updates.push(Update::Set(own, encode_limits(&after.limits())));
    budget::change(scene, id, &record, before.budget, after.budget, &mut changes).await?;
    groups::change(&record, &after.groups, &mut changes);
    if !before.groups.is_empty() || !after.groups.is_empty() || !record.groups.is_empty() {
        changes.conditions.push(is_as_read(&record));
    }
    Ok(change(scene, id, changes.updates, changes.conditions))
}
