mod callback;
mod duplicates;
mod hours;
mod queue;
mod second_chance;
mod suppression;
mod waits;

use ringfall_domain::{
    call::{
        Disposition, Fact,
        event::{CallReport, EndCause, EventKind, Input, LegReport, LegStatus},
        fact::facts_of_report,
        instructions::{DialPurpose, Instruction, Instructions},
    },
    money::Money,
    pnl::Dimension,
};
use ringfall_providers::{CarrierError, LegOnProvider};
use ringfall_store::{
    port::{Position, StoreError},
    protocols::record::record,
};

use super::watch::{Watched, watch};
use crate::{
    fixtures::{World, account, connection, target},
    message::WatchLeg,
    rollup,
};

fn attempt_of(instructions: &Instructions) -> Option<u8> {
    instructions.iter().find_map(|instruction| match instruction {
        Instruction::Connect(dial) => match dial.purpose {
            DialPurpose::Attempt { attempt, .. } => Some(attempt),
            DialPurpose::Forward(_) | DialPurpose::Overflow { .. } | DialPurpose::Fallback => None,
        },
        _ => None,
    })
}

fn report(status: LegStatus, duration_seconds: Option<u32>) -> LegReport {
    LegReport { status: Some(status), duration_seconds, ..LegReport::default() }
}

fn dial_ended(attempt: u8, cause: EndCause, duration_seconds: Option<u32>) -> EventKind {
    EventKind::DialEnded { attempt, report: report(LegStatus::Ended(cause), duration_seconds) }
}

fn pressed(attempt: u8, digits: &str) -> EventKind {
    let input = Input::Digits(digits.to_owned());
    EventKind::Screened { attempt, asked_at: None, provider_leg_id: None, input }
}

async fn look(world: &World, name: &str) -> Watched {
    let call = World::call_id(name);
    let message = WatchLeg { connection: connection(), call, attempt: 1, armed_at: world.now() };
    watch(&world.platform, &world.connected, &message).await.expect("the store works")
}

#[tokio::test]
async fn a_call_goes_from_the_menu_to_a_buyer_and_is_billed_once() {
    let world = World::new(1).await;
    assert_eq!(attempt_of(&world.qualified("CA1").await), Some(1));
    world.event("CA1", EventKind::LegAnswered { attempt: 1, provider_leg_id: Some("CA2".to_owned()) }).await;
    assert_eq!(world.event("CA1", pressed(1, "1")).await, [Instruction::Bridge]);
    for _copy in 0..2 {
        assert_eq!(
            world.event("CA1", dial_ended(1, EndCause::Completed, Some(95))).await,
            [Instruction::Hangup]
        );
    }
    assert_eq!(world.capacity(1).await.buyer.live, []);
    assert_eq!(world.call("CA1").await.disposition(), Disposition::Converted);
    let mut place = Position::default();
    loop {
        match rollup::consume(&world.platform, &place).await.expect("the store works") {
            next if next == place => break,
            next => place = next,
        }
    }
    let tally = world.tally(Dimension::Campaign).await;
    assert_eq!((tally.calls, tally.connected, tally.converted, tally.abandoned), (1, 1, 1, 0));
    assert_eq!((tally.revenue, tally.payout), (Money::from_cents(4_500), Money::from_cents(2_000)));
}

#[tokio::test]
async fn the_waterfall_passes_a_full_buyer_and_says_why_nobody_is_left() {
    let world = World::new(2).await;
    assert_eq!(attempt_of(&world.qualified("CA1").await), Some(1));
    assert_eq!(attempt_of(&world.qualified("CA2").await), Some(1));
    assert_eq!(world.call("CA1").await.legs[0].target, target(1));
    assert_eq!(world.call("CA2").await.legs[0].target, target(2));
    let third = world.qualified("CA3").await;
    assert!(
        matches!(&third[..], [Instruction::Say(speech), Instruction::Hangup] if speech.text.contains("busy")),
        "{third:?}"
    );
    assert_eq!(world.call("CA3").await.disposition(), Disposition::NoTarget);
}

#[tokio::test]
async fn a_target_that_does_not_take_the_call_gives_way_to_the_next() {
    for (cause, key) in [
        (EndCause::NoAnswer, None),
        (EndCause::Busy, None),
        (EndCause::Completed, Some("2")),
        (EndCause::Completed, Some("")),
    ] {
        let world = World::new(2).await;
        world.qualified("CA1").await;
        if let Some(key) = key {
            assert_eq!(world.event("CA1", pressed(1, key)).await, [Instruction::Hangup]);
        }
        let next = world.event("CA1", dial_ended(1, cause, Some(7))).await;
        assert_eq!(attempt_of(&next), Some(2), "{cause:?} {key:?}");
        assert_eq!(world.capacity(1).await.buyer.live, []);
        assert_eq!(world.capacity(2).await.buyer.live.len(), 1);
    }
}

#[tokio::test]
async fn every_copy_of_a_webhook_gets_the_same_answer_and_holds_one_slot() {
    let world = World::new(2).await;
    let first = world.qualified("CA1").await;
    for _copy in 0..3 {
        assert_eq!(world.qualified("CA1").await, first);
    }
    assert_eq!(world.capacity(1).await.buyer.live.len() + world.capacity(2).await.buyer.live.len(), 1);
}

