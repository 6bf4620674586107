//! Saved documents are found and listed.

use ringfall_domain::ids::AccountId;

use crate::{
    port::{Direction, Range, StoreError, Table},
    records::resource::{self, Configured, Resource, damaged_id},
};

/// A resource; none if there is none of that id in the account.
pub async fn find<D: Configured>(
    table: &dyn Table,
    account: AccountId,
    id: D::Id,
) -> Result<Option<Resource<D>>, StoreError> {
    let item = table.get(&resource::key(account, D::KIND, &id)).await?;
    item.as_deref().map(resource::decode).transpose()
}

/// Some of an account's resources, the newest first.
#[derive(Debug, Clone)]
pub struct Listing<D: Configured> {
    /// With their ids.
    pub resources: Vec<(D::Id, Resource<D>)>,
    /// Where to go on; none at the end.
    pub next: Option<String>,
}

/// Items read at once, and how often: a list of little but archived resources may come short, and then goes on.
const READ: usize = 100;
const MOST_READS: usize = 10;

/// Up to `limit` resources, from behind the place that an earlier listing named. Archived ones only `with_archived`.
pub async fn list<D: Configured>(
    table: &dyn Table,
    account: AccountId,
    after: Option<String>,
    limit: usize,
    with_archived: bool,
) -> Result<Listing<D>, StoreError> {
    let partition = resource::partition(account, D::KIND);
    let mut resources = Vec::with_capacity(limit);
    let mut place = after;
    for _ in 0..MOST_READS {
        let range = Range { from: None, to: place.clone() };
        let page = table.query(&partition, &range, Direction::Descending, READ).await?;
        for (key, item) in page.items {
            let resource: Resource<D> = resource::decode(&item)?;
            let is_listed = with_archived || resource.archived_at.is_none();
            if is_listed && resources.len() == limit {
                return Ok(Listing { resources, next: place });
            }
            if is_listed {
                resources.push((key.sort.parse().map_err(|_| damaged_id(&key))?, resource));
            }
            place = Some(key.sort);
        }
        if !page.more {
            return Ok(Listing { resources, next: None });
        }
    }
    Ok(Listing { resources, next: place })
}
