//! Whom a buyer's targets serve.

use ringfall_domain::{
    ids::{AccountId, BuyerId, CampaignId},
    queue::QueueId,
};

use crate::{
    port::{Direction, Range, StoreError, Table},
    records::queued_campaign::{self, QueuedCampaign},
};

/// The campaigns that hold callers and whose routing names targets of any of these buyers, each with the queue in which its callers wait.
/// One query over the account's campaigns that hold callers.
pub async fn queues_of_buyers(
    table: &dyn Table,
    account: AccountId,
    buyers: &[BuyerId],
) -> Result<Vec<(CampaignId, QueueId)>, StoreError> {
    read(table, account, |record| buyers.iter().any(|buyer| record.buyers.contains(buyer))).await
}

/// All of an account's campaigns that hold callers, each with the queue in which its callers wait.
pub async fn queues_of_account(
    table: &dyn Table,
    account: AccountId,
) -> Result<Vec<(CampaignId, QueueId)>, StoreError> {
    read(table, account, |_| true).await
}

async fn read(
    table: &dyn Table,
    account: AccountId,
    is_wanted: impl Fn(&QueuedCampaign) -> bool,
) -> Result<Vec<(CampaignId, QueueId)>, StoreError> {
    let partition = queued_campaign::partition(account);
    let (mut queues, mut range) = (Vec::new(), Range::default());
    loop {
        let page = table.query(&partition, &range, Direction::Ascending, 1_000).await?;
        for (key, item) in &page.items {
            let record = queued_campaign::decode(key, item)?;
            if is_wanted(&record) {
                queues.push((record.campaign, record.queue));
            }
        }
        match page.items.last().filter(|_| page.more) {
            Some((key, _)) => range = range.behind(&key.sort, Direction::Ascending),
            None => return Ok(queues),
        }
    }
}
