use jiff::SignedDuration;
use ringfall_domain::{config::QueueOrder, flow::NodeId, ids::CampaignId, money::Money};
use ringfall_store::{
    port::{Item, Key, Table, Write},
    records::{queued_campaign, waiter},
};
use serde_json::json;

use super::*;
use crate::{
    calls::offer::Wanted,
    fixtures::{World, account, arrival, buyer, target},
};

/// A queue of another campaign, at whose buyers are those of the campaign that callers come to.
fn others() -> CampaignId {
    CampaignId::from_parts(1, 2)
}

/// A world in which so many wait in the other queue, a second apart, all of them for another desk than the only one that is free: but for
/// one, counted from 1.
async fn waiting(count: i64, one_who_wants: i64) -> World {
    let policy = json!({"max_size": 2, "max_wait_seconds": 300, "order": {"by": "arrival"}});
    let world = World::with(1, json!({"queue": policy})).await;
    let record = queued_campaign::QueuedCampaign {
        campaign: others(),
        queue: QueueId::Campaign(others()),
        buyers: [buyer(1)].into(),
    };
    put(&world, queued_campaign::key(account(), others()), queued_campaign::encode(&record)).await;
    for number in 1..=count {
        let entered_at = world.now() - SignedDuration::from_secs(count - number);
        let waiter = Waiter {
            queue: QueueId::Campaign(others()),
            place: Place::of(&QueueOrder::default(), Money::ZERO, entered_at),
            call: CallId::from_parts(2, number.unsigned_abs().into()),
            campaign: others(),
            kind: WaiterKind::Live,
            value: Money::ZERO,
            entered_at,
            targets: vec![target(if number == one_who_wants { 1 } else { 9 })],
            later: Vec::new(),
            plan_version: 1,
        };
        put(&world, waiter::key_of(account(), &waiter), waiter::encode(&waiter)).await;
    }
    world
}

async fn put(world: &World, key: Key, item: Item) {
    world.store.write(vec![Write::Put { key, item, condition: None }]).await.expect("a write");
}

/// Whether the only desk is left to a caller who comes so many seconds later.
async fn is_left_to_newcomer(world: &World, seconds: i64) -> bool {
    world.pass(seconds);
    world.event("CA1", arrival("CA1")).await;
    let (platform, call) = (&*world.platform, world.call("CA1").await);
    let plan = platform.plan(account(), call.origin.campaign).await.expect("a read").expect("a plan");
    let node = NodeId::try_from("buyers".to_owned()).expect("a node's name");
    let wanted = Wanted { node: &node, tiers: None, is_fetched: false };
    let mut offer =
        Offer::prepare(platform, &world.connected, &plan, &call, wanted).await.expect("the store works");
    assert!(offer.has_candidates(), "the desk is free");
    let mut line = Line::read(platform, &plan, &call, None).await.expect("the store works");
    line.let_go_first(platform, &plan, &call, &mut offer).await.expect("the store works");
    offer.has_candidates()
}

/// Those behind the first who were read are read where none of these wants whoever is free.
#[tokio::test]
async fn who_waits_far_back_in_another_queue_is_let_go_first() {
    let [at_first, at_most] = OTHER_WAITERS.map(|count| i64::try_from(count).expect("some"));
    for one_who_wants in [1, at_first, at_first + 1, at_most] {
        let world = waiting(at_most + 1, one_who_wants).await;
        assert!(!is_left_to_newcomer(&world, 1).await, "number {one_who_wants} was here before");
    }
}

#[tokio::test]
async fn a_newcomer_is_not_kept_from_whom_nobody_before_them_wants() {
    let [at_first, at_most] = OTHER_WAITERS.map(|count| i64::try_from(count).expect("some"));
    let nobody = 0;
    for count in [0, at_first, at_first + 1, at_most] {
        let world = waiting(count, nobody).await;
        assert!(is_left_to_newcomer(&world, 1).await, "{count} wait for others");
    }
    // Half a minute before the last of them came.
    let world = waiting(at_most, at_most).await;
    assert!(is_left_to_newcomer(&world, -30).await, "who wants the desk came later");
}
