//! Which queue a campaign holds its callers in, and for which buyers: what whoever frees a buyer's slot must know to find who waits for
//! it. There only for campaigns that hold callers, and small, so that one query tells it of a whole account.

use std::collections::BTreeSet;

use ringfall_domain::{
    ids::{AccountId, BuyerId, CampaignId},
    queue::QueueId,
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, StoreError, Value};

/// A campaign that holds callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedCampaign {
    /// The campaign.
    pub campaign: CampaignId,
    /// Where its callers wait.
    pub queue: QueueId,
    /// Whose targets its routing names.
    pub buyers: BTreeSet<BuyerId>,
}

/// The partition of all campaigns that hold callers.
pub fn partition(account: AccountId) -> String {
    format!("{account}#U#queue")
}

/// Where a campaign stands.
pub fn key(account: AccountId, campaign: CampaignId) -> Key {
    Key::new(partition(account), campaign.to_string())
}

/// Writes a campaign.
pub fn encode(record: &QueuedCampaign) -> Item {
    let buyers = record.buyers.iter().map(|buyer| Value::from(buyer.to_string())).collect();
    Attributes::new().with_text("queue", &record.queue).with("buyers", Value::List(buyers)).into_map()
}

/// Reads a campaign.
pub fn decode(key: &Key, item: &Item) -> Result<QueuedCampaign, StoreError> {
    let reader = Reader(item);
    let buyer = |buyer: &Value| buyer.as_text()?.parse().ok();
    let buyers: Option<_> = reader.list("buyers")?.iter().map(buyer).collect();
    Ok(QueuedCampaign {
        campaign: key.sort.parse().map_err(|_| damaged("sort key", "a campaign's id"))?,
        queue: reader.parsed("queue")?,
        buyers: buyers.ok_or_else(|| damaged("buyers", "a list of buyers' ids"))?,
    })
}
