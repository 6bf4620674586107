//! Callers who hang up and keep their place.

use ringfall_domain::{
    call::{
        Disposition, FinishKind,
        event::{CallReport, EventKind, Input, LegStatus},
        instructions::{Continuation, Instruction, Instructions},
    },
    flow::NodeId,
    ids::CallId,
    queue::{CallbackQuestion, Told},
};
use ringfall_providers::LegOnProvider;
use ringfall_store::{
    protocols::callback::find as find_callback, protocols::find::find, records::callback::CallbackState,
};
use serde_json::{Value, json};

use super::{
    attempt_of,
    queue::{holding, served},
    report,
};
use crate::{
    calls,
    fixtures::{World, account, campaign},
    sweep::remember_forgotten,
    worker::work_off,
};

fn node() -> NodeId {
    NodeId::try_from("buyers".to_owned()).expect("a node's name")
}

fn key(digits: &str) -> Input {
    Input::Digits(digits.to_owned())
}

/// One waits, presses the key and confirms the number.
async fn kept() -> World {
    kept_with(json!({"attempts": 2})).await
}

/// The same, where the queue's rules for callbacks have further members.
async fn kept_with(members: Value) -> World {
    let mut rules = json!({"offer_after_seconds": 0});
    rules.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
    let world = holding(1, json!({"callback": rules})).await;
    world.tell(Ok(LegOnProvider::Known(report(LegStatus::Answered, None))));
    world.qualified("CA1").await;
    world.pass(1);
    world.qualified("CA2").await;
    let asked = world
        .event(
            "CA2",
            EventKind::Held { node: node(), told: Told { steps: 1, ..Told::default() }, input: key("1") },
        )
        .await;
    let question = match &asked[..] {
        [Instruction::Gather { then: Continuation::CallbackAsked { question, .. }, .. }] => question.clone(),
        other => panic!("expected a question: {other:?}"),
    };
    assert!(matches!(question, CallbackQuestion::Confirm(_)));
    let confirmed = EventKind::CallbackAsked { node: node(), index: None, question, input: key("1") };
    for _copy in 0..2 {
        let said = world.event("CA2", confirmed.clone()).await;
        assert!(
            matches!(&said[..], [Instruction::Say(_), Instruction::Hangup]) || said == [Instruction::Hangup],
            "{said:?}"
        );
    }
    world
}

async fn work(world: &World) {
    while work_off(&world.platform).await.expect("the store works") > 0 {}
}

fn of() -> CallId {
    World::call_id("CA2")
}

async fn state(world: &World) -> CallbackState {
    find_callback(&world.store, account(), of()).await.expect("a read").expect("a callback").state
}

/// Drives an event of the call in which an attempt rings.
async fn rings(world: &World, attempt: u8, kind: EventKind) -> Instructions {
    let event = ringfall_domain::call::event::Event { arrived_at: world.now(), kind };
    let id = World::call_id(&format!("CAplaced{attempt}"));
    calls::handle(&world.platform, &world.connected, id, Some(campaign()), &event)
        .await
        .expect("the store works")
        .instructions
}

fn placed(world: &World) -> usize {
    world.told.placed.lock().expect("no panic").len()
}

fn answered(attempt: u8) -> EventKind {
    EventKind::CallbackAnswered { of: of(), attempt, provider_call_id: format!("CAplaced{attempt}") }
}

fn accepted(attempt: u8, digits: &str) -> EventKind {
    EventKind::CallbackAccepted {
        of: of(),
        attempt,
        provider_call_id: format!("CAplaced{attempt}"),
        input: key(digits),
    }
}

fn over(attempt: u8) -> EventKind {
    let report = CallReport {
        provider_call_id: format!("CAplaced{attempt}"),
        ended: true,
        cause: None,
        occurred_at: None,
        duration_seconds: None,
    };
    EventKind::CallbackProgress { of: of(), attempt, report }
}

