//! Who waits, in the order of service.

use ringfall_domain::{
    ids::{AccountId, CallId},
    queue::{Place, QueueId, Waiter},
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
    read(table, account, queue, waiter::all(), limit).await.map(|line| line.waiters)
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
    let range = match behind {
        Some(waiter) => waiter::all().behind(&waiter::key_of(account, waiter).sort, Direction::Ascending),
        None => waiter::all(),
    };
    Ok(cut(read(table, account, queue, range, limit + 1).await?, limit))
}

/// The first `limit` of those who wait and do not stand behind a place, whoever stands there among them, and whether there are more of them.
pub async fn line_up_to(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    (place, call): (Place, CallId),
    limit: usize,
) -> Result<Line, StoreError> {
    let last = waiter::key(account, queue, place, call).sort;
    let Range { from: to, .. } = Range::default().behind(&last, Direction::Ascending);
    let range = Range { to, ..waiter::all() };
    Ok(cut(read(table, account, queue, range, limit + 1).await?, limit))
}

fn cut(mut line: Line, limit: usize) -> Line {
    line.more = line.waiters.len() > limit;
    line.waiters.truncate(limit);
    line
}

async fn read(
    table: &dyn Table,
    account: AccountId,
    queue: &QueueId,
    mut range: Range,
    limit: usize,
) -> Result<Line, StoreError> {
    let partition = waiter::partition(account, queue);
    let mut line = Line::default();
    while line.waiters.len() < limit {
        let wanted = limit - line.waiters.len();
        let page = table.query(&partition, &range, Direction::Ascending, wanted).await?;
        for (key, item) in &page.items {
            line.waiters.push(waiter::decode(key, item)?);
        }
        match page.items.last().filter(|_| page.more) {
            Some((key, _)) => range = range.behind(&key.sort, Direction::Ascending),
            None => break,
        }
    }
    Ok(line)
}
