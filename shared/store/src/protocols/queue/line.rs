//! Who waits, in the order of service.

use ringfall_domain::{
    ids::AccountId,
    queue::{QueueId, Waiter},
};

use crate::{
    port::{Direction, Range, StoreError, Table},
    records::waiter,
};

/// The first of those who wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// In the order in which they are served, those who are to be called back among them.
    pub waiters: Vec<Waiter>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// The first `limit` who wait.
pub async fn head(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    limit: usize,
) -> Result<Vec<Waiter>, StoreError> {
    read(table, account, queue, None, limit).await.map(|line| line.waiters)
}

/// The first `limit` who wait, and whether there are more.
pub async fn line(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    limit: usize,
) -> Result<Line, StoreError> {
    line_behind(table, account, queue, None, limit).await
}

/// The first `limit` who wait behind another, and whether there are more.
pub async fn line_behind(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    behind: Option<&Waiter>,
    limit: usize,
) -> Result<Line, StoreError> {
    let mut line = read(table, account, queue, behind, limit + 1).await?;
    line.more = line.waiters.len() > limit;
    line.waiters.truncate(limit);
    Ok(line)
}

async fn read(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    behind: Option<&Waiter>,
    limit: usize,
) -> Result<Line, StoreError> {
    let partition = waiter::partition(account, queue);
    let behind_of = |range: Range, sort: &str| range.behind(sort, Direction::Ascending);
    let mut line = Line::default();
    let mut range = behind
        .map_or_else(waiter::all, |waiter| behind_of(waiter::all(), &waiter::key_of(account, waiter).sort));
    while line.waiters.len() < limit {
        let wanted = limit - line.waiters.len();
        let page = table.query(&partition, &range, Direction::Ascending, wanted).await?;
        for (key, item) in &page.items {
            line.waiters.push(waiter::decode(key, item)?);
        }
        match page.items.last().filter(|_| page.more) {
            Some((key, _)) => range = behind_of(range, &key.sort),
            None => break,
        }
    }
    Ok(line)
}