#[tokio::test]
async fn who_keeps_a_place_is_rung_when_it_is_nearly_their_turn_and_served_when_they_press_the_key() {
    let world = kept().await;
    assert_eq!(world.call("CA2").await.finished.expect("finished").kind, FinishKind::Callback);
    assert_eq!(world.call("CA2").await.disposition(), Disposition::Callback);
    work(&world).await;
    assert_eq!(placed(&world), 0, "90 seconds are left by the estimate");
    world.pass(60);
    work(&world).await;
    assert_eq!(placed(&world), 1, "30 are left");
    rings(&world, 1, answered(1)).await;
    assert!(
        matches!(rings(&world, 1, accepted(1, "1")).await[..], [Instruction::Hold(_)]),
        "the line is not free yet"
    );
    served(&world, "CA1").await;
    let offered = std::mem::take(&mut *world.told.redirected.lock().expect("no panic"));
    assert_eq!(offered, [("CAplaced1".to_owned(), Continuation::Offered { attempt: 1 })]);
}

#[tokio::test]
async fn voicemail_never_takes_a_place_and_attempts_are_counted() {
    let world = kept().await;
    near(&world).await;
    assert_eq!((placed(&world), state(&world).await), (1, CallbackState::Ringing));
    work(&world).await;
    assert_eq!(placed(&world), 1, "at most once for each attempt");
    assert!(matches!(
        rings(&world, 1, answered(1)).await[..],
        [Instruction::Gather { .. }, Instruction::Hangup]
    ));
    assert_eq!(rings(&world, 1, accepted(1, "")).await, [Instruction::Hangup]);
    for _copy in 0..2 {
        rings(&world, 1, over(1)).await;
    }
    assert_eq!(state(&world).await, CallbackState::Waiting);
    world.pass(301);
    work(&world).await;
    assert_eq!(placed(&world), 2);
    rings(&world, 2, over(2)).await;
    assert_eq!(state(&world).await, CallbackState::GivenUp);
}

#[tokio::test]
async fn who_answers_and_presses_the_key_has_the_place_in_a_call_of_its_own() {
    let world = kept().await;
    near(&world).await;
    rings(&world, 1, answered(1)).await;
    let held = rings(&world, 1, accepted(1, "1")).await;
    assert!(matches!(held[..], [Instruction::Hold(_)]) || attempt_of(&held) == Some(1), "{held:?}");
    assert_eq!(state(&world).await, CallbackState::Reached);
    let call =
        find(&world.store, account(), World::call_id("CAplaced1")).await.expect("a read").expect("a call");
    assert_eq!(call.callback_of, Some(of()));
    assert_eq!(call.queued.expect("a place").place, world.call("CA2").await.queued.expect("a place").place);
    let again = rings(&world, 1, accepted(1, "1")).await;
    assert!(!again.contains(&Instruction::Hangup), "a copy of the webhook changes nothing: {again:?}");
}

#[tokio::test]
async fn who_calls_in_again_takes_the_kept_place_and_is_not_called_back() {
    let world = kept().await;
    let place = world.call("CA2").await.queued.expect("a place").place;
    world.pass(30);
    world.qualified("CA3").await;
    assert_eq!(world.call("CA3").await.queued.expect("a place").place, place);
    assert_eq!(state(&world).await, CallbackState::CalledIn);
    world.pass(600);
    work(&world).await;
    assert_eq!(placed(&world), 0);
}

/// Time passes until it is nearly their turn by the estimate.
async fn near(world: &World) {
    for _look in 0..2 {
        world.pass(60);
        work(world).await;
    }
}

#[tokio::test]
async fn who_may_not_be_rung_before_the_end_is_given_up_at_the_end() {
    // It is eleven in Chicago; the day's last hour for ringing is over.
    let hours = json!({"from": "08:00", "to": "10:00"});
    let world = kept_with(json!({"hours": hours, "expires_after_seconds": 600})).await;
    world.pass(601);
    work(&world).await;
    assert_eq!(state(&world).await, CallbackState::GivenUp, "nobody waits for the next morning");
}

#[tokio::test]
async fn somebody_whose_message_was_lost_is_called_back_all_the_same() {
    let world = kept_with(json!({"ring_before_seconds": 600})).await;
    world.lose_messages().await;
    world.pass(500);
    assert_eq!(remember_forgotten(&world.platform, account()).await, Ok(0), "a message may be late");
    world.pass(101);
    assert_eq!(remember_forgotten(&world.platform, account()).await, Ok(1));
    work(&world).await;
    assert_eq!((placed(&world), state(&world).await), (1, CallbackState::Ringing));
    assert_eq!(remember_forgotten(&world.platform, account()).await, Ok(0), "they are being rung");
}
