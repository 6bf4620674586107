use std::{collections::BTreeMap, sync::Arc};

use ringfall_domain::{
    config::{Buyer, Campaign, Target},
    ids::{BuyerId, CampaignId, TargetId},
};
use ringfall_store::{
    port::Table,
    protocols::resources::{find, list},
    records::{
        capacity,
        plan::{self, PlanRecord},
    },
};
use serde_json::json;

use super::kit::{Agency, Api, campaign, target};

/// Every plan holds the latest of each document, and every capacity the latest limits.
async fn check(api: &Api) {
    let account = api.account().await;
    let table = &api.store;
    let campaigns = list::<Campaign>(table, account, None, 100, false).await.expect("a list").resources;
    for (id, campaign) in campaigns {
        let item = table.get(&plan::key(account, id)).await.expect("a read").expect("a plan");
        let PlanRecord { campaign: planned, targets, buyers, .. } = plan::decode(&item).expect("a record");
        assert_eq!(planned, campaign.document);
        let named = campaign.document.routing.tiers.iter().flat_map(|tier| &tier.targets);
        let mut expected = BTreeMap::new();
        for place in named {
            let target =
                find::<Target>(table, account, place.target_id).await.expect("a read").expect("a target");
            assert_eq!(target.archived_at, None);
            expected.insert(place.target_id, target.document);
        }
        assert_eq!(targets, expected);
        for (id, planned) in buyers {
            let buyer = find::<Buyer>(table, account, id).await.expect("a read").expect("a buyer");
            assert_eq!(planned, buyer.document);
        }
    }
    for (id, target) in list::<Target>(table, account, None, 100, false).await.expect("a list").resources {
        let item = table.get(&capacity::key(account, target.document.buyer_id)).await.expect("a read");
        let record = capacity::decode(&item.expect("a capacity")).expect("a record");
        assert_eq!(record.targets[&id].limits.caps, target.document.caps);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_to_one_version_one_is_made() {
    let api = Arc::new(Api::new().await);
    let agency = Agency::set_up(&api).await;
    let path = format!("/v1/targets/{}", agency.target);
    for version in 1..20 {
        let changes = [5, 6].map(|concurrency| {
            let (api, path) = (Arc::clone(&api), path.clone());
            tokio::spawn(async move {
                let request = api
                    .request("PATCH", &path)
                    .header("content-type", "application/json")
                    .header("if-match", format!("\"{version}\""))
                    .body(json!({"caps": {"concurrency": concurrency}}).to_string().into());
                api.send(request.expect("a request")).await.status
            })
        });
        let mut statuses = Vec::new();
        for change in changes {
            statuses.push(change.await.expect("no panic"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        check(&api).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_changed_at_once_plans_and_capacity_agree_with_the_documents() {
    let api = Arc::new(Api::new().await);
    let agency = Arc::new(Agency::set_up(&api).await);
    for round in 0..10 {
        let mut changes = Vec::new();
        for number in 0..8_u32 {
            let (api, agency) = (Arc::clone(&api), Arc::clone(&agency));
            changes.push(tokio::spawn(async move {
                let (path, patch) = match number % 4 {
                    0 => (
                        format!("/v1/buyers/{}", agency.buyer),
                        json!({"budget": format!("{round}{number}.00")}),
                    ),
                    1 => (
                        format!("/v1/targets/{}", agency.target),
                        json!({"caps": {"daily": round * 10 + number}}),
                    ),
                    2 => (
                        format!("/v1/campaigns/{}", agency.campaign),
                        json!({"name": format!("{round}-{number}")}),
                    ),
                    _ => {
                        let spare = api.create("targets", target(&agency.buyer)).await;
                        let path = format!("/v1/targets/{spare}");
                        let named = tokio::spawn({
                            let (api, spare) = (Arc::clone(&api), spare.clone());
                            async move { api.post("/v1/campaigns", campaign(&spare)).await.status }
                        });
                        let archived = api.delete(&path).await.status;
                        let named = named.await.expect("no panic");
                        assert!([(422, 200), (201, 409)].contains(&(named, archived)), "{named}, {archived}");
                        return;
                    }
                };
                let status = api.patch(&path, patch).await.status;
                assert!([200, 412].contains(&status), "{status}");
            }));
        }
        for change in changes {
            change.await.expect("no panic");
        }
        check(&api).await;
    }
}

#[tokio::test]
async fn a_change_holds_at_once_where_it_was_made() {
    let api = Api::new().await;
    let agency = Agency::set_up(&api).await;
    let (account, campaign): (_, CampaignId) = (api.account().await, agency.campaign.parse().expect("an id"));
    let target: TargetId = agency.target.parse().expect("an id");
    let _: BuyerId = agency.buyer.parse().expect("an id");
    for price in ["46.00", "47.00"] {
        api.patch(&format!("/v1/targets/{target}"), json!({"price": price})).await.expect_status(200);
        let plan = api.platform.plan(account, campaign).await.expect("a read").expect("a plan");
        assert_eq!(plan.target(target).expect("a target").price.to_string(), price);
    }
}