#[tokio::test]
async fn the_end_of_a_dial_that_is_told_again_frees_what_a_function_died_with() {
    let world = World::new(1).await;
    world.qualified("CA1").await;
    let over = LegReport { bridged: Some(false), ..report(LegStatus::Ended(EndCause::NoAnswer), None) };
    // The first one dies when the end is written and nothing is released yet.
    let facts = facts_of_report(&over, world.now()).into_iter().map(|fact| Fact::Leg(1, fact));
    let (call, facts) = (World::call_id("CA1"), facts.collect::<Vec<_>>());
    record(&world.store, account(), call, &facts).await.expect("the store works").expect("a call");
    assert_eq!(world.capacity(1).await.buyer.live.len(), 1);
    world.pass(1);
    world.event("CA1", EventKind::DialEnded { attempt: 1, report: over }).await;
    assert_eq!(world.capacity(1).await.buyer.live, []);
}

#[tokio::test]
async fn a_report_that_decides_nothing_pays_for_no_release() {
    let world = World::new(1).await;
    world.qualified("CA1").await;
    world.event("CA1", dial_ended(1, EndCause::NoAnswer, None)).await;
    assert_eq!(world.capacity(1).await.buyer.live, []);
    let progress =
        || EventKind::LegProgress { attempt: 1, report: report(LegStatus::Ended(EndCause::NoAnswer), None) };
    for _ in 0..2 {
        world.pass(1);
        let before = world.writes();
        world.event("CA1", progress()).await;
        assert_eq!(world.writes() - before, 1, "the fact is written once more, in vain; nothing is released");
    }
}

#[tokio::test]
async fn a_number_that_is_nobodys_is_told_so() {
    let world = World::new(1).await;
    let EventKind::Arrived(mut arrival) = crate::fixtures::arrival("CA1") else { panic!("an arrival") };
    arrival.dialled = "+18005550112".parse().expect("a number");
    let told = world.event("CA1", EventKind::Arrived(arrival)).await;
    assert!(matches!(&told[..], [Instruction::Say(_), Instruction::Hangup]), "{told:?}");
}

#[tokio::test]
async fn the_watchdog_frees_a_slot_only_when_the_leg_cannot_live() {
    let ended = |cause| Ok(LegOnProvider::Known(report(LegStatus::Ended(cause), Some(95))));
    let live = LegOnProvider::Known(report(LegStatus::Answered, None));
    let silent = || Err(CarrierError::Unavailable("503".to_owned()));
    for (what, after_seconds, told, done, live_legs) in [
        ("the provider reports the end", 1, ended(EndCause::NoAnswer), true, 0),
        ("over, and the key may yet be reported", 1, ended(EndCause::Completed), false, 0),
        ("the provider reports it live", 60, Ok(live), false, 1),
        ("not known there, and the dial may still be on its way", 14, Ok(LegOnProvider::NoSuchLeg), false, 1),
        ("not known there, and the deadline has passed", 31, Ok(LegOnProvider::NoSuchLeg), true, 0),
        ("the provider does not say", 3_600, silent(), false, 1),
    ] {
        let world = World::new(1).await;
        world.qualified("CA1").await;
        world.pass(after_seconds);
        world.tell(told);
        assert_eq!(look(&world, "CA1").await == Watched::Done, done, "{what}");
        assert_eq!(world.capacity(1).await.buyer.live.len(), live_legs, "{what}");
        let hung_up = world.told.hung_up.lock().expect("no panic").clone();
        assert_eq!(hung_up.is_empty(), what != "the provider does not say", "{what}: {hung_up:?}");
    }
}

#[tokio::test]
async fn a_leg_that_shows_up_after_it_was_given_up_is_hung_up_on() {
    let world = World::new(1).await;
    world.qualified("CA1").await;
    world.pass(31);
    assert_eq!(look(&world, "CA1").await, Watched::Done);
    let told = world.event("CA1", EventKind::LegAnswered { attempt: 1, provider_leg_id: None }).await;
    assert_eq!(told, [Instruction::Hangup]);
}

#[tokio::test]
async fn an_attempt_that_may_still_be_written_is_looked_at_again() {
    let world = World::new(1).await;
    world.event("CA1", crate::fixtures::arrival("CA1")).await;
    assert!(matches!(look(&world, "CA1").await, Watched::Again(_)));
    let message =
        WatchLeg { connection: connection(), call: World::call_id("CA1"), attempt: 1, armed_at: world.now() };
    world.pass(31);
    let watched: Result<_, StoreError> = watch(&world.platform, &world.connected, &message).await;
    assert_eq!(watched, Ok(Watched::Done));
}

#[tokio::test]
async fn a_caller_who_hangs_up_leaves_a_leg_that_is_looked_after_at_once() {
    let world = World::new(1).await;
    world.qualified("CA1").await;
    let over = CallReport {
        provider_call_id: "CA1".to_owned(),
        ended: true,
        cause: Some(EndCause::Completed),
        occurred_at: None,
        duration_seconds: Some(9),
    };
    world.event("CA1", EventKind::CallProgress(over)).await;
    assert_eq!(
        world.capacity(1).await.buyer.live.len(),
        1,
        "the end of one leg does not prove the end of the other"
    );
    world.tell(Ok(LegOnProvider::Known(report(LegStatus::Ended(EndCause::Canceled), None))));
    world.pass(6);
    assert_eq!(crate::worker::work_off(&world.platform).await, Ok(1));
    assert_eq!(world.capacity(1).await.buyer.live, []);
    assert_eq!(world.call("CA1").await.disposition(), Disposition::Abandoned);
}

/// Every function of the platform can be run on any thread of a runtime.
#[tokio::test]
async fn what_runs_beside_the_webhooks_can_be_spawned() {
    fn spawnable<F: Future + Send>(future: F) -> F {
        future
    }
    let world = World::new(1).await;
    assert!(spawnable(rollup::consume(&world.platform, &Position::default())).await.is_ok());
    assert!(spawnable(crate::worker::work_off(&world.platform)).await.is_ok());
    assert!(spawnable(crate::sweep::sweep(&world.platform)).await.is_ok());
}
