//! Targets that hang up on the caller early, as their webhooks tell it.

use ringfall_domain::{
    call::{
        Disposition,
        event::{EndCause, EventKind, LegReport},
        instructions::Instruction,
    },
    config::SecondChance,
    money::Money,
};
use ringfall_store::{port::Table, records};

use super::{attempt_of, dial_ended, pressed};
use crate::fixtures::{World, account, buyer, target};

/// Three targets, of which the first two are of one buyer with a budget.
async fn world(most_reroutes: u8) -> World {
    World::changed(3, |plan| {
        plan.campaign.routing.second_chance = Some(SecondChance { before_seconds: 20, most_reroutes });
        plan.targets.get_mut(&target(2)).expect("a target").buyer_id = buyer(1);
        plan.buyers.remove(&buyer(2));
        plan.buyers.get_mut(&buyer(1)).expect("a buyer").budget = Some(Money::from_cents(10_000));
    })
    .await
}

/// The target takes the call and hangs up after so long.
async fn hung_up_after(world: &World, attempt: u8, seconds: u32) -> Vec<Instruction> {
    world.event("CA1", pressed(attempt, "1")).await;
    world.event("CA1", dial_ended(attempt, EndCause::Completed, Some(seconds))).await
}

#[tokio::test]
async fn the_caller_goes_on_to_another_buyer_and_the_first_has_everything_back() {
    let world = world(5).await;
    world.qualified("CA1").await;
    assert_eq!(world.capacity(1).await.available, Some(Money::from_cents(5_500)));
    let next = hung_up_after(&world, 1, 19).await;
    assert_eq!(attempt_of(&next), Some(2));
    let call = world.call("CA1").await;
    assert_eq!(call.legs[1].target, target(3));
    let reason = call.legs[0].outcome().1.to_string();
    assert_eq!(reason, "hung_up_early {connected_seconds: 19, before_seconds: 20}");
    let item =
        world.store.get(&records::call::key(account(), call.id)).await.expect("a read").expect("a call");
    let lines = records::decision::decode(&item).expect("lines");
    let second = lines.iter().find(|line| line.target == target(2)).expect("a line");
    assert_eq!(second.code, "second_chance_used");
    let freed = world.capacity(1).await;
    assert_eq!(freed.available, Some(Money::from_cents(10_000)));
    assert!(freed.buyer.live.is_empty() && freed.buyer.counted.values().all(|n| *n == 0), "{freed:?}");

    assert_eq!(hung_up_after(&world, 2, 95).await, [Instruction::Hangup]);
    assert_eq!(world.call("CA1").await.disposition(), Disposition::Converted);
}

#[tokio::test]
async fn nobody_goes_on_who_is_gone_was_served_or_has_had_as_many_chances_as_there_are() {
    let gone = world(5).await;
    gone.qualified("CA1").await;
    gone.event("CA1", pressed(1, "1")).await;
    let EventKind::DialEnded { attempt, report } = dial_ended(1, EndCause::Completed, Some(5)) else {
        unreachable!("a dial's end is one")
    };
    let report = LegReport { caller_is_gone: true, ..report };
    assert_eq!(gone.event("CA1", EventKind::DialEnded { attempt, report }).await, [Instruction::Hangup]);

    for seconds in [20, 89, 90] {
        let served = world(5).await;
        served.qualified("CA1").await;
        assert_eq!(hung_up_after(&served, 1, seconds).await, [Instruction::Hangup], "{seconds}");
    }

    let last = world(1).await;
    last.qualified("CA1").await;
    assert_eq!(attempt_of(&hung_up_after(&last, 1, 5).await), Some(2));
    assert_eq!(hung_up_after(&last, 2, 5).await, [Instruction::Hangup]);
    assert_eq!(last.call("CA1").await.disposition(), Disposition::Connected);
}

/// Whoever is left after a second chance goes on in the flow like anybody whom no target takes.
#[tokio::test]
async fn a_second_chance_that_nobody_takes_ends_as_the_flow_says() {
    let world = world(5).await;
    world.qualified("CA1").await;
    hung_up_after(&world, 1, 5).await;
    let end = world.event("CA1", dial_ended(2, EndCause::NoAnswer, None)).await;
    assert!(matches!(&end[..], [Instruction::Say(_), Instruction::Hangup]), "{end:?}");
    assert_eq!(world.call("CA1").await.disposition(), Disposition::Connected);
}
