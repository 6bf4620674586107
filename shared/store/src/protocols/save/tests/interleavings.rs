//! Saves of one account in every order that a scheduler may choose: whatever is won or lost, plans and capacity agree with
//! the documents, and nothing live names what is archived.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use proptest::prelude::*;
use ringfall_domain::{
    config::{Buyer, Campaign, Target},
    ids::{BuyerId, TargetId},
};
use tokio::task::JoinSet;

use super::{
    super::{Save, SaveError},
    kit::{archive, buyer, buyer_id, campaign, campaign_id, create, replace, target, target_id},
};
use crate::{
    engines::memory::MemoryStore,
    fixtures::account,
    port::{Direction, Key, Page, Range, SharedItem, StoreError, Table, Write, WriteError, Written},
    protocols::resources::{find, list},
    records::{capacity, plan, resource::Resource},
};

/// A table that lets others go first, as often as a seed says.
pub(super) struct Waiting {
    pub(super) store: MemoryStore,
    seed: Mutex<u64>,
}

impl Waiting {
    pub(super) fn new(store: MemoryStore, seed: u64) -> Self {
        Self { store, seed: Mutex::new(seed) }
    }

    async fn wait(&self) {
        let turns = {
            let mut seed = self.seed.lock().unwrap_or_else(PoisonError::into_inner);
            // Knuth's generator (The Art of Computer Programming, vol. 2, §3.3.4).
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *seed >> 61
        };
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Table for Waiting {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        self.wait().await;
        self.store.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        self.wait().await;
        self.store.get_many(keys).await
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.wait().await;
        self.store.query(partition, range, direction, limit).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        self.wait().await;
        self.store.write(writes).await
    }
}

#[derive(Debug, Clone)]
enum Step {
    Create(u128),
    Rename(u128, u8),
    Budget(Option<u16>),
    Campaign(u128, Vec<u128>),
    End(u128),
    EndCampaign(u128),
    EndBuyer,
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0_u128..4;
    prop_oneof![
        n.clone().prop_map(Step::Create),
        (n.clone(), any::<u8>()).prop_map(|(n, name)| Step::Rename(n, name)),
        any::<Option<u16>>().prop_map(Step::Budget),
        (0_u128..3, prop::collection::btree_set(n.clone(), 0..3))
            .prop_map(|(n, targets)| Step::Campaign(n, targets.into_iter().collect())),
        n.prop_map(Step::End),
        (0_u128..3).prop_map(Step::EndCampaign),
        Just(Step::EndBuyer),
    ]
}

async fn take(table: &dyn Table, step: Step) -> Result<(), SaveError> {
    let owner = buyer_id(0);
    match step {
        Step::Create(n) => create(table, target_id(n), target(owner, "Desk")).await.map(drop),
        Step::Rename(n, name) => {
            replace(table, target_id(n), target(owner, &format!("Desk {name}"))).await.map(drop)
        }
        Step::Budget(budget) => {
            let budget = budget.map(|budget| budget.to_string());
            replace(table, owner, buyer(budget.as_deref())).await.map(drop)
        }
        Step::Campaign(n, targets) => {
            let document = campaign(targets.into_iter().map(target_id), "Sorry.");
            create(table, campaign_id(n), document.clone()).await?;
            replace(table, campaign_id(n), document).await.map(drop)
        }
        Step::End(n) => archive::<Target>(table, target_id(n)).await.map(drop),
        Step::EndCampaign(n) => archive::<Campaign>(table, campaign_id(n)).await.map(drop),
        Step::EndBuyer => archive::<Buyer>(table, owner).await.map(drop),
    }
}

async fn live<D: Save>(store: &MemoryStore) -> BTreeMap<D::Id, D> {
    let listing = list::<D>(store, account(), None, 100, false).await.expect("a list");
    listing.resources.into_iter().map(|(id, resource): (_, Resource<D>)| (id, resource.document)).collect()
}

async fn check(store: &MemoryStore) {
    let (targets, buyers) = (live::<Target>(store).await, live::<Buyer>(store).await);
    for (id, campaign) in live::<Campaign>(store).await {
        let item = store.get(&plan::key(account(), id)).await.expect("a read").expect("a plan");
        let record = plan::decode(&item).expect("a record");
        let named: Vec<TargetId> = campaign
            .routing
            .tiers
            .iter()
            .flat_map(|tier| &tier.targets)
            .map(|place| place.target_id)
            .collect();
        let planned: Vec<TargetId> = record.targets.keys().copied().collect();
        assert_eq!(planned, named, "the plan has what its campaign names");
        assert_eq!(record.campaign, campaign);
        assert!(record.targets.iter().all(|(id, target)| targets.get(id) == Some(target)), "{targets:?}");
        assert!(record.buyers.iter().all(|(id, buyer)| buyers.get(id) == Some(buyer)), "{buyers:?}");
    }
    let owner: BuyerId = buyer_id(0);
    let kept = find::<Buyer>(store, account(), owner).await.expect("a read").expect("a buyer").document;
    let item = store.get(&capacity::key(account(), owner)).await.expect("a read").expect("a capacity");
    let record = capacity::decode(&item).expect("a record");
    assert_eq!(record.available, kept.budget);
    assert_eq!(record.targets.keys().collect::<Vec<_>>(), targets.keys().collect::<Vec<_>>());
    assert!(targets.is_empty() || buyers.contains_key(&owner), "targets outlive their buyer: {targets:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_won_or_lost_everything_agrees(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let store = MemoryStore::new();
            create(&store, buyer_id(0), buyer(None)).await.expect("a buyer");
            for n in 0..3 {
                create(&store, target_id(n), target(buyer_id(0), "Desk")).await.expect("a target");
            }
            create(&store, campaign_id(0), campaign((0..3).map(target_id), "Sorry.")).await.expect("a campaign");
            let table = Arc::new(Waiting::new(store.clone(), seed));
            let mut running = JoinSet::new();
            for step in steps {
                let table = Arc::clone(&table);
                running.spawn(async move { take(&*table, step).await });
            }
            while let Some(outcome) = running.join_next().await {
                let failed = matches!(outcome.expect("no panic"), Err(SaveError::Store(_)));
                assert!(!failed, "a save failed that should have been made or refused");
            }
            check(&store).await;
        });
    }
}
