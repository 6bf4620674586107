use ringfall_domain::config::Target;
use serde_json::{Value, json};

use super::{
    super::{Conflict, MOST_TARGETS_OF_A_BUYER, SaveError},
    kit::{archive, buyer, buyer_id, campaign, campaign_id, create, read, replace, target, target_id},
};
use crate::{
    engines::memory::MemoryStore,
    fixtures::{account, call, capacity, leg},
    port::Table,
    protocols::{
        arrive::arrive,
        reserve::{Request, Reserved, reserve},
    },
    records::plan,
};

async fn with_targets(count: u128) -> MemoryStore {
    let store = MemoryStore::new();
    for n in 0..count {
        let owner = buyer_id(n / MOST_TARGETS_OF_A_BUYER as u128);
        create(&store, owner, buyer(None)).await.expect("a buyer");
        create(&store, target_id(n), target(owner, "Desk")).await.expect("a target");
    }
    store
}

/// A target as large as its limits let it be.
fn large(name: &str) -> Target {
    let dates: Vec<Value> = (0..366)
        .map(|day| json!(format!("20{:02}-{:02}-{:02}", 30 + day / 336, 1 + day / 28 % 12, 1 + day % 28)))
        .collect();
    let values: Vec<String> = (0..20).map(|n| format!("{n}{}", "x".repeat(200))).collect();
    let mut document = serde_json::to_value(target(buyer_id(0), name)).expect("JSON");
    document["hours"] = json!({"time_zone": "UTC", "open": [{"days": ["mon"], "from": "08:00", "to": "18:00"}],
                               "closed_dates": dates});
    document["filter"] = json!({"field": "tags.a", "op": "in", "value": values});
    read(document)
}

#[tokio::test]
async fn a_campaign_takes_a_thousand_targets() {
    let store = with_targets(1_000).await;
    let saved = create(&store, campaign_id(1), campaign((0..1_000).map(target_id), "Sorry.")).await;
    assert_eq!(saved.expect("a campaign").plans, [campaign_id(1)]);
    let item = store.get(&plan::key(account(), campaign_id(1))).await.expect("a read").expect("a plan");
    let record = plan::decode(&item).expect("a record");
    assert_eq!((record.targets.len(), record.buyers.len()), (1_000, 4));
    record.compile().expect("a plan");
}

#[tokio::test]
async fn a_change_that_reaches_more_campaigns_than_one_transaction_holds_is_refused() {
    let store = with_targets(1).await;
    for n in 0..96 {
        create(&store, campaign_id(n), campaign([target_id(0)], "Sorry.")).await.expect("a campaign");
    }
    let saved = replace(&store, target_id(0), target(buyer_id(0), "Other")).await.expect("room for 96");
    assert_eq!(saved.plans.len(), 96);
    create(&store, campaign_id(96), campaign([target_id(0)], "Sorry.")).await.expect("a campaign");
    let refused = SaveError::Conflict(Conflict::TooManyPlans { campaigns: 97, most: 96 });
    let one_more = replace(&store, target_id(0), target(buyer_id(0), "Third")).await;
    assert_eq!(one_more.map(drop), Err(refused.clone()));
    assert_eq!(replace(&store, buyer_id(0), buyer(Some("5.00"))).await.map(drop), Err(refused));
    archive::<ringfall_domain::config::Campaign>(&store, campaign_id(3)).await.expect("an end");
    replace(&store, target_id(0), target(buyer_id(0), "Third")).await.expect("room again");
}

#[tokio::test]
async fn plans_that_would_be_too_large_are_refused() {
    let store = with_targets(60).await;
    create(&store, campaign_id(1), campaign((0..60).map(target_id), "Sorry.")).await.expect("a campaign");
    let mut last = Ok(());
    for n in 0..60 {
        last = replace(&store, target_id(n), large("Large")).await.map(drop);
        if last.is_err() {
            break;
        }
    }
    let too_large = matches!(&last, Err(SaveError::Conflict(Conflict::PlanTooLarge { campaign, .. }))
        if *campaign == campaign_id(1));
    assert!(too_large, "{last:?}");
}

#[tokio::test]
async fn plans_that_are_too_large_together_are_refused() {
    let store = with_targets(30).await;
    for n in 0..30 {
        replace(&store, target_id(n), large("Large")).await.expect("a target");
    }
    for n in 0..20 {
        create(&store, campaign_id(n), campaign((0..30).map(target_id), "Sorry.")).await.expect("a campaign");
    }
    let refused = replace(&store, target_id(0), large("Larger")).await.map(drop);
    assert_eq!(refused, Err(SaveError::Conflict(Conflict::PlansTooLarge)));
}

#[tokio::test]
async fn a_buyer_has_room_for_a_target_again_once_one_is_archived() {
    let store = with_targets(300).await;
    let one_more = || create(&store, target_id(300), target(buyer_id(0), "Desk"));
    let full = SaveError::Conflict(Conflict::TooManyTargets { most: 300 });
    assert_eq!(one_more().await.map(drop), Err(full));
    archive::<Target>(&store, target_id(7)).await.expect("an end");
    one_more().await.expect("room");
}

#[tokio::test]
async fn a_target_that_is_archived_while_it_talks_keeps_its_slot_until_the_call_is_over() {
    let store = MemoryStore::new();
    create(&store, buyer_id(1), buyer(None)).await.expect("a buyer");
    create(&store, target_id(1), target(buyer_id(1), "Desk")).await.expect("a target");
    let call = arrive(&store, &call(1)).await.expect("a call");
    let known = capacity(&store).await;
    let leg = leg(1);
    let request = Request {
        call: &call,
        is_stored: true,
        leg: &leg,
        expires_at: leg.reserved_at,
        known: &known,
        rulings: &[],
        caller: None,
        takes_out: None,
    };
    assert_eq!(reserve(&store, &request).await, Ok(Reserved::Held));
    archive::<Target>(&store, target_id(1)).await.expect("an end");
    assert_eq!(capacity(&store).await.targets[&target_id(1)].live.len(), 1);
}
