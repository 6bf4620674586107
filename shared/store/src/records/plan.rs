//! PLAN: the documents that a campaign's decisions need, side by side, so that one read is enough. Compiled into
//! [`ringfall_domain::plan::Plan`] when it is read.

use std::collections::BTreeMap;

use ringfall_domain::{
    config::{Buyer, Campaign, Target},
    ids::{AccountId, BuyerId, CampaignId, TargetId},
    plan::Plan,
};

use super::attributes::{Attributes, Reader};
use crate::port::{Item, Key, StoreError};

/// A campaign with the targets and buyers that it names.
#[derive(Debug, Clone)]
pub struct PlanRecord {
    /// The agency.
    pub account: AccountId,
    /// The campaign.
    pub id: CampaignId,
    /// Counted up with each change: writers that were overtaken notice it.
    pub version: u64,
    /// The campaign's document.
    pub campaign: Campaign,
    /// The targets that its routing names.
    pub targets: BTreeMap<TargetId, Target>,
    /// Their buyers.
    pub buyers: BTreeMap<BuyerId, Buyer>,
}

/// The attribute that counts changes.
pub const VERSION: &str = "version";

/// Where a campaign's plan stands.
pub fn key(account: AccountId, campaign: CampaignId) -> Key {
    Key::new(format!("{account}#P#{campaign}"), "PLAN")
}

/// Writes a plan.
pub fn encode(record: &PlanRecord) -> Item {
    Attributes::new()
        .with_text("account", record.account)
        .with_text("campaign_id", record.id)
        .with(VERSION, record.version)
        .with_document("campaign", &record.campaign)
        .with_document("targets", &record.targets)
        .with_document("buyers", &record.buyers)
        .into_map()
}

/// Reads a plan.
pub fn decode(item: &Item) -> Result<PlanRecord, StoreError> {
    let reader = Reader(item);
    Ok(PlanRecord {
        account: reader.parsed("account")?,
        id: reader.parsed("campaign_id")?,
        version: reader.number(VERSION)?,
        campaign: reader.document("campaign")?,
        targets: reader.document("targets")?,
        buyers: reader.document("buyers")?,
    })
}

impl PlanRecord {
    /// The plan in the form in which decisions are made.
    pub fn compile(&self) -> Result<Plan, StoreError> {
        Plan::compile(self.account, self.id, self.version, &self.campaign, &self.targets, &self.buyers)
            .map_err(|problems| {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                StoreError::Damaged(format!("plan of {}: {first}", self.id))
            })
    }
}
