//! Configuration is saved: a document, and in the same transaction everything that follows from it: the compiled plans
//! that it is part of, the limits in CAPACITY, the pointers that webhooks find it by.
//!
//! All saves of one account are in line. Each counts up [`saves`](records::saves) from what it saw before it read
//! anything else; one that was overtaken reads again. So a save may trust all that it read: that the target which a
//! campaign names is still there, that nobody names what is archived, that a plan holds the latest of every document.

mod buyer;
mod campaign;
mod error;
mod number;
mod plans;
mod scene;
mod target;
#[cfg(test)]
mod tests;
mod wish;

use std::collections::BTreeSet;

use jiff::Timestamp;
use ringfall_domain::{
    config::Publisher,
    ids::{AccountId, CampaignId, PublisherId},
};

pub use self::{
    error::{Conflict, SaveError},
    scene::Scene,
    target::MOST_TARGETS_OF_A_BUYER,
    wish::{Expected, Wish},
};
use self::{plans::check_size, wish::Outcome};
use crate::{
    port::{Table, Write, WriteError},
    records::{
        self,
        resource::{Configured, Resource},
    },
};

/// A kind of document that can be saved.
pub trait Save: Configured {
    /// What else is to be written along with a change.
    ///
    /// # Errors
    /// The change cannot be made.
    fn consequences(
        scene: &Scene<'_>,
        id: Self::Id,
        change: Change<'_, Self>,
    ) -> impl Future<Output = Result<Consequences, SaveError>> + Send;
}

/// A change of one document.
#[derive(Debug)]
pub enum Change<'a, D> {
    /// It is new.
    Create(&'a D),
    /// Another takes its place.
    Replace {
        /// As it was.
        before: &'a D,
        /// As it will be.
        after: &'a D,
    },
    /// It takes no part in anything any more.
    Archive(&'a D),
}

/// What follows from a change.
#[derive(Debug, Default)]
pub struct Consequences {
    /// Further writes.
    pub writes: Vec<Write>,
    /// The ids of the resources that the document names now.
    pub names: BTreeSet<String>,
    /// The campaigns whose plans change.
    pub plans: Vec<CampaignId>,
}

impl Consequences {
    /// Nothing but some writes.
    pub fn of(writes: Vec<Write>) -> Self {
        Self { writes, ..Self::default() }
    }
}

/// A change that was made.
#[derive(Debug, Clone)]
pub struct Saved<D> {
    /// The resource as it now stands.
    pub resource: Resource<D>,
    /// The campaigns whose plans have changed.
    pub plans: Vec<CampaignId>,
}

/// A save that is overtaken reads again this often at most.
const MOST_TRIES: usize = 32;

/// Makes a change. Creating what exists already changes nothing: the first try of the same request has made it.
pub async fn save<D: Save>(
    table: &dyn Table,
    account: AccountId,
    id: D::Id,
    wish: &Wish<D>,
    now: Timestamp,
) -> Result<Saved<D>, SaveError> {
    for _ in 0..MOST_TRIES {
        let scene = Scene::enter(table, account).await?;
        let before = super::resources::find::<D>(table, account, id).await?;
        let after = match wish.applied_to(before.as_ref(), now)? {
            Outcome::Unchanged(resource) => return Ok(Saved { resource, plans: Vec::new() }),
            Outcome::Changed(after) => after,
        };
        let change = change(before.as_ref(), &after);
        if matches!(change, Change::Archive(_)) {
            scene.refuse_while_named(D::KIND, &id).await?;
        }
        let Consequences { mut writes, names, plans } = D::consequences(&scene, id, change).await?;
        let names = if after.archived_at.is_some() { BTreeSet::new() } else { names };
        writes.extend(scene.own_writes(id, &after, &names));
        check_size(&writes)?;
        match table.write(writes).await {
            Ok(_) => return Ok(Saved { resource: after, plans }),
            Err(WriteError::Refused(_)) => {}
            Err(WriteError::Store(error)) => return Err(error.into()),
        }
    }
    Err(SaveError::Conflict(Conflict::Overtaken))
}

fn change<'a, D>(before: Option<&'a Resource<D>>, after: &'a Resource<D>) -> Change<'a, D> {
    match before {
        _ if after.archived_at.is_some() => Change::Archive(&after.document),
        None => Change::Create(&after.document),
        Some(before) => Change::Replace { before: &before.document, after: &after.document },
    }
}

impl Save for Publisher {
    async fn consequences(
        _: &Scene<'_>,
        _: PublisherId,
        _: Change<'_, Self>,
    ) -> Result<Consequences, SaveError> {
        Ok(Consequences::default())
    }
}

impl Scene<'_> {
    /// The resource itself, what it names, and the account's count of saves.
    fn own_writes<D: Configured>(
        &self,
        id: D::Id,
        resource: &Resource<D>,
        names: &BTreeSet<String>,
    ) -> Vec<Write> {
        let put = Write::Put {
            key: records::resource::key(self.account, D::KIND, &id),
            item: records::resource::encode(resource),
            condition: None,
        };
        let key = records::reference::key(self.account, D::KIND, &id);
        let references = match (D::KIND.names_others(), names.is_empty()) {
            (false, _) => None,
            (true, true) => Some(Write::Delete { key, condition: None }),
            (true, false) => {
                Some(Write::Put { key, item: records::reference::encode(names), condition: None })
            }
        };
        [put, self.count_up()].into_iter().chain(references).collect()
    }
}
