//! Which queues a buyer's targets serve follows the campaigns.

use ringfall_domain::{
    config::{Campaign, QueueName},
    ids::{BuyerId, CampaignId},
    queue::QueueId,
};
use serde_json::json;

use super::kit::{archive, buyer, buyer_id, campaign, campaign_id, create, read, replace, target, target_id};
use crate::{engines::memory::MemoryStore, fixtures::account, protocols::queue::queues_of_buyers};

fn holding(targets: &[u128], name: Option<&str>) -> Campaign {
    let queue = json!({"name": name, "max_size": 10, "max_wait_seconds": 300});
    Campaign { queue: Some(read(queue)), ..campaign(targets.iter().copied().map(target_id), "Busy.") }
}

async fn queues(table: &MemoryStore, buyers: &[u128]) -> Vec<(CampaignId, QueueId)> {
    let buyers: Vec<BuyerId> = buyers.iter().copied().map(buyer_id).collect();
    queues_of_buyers(table, account(), &buyers).await.expect("the store works")
}

#[tokio::test]
async fn a_buyer_serves_the_queues_of_the_campaigns_that_name_their_targets() {
    let table = MemoryStore::new();
    for n in 1..=2 {
        create(&table, buyer_id(n), buyer(None)).await.expect("a buyer");
        create(&table, target_id(n), target(buyer_id(n), "T")).await.expect("a target");
    }
    let (own, name): (_, QueueName) =
        (|n| QueueId::Campaign(campaign_id(n)), "intake".parse().expect("a name"));
    create(&table, campaign_id(1), holding(&[1], None)).await.expect("a campaign");
    create(&table, campaign_id(2), holding(&[1, 2], Some("intake"))).await.expect("a campaign");
    create(&table, campaign_id(3), campaign([target_id(1)], "Busy.")).await.expect("a campaign");
    let first = (campaign_id(1), own(1));
    let second = (campaign_id(2), QueueId::Shared(name));
    assert_eq!(queues(&table, &[1]).await, [first.clone(), second.clone()]);
    assert_eq!(queues(&table, &[2]).await, std::slice::from_ref(&second));
    assert_eq!(queues(&table, &[1, 2]).await, [first.clone(), second.clone()], "each once");
    assert_eq!(queues(&table, &[3]).await, []);

    replace(&table, campaign_id(3), holding(&[2], None)).await.expect("it gains a queue");
    assert_eq!(queues(&table, &[2]).await, [second.clone(), (campaign_id(3), own(3))]);
    replace(&table, campaign_id(1), campaign([target_id(1)], "Busy.")).await.expect("it loses its queue");
    replace(&table, campaign_id(2), holding(&[1], None)).await.expect("its queue is no longer shared");
    assert_eq!(queues(&table, &[1]).await, [(campaign_id(2), own(2))]);
    assert_eq!(queues(&table, &[2]).await, [(campaign_id(3), own(3))]);
    replace(&table, target_id(1), target(buyer_id(1), "T1")).await.expect("a target that changes");
    assert_eq!(queues(&table, &[1]).await, [(campaign_id(2), own(2))]);
    archive::<Campaign>(&table, campaign_id(2)).await.expect("nothing names it");
    assert_eq!(queues(&table, &[1]).await, []);
}
