//! What a save sees of the account's other resources. All of it still stands when the save is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use ringfall_domain::{ids::AccountId, problem::Problem};

use super::{Conflict, SaveError};
use crate::{
    port::{Direction, Key, Range, SharedItem, StoreError, Table, Write},
    protocols::resources::find,
    records::{
        reference, resource,
        resource::{Configured, Kind, Resource},
        saves::{self, Seen, Side},
    },
};

/// An account's configuration, as one save sees it.
pub struct Scene<'a> {
    /// Where it is kept.
    pub table: &'a dyn Table,
    /// Whose it is.
    pub account: AccountId,
    seen: Seen,
}

/// A resource that another names.
pub(super) enum Named<D> {
    Live(Resource<D>),
    Archived,
    Absent,
}

impl<'a> Scene<'a> {
    /// Looks at the counts of saves before anything else is read.
    pub(super) async fn enter(table: &'a dyn Table, account: AccountId) -> Result<Self, StoreError> {
        let item = table.get(&saves::key(account)).await?;
        Ok(Self { table, account, seen: saves::decode(item.as_deref())? })
    }

    /// Refuses the whole save where one of the other side came between.
    pub(super) fn count_up(&self, side: Side) -> Write {
        saves::count_up(self.account, side, self.seen)
    }

    /// A document that is named at `path`, and must be there.
    pub(super) async fn live<D: Configured>(
        &self,
        path: &str,
        id: D::Id,
    ) -> Result<Result<D, Problem>, StoreError> {
        let found = find::<D>(self.table, self.account, id).await?;
        Ok(Named::from(found).live(path, id))
    }

    /// The resources of these ids.
    pub(super) async fn many<D: Configured>(
        &self,
        ids: &BTreeSet<D::Id>,
    ) -> Result<BTreeMap<D::Id, Named<D>>, StoreError> {
        let ids: Vec<D::Id> = ids.iter().copied().collect();
        let keys = ids.iter().map(|id| resource::key(self.account, D::KIND, id)).collect();
        let mut found = BTreeMap::new();
        for (id, item) in ids.into_iter().zip(self.items(keys).await?) {
            found.insert(id, Named::from(item.as_deref().map(resource::decode).transpose()?));
        }
        Ok(found)
    }

    /// The items at any number of different keys, in their order.
    pub(super) async fn items(&self, keys: Vec<Key>) -> Result<Vec<Option<SharedItem>>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(100) {
            items.extend(self.table.get_many(chunk).await?);
        }
        Ok(items)
    }

    /// The ids of all live resources of a kind that name an id.
    pub(super) async fn namers(&self, kind: Kind, id: &str) -> Result<Vec<String>, StoreError> {
        let partition = reference::partition(self.account, kind);
        let (mut namers, mut from) = (Vec::new(), None);
        loop {
            let range = Range { from, to: None };
            let page = self.table.query(&partition, &range, Direction::Ascending, 1_000).await?;
            for (key, item) in &page.items {
                if reference::names(item, id)? {
                    namers.push(key.sort.clone());
                }
            }
            match page.items.last().filter(|_| page.more) {
                // The least text behind the last one.
                Some((key, _)) => from = Some(format!("{}\0", key.sort)),
                None => return Ok(namers),
            }
        }
    }

    /// What others name cannot be archived.
    pub(super) async fn refuse_while_named(
        &self,
        kind: Kind,
        id: &impl fmt::Display,
    ) -> Result<(), SaveError> {
        let Some(kind) = kind.named_by() else { return Ok(()) };
        let ids = self.namers(kind, &id.to_string()).await?;
        if ids.is_empty() { Ok(()) } else { Err(Conflict::InUse { kind, ids }.into()) }
    }
}

impl<D> From<Option<Resource<D>>> for Named<D> {
    fn from(found: Option<Resource<D>>) -> Self {
        match found {
            None => Self::Absent,
            Some(resource) if resource.archived_at.is_some() => Self::Archived,
            Some(resource) => Self::Live(resource),
        }
    }
}

impl<D: Configured> Named<D> {
    /// The document, or what is wrong with naming it at `path`.
    pub(super) fn live(self, path: &str, id: D::Id) -> Result<D, Problem> {
        let kind = D::KIND;
        match self {
            Self::Live(resource) => Ok(resource.document),
            Self::Archived => Err(Problem::new(path, format!("the {kind} {id} is archived"))),
            Self::Absent => Err(Problem::new(path, format!("there is no {kind} {id}"))),
        }
    }
}
