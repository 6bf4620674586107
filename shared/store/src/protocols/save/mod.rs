//! Configuration is saved: a document, and in the same transaction everything that follows from it: the compiled plans
//! that it is part of, the limits in CAPACITY, the pointers that webhooks find it by.
//!
//! Some saves name other resources, others change what is named, and what follows from either depends on the other: a plan
//! holds the documents of the targets that it names. So a save that names is made only if nothing was changed since it
//! began to read, and one that changes only if nothing was named ([`saves`](records::saves)); either reads
//! again. What two saves of the same side both write, they write only over the version that they read.

mod blocked_caller;
mod buyer;
mod campaign;
mod capacity;
mod error;
mod number;
mod plans;
mod scene;
mod target;
#[cfg(test)]
mod tests;
mod wish;

use std::{
    collections::BTreeSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

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
        resource::{Configured, Kind, Resource},
        saves::Side,
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
const MOST_TRIES: u32 = 20;
/// The longest that it waits before.
const MOST_MILLISECONDS_BACK: u64 = 2_048;

/// Of many who are overtaken by the same save, each waits for a time of its own, longer with each try, so that not all read
/// again only to be overtaken once more.
async fn step_back(id: impl fmt::Display, tries: u32) {
    let span =
        1_u64.checked_shl(tries).map_or(MOST_MILLISECONDS_BACK, |span| span.min(MOST_MILLISECONDS_BACK));
    let mut own = DefaultHasher::new();
    (id.to_string(), tries).hash(&mut own);
    tokio::time::sleep(Duration::from_millis(own.finish() % span)).await;
}

/// Makes a change. Creating what exists already changes nothing: the first try of the same request has made it.
pub async fn save<D: Save>(
    table: &dyn Table,
    account: AccountId,
    id: D::Id,
    wish: &Wish<D>,
    now: Timestamp,
) -> Result<Saved<D>, SaveError> {
    for tries in 1..=MOST_TRIES {
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
        let side = change.side(D::KIND);
        let Consequences { mut writes, names, plans } = D::consequences(&scene, id, change).await?;
        let names = if after.archived_at.is_some() { BTreeSet::new() } else { names };
        writes.extend(scene.own_writes(id, before.as_ref(), &after, &names));
        writes.extend(side.map(|side| scene.count_up(side)));
        check_size(&writes)?;
        match table.write(writes).await {
            Ok(_) => return Ok(Saved { resource: after, plans }),
            Err(WriteError::Refused(_)) => step_back(id, tries).await,
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

impl<D> Change<'_, D> {
    /// On which side it stands; none where nothing that it reads or writes concerns another resource.
    const fn side(&self, kind: Kind) -> Option<Side> {
        match (self, kind) {
            (Self::Archive(_), _) => match kind.named_by() {
                Some(_) => Some(Side::Changing),
                None => None,
            },
            (Self::Create(_), Kind::Target | Kind::Campaign | Kind::Number)
            | (Self::Replace { .. }, Kind::Campaign | Kind::Number) => Some(Side::Naming),
            (Self::Replace { .. }, Kind::Target | Kind::Buyer) => Some(Side::Changing),
            (
                Self::Create(_),
                Kind::Connection | Kind::Publisher | Kind::Buyer | Kind::BlockedCaller | Kind::ApiKey,
            )
            | (
                Self::Replace { .. },
                Kind::Connection | Kind::Publisher | Kind::BlockedCaller | Kind::ApiKey,
            ) => None,
        }
    }
}

impl Scene<'_> {
    /// The resource itself, over the version that was read, and what it names.
    fn own_writes<D: Configured>(
        &self,
        id: D::Id,
        before: Option<&Resource<D>>,
        after: &Resource<D>,
        names: &BTreeSet<String>,
    ) -> Vec<Write> {
        let put = Write::Put {
            key: records::resource::key(self.account, D::KIND, &id),
            item: records::resource::encode(after),
            condition: Some(records::resource::is_version(before.map(|before| before.version))),
        };
        let key = records::reference::key(self.account, D::KIND, &id);
        let references = match (D::KIND.names_others(), names.is_empty()) {
            (false, _) => None,
            (true, true) => Some(Write::Delete { key, condition: None }),
            (true, false) => {
                Some(Write::Put { key, item: records::reference::encode(names), condition: None })
            }
        };
        [put].into_iter().chain(references).collect()
    }
}
