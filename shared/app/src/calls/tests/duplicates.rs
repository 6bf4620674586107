//! Callers who were sold before, as their webhooks tell it.

use ringfall_domain::{
    call::{
        Disposition,
        event::{EndCause, EventKind},
    },
    money::Money,
};
use serde_json::json;

use super::{attempt_of, dial_ended, pressed};
use crate::fixtures::{World, target};

fn rule(action: &str) -> serde_json::Value {
    json!({"duplicates": {"within_days": 30, "action": action, "pay_publisher": false}})
}

/// The caller talks with the first target for so long.
async fn talks(world: &World, name: &str, seconds: u32) {
    assert_eq!(attempt_of(&world.qualified(name).await), Some(1), "{name}");
    world.event(name, EventKind::LegAnswered { attempt: 1, provider_leg_id: None }).await;
    world.event(name, pressed(1, "1")).await;
    world.event(name, dial_ended(1, EndCause::Completed, Some(seconds))).await;
}

#[tokio::test]
async fn a_caller_who_was_sold_is_not_sold_again_within_the_window() {
    let world = World::with(2, rule("reject")).await;
    talks(&world, "CA1", 95).await;
    world.pass(29 * 86_400);
    assert_eq!(attempt_of(&world.qualified("CA2").await), None);
    let second = world.call("CA2").await;
    assert_eq!(
        (second.disposition(), second.duplicate_of()),
        (Disposition::NoTarget, Some(World::call_id("CA1")))
    );
    world.pass(86_400);
    talks(&world, "CA3", 95).await;
    assert_eq!(world.call("CA3").await.duplicate_of(), None);
}

#[tokio::test]
async fn a_call_that_came_to_nothing_is_not_remembered() {
    let world = World::with(1, rule("reject")).await;
    for name in ["CA1", "CA2"] {
        assert_eq!(attempt_of(&world.qualified(name).await), Some(1), "{name}");
        world.event(name, dial_ended(1, EndCause::NoAnswer, None)).await;
        assert_eq!(world.call(name).await.duplicate_of(), None);
    }
}

#[tokio::test]
async fn two_simultaneous_calls_of_one_caller_are_not_both_sold() {
    let world = World::with(2, rule("reject")).await;
    let (one, other) = futures::join!(world.qualified("CA1"), world.qualified("CA2"));
    let attempts = [attempt_of(&one), attempt_of(&other)];
    assert_eq!(attempts.iter().flatten().count(), 1, "{attempts:?}");
}

#[tokio::test]
async fn a_duplicate_goes_back_or_elsewhere_and_its_publisher_may_get_nothing() {
    for (action, goes_to) in [("original_buyer", 1), ("different_buyer", 2)] {
        let world = World::with(2, rule(action)).await;
        talks(&world, "CA1", 95).await;
        talks(&world, "CA2", 95).await;
        let calls = [world.call("CA1").await, world.call("CA2").await];
        assert_eq!(calls[1].duplicate_of(), Some(calls[0].id), "{action}");
        let [first, second] = calls.each_ref().map(|call| &call.legs[0]);
        assert_eq!((first.target, second.target), (target(1), target(goes_to)), "{action}");
        assert_eq!((first.payout(), second.payout()), (Money::from_cents(2_000), Money::ZERO), "{action}");
        assert_eq!(second.revenue(), Money::from_cents(4_500), "{action}");
    }
}
