//! Documents, saved in short words.

use ringfall_domain::{
    config::{Buyer, Campaign, Target},
    ids::{BuyerId, CampaignId, TargetId},
};
use serde_json::{Value, json};

use super::super::{Expected, Save, SaveError, Saved, Wish, save};
use crate::{
    fixtures::{account, at},
    port::Table,
};

pub(super) fn buyer_id(n: u128) -> BuyerId {
    BuyerId::from_parts(1, n)
}

pub(super) fn target_id(n: u128) -> TargetId {
    TargetId::from_parts(1, n)
}

pub(super) fn campaign_id(n: u128) -> CampaignId {
    CampaignId::from_parts(1, n)
}

pub(super) fn read<D: serde::de::DeserializeOwned>(document: Value) -> D {
    serde_json::from_value(document).expect("a document")
}

pub(super) fn buyer(budget: Option<&str>) -> Buyer {
    read(json!({"name": "Lone Star Law", "time_zone": "UTC", "budget": budget}))
}

pub(super) fn target(buyer: BuyerId, name: &str) -> Target {
    read(json!({"buyer_id": buyer, "name": name, "price": "45.00", "screening": {"press": "1"},
                "destination": {"phone_number": "+12145550100"}}))
}

pub(super) fn campaign(targets: impl IntoIterator<Item = TargetId>, say: &str) -> Campaign {
    let targets: Vec<Value> = targets.into_iter().map(|target| json!({"target_id": target})).collect();
    read(json!({"name": "Auto injury",
                "flow": {"start": "buyers", "nodes": {
                    "buyers": {"type": "route", "otherwise": "busy"}, "busy": {"type": "hangup", "say": say}}},
                "routing": {"tiers": [{"method": "waterfall", "targets": targets}]},
                "conversion": {"minimum_seconds": 90}, "payout": {"kind": "fixed", "amount": "20.00"}}))
}

pub(super) async fn create<D: Save>(
    table: &dyn Table,
    id: D::Id,
    document: D,
) -> Result<Saved<D>, SaveError> {
    save(table, account(), id, &Wish::Create(document), at(0)).await
}

pub(super) async fn replace<D: Save>(
    table: &dyn Table,
    id: D::Id,
    document: D,
) -> Result<Saved<D>, SaveError> {
    save(table, account(), id, &Wish::Replace { document, expected: Expected::Any }, at(1)).await
}

pub(super) async fn archive<D: Save>(table: &dyn Table, id: D::Id) -> Result<Saved<D>, SaveError> {
    save(table, account(), id, &Wish::Archive { expected: Expected::Any }, at(2)).await
}
