//! Callers who wait.

use ringfall_domain::{
    call::{
        CallState, Disposition, Leg,
        event::{CallReport, EndCause, EventKind, Input, LegStatus},
        fact::facts_of,
        instructions::{Continuation, HoldStep, Instruction, Instructions, Sound},
    },
    flow::NodeId,
    queue::{OverflowReason, QueueId, Told, WaiterKind},
};
use ringfall_providers::{CarrierError, LegOnProvider};
use ringfall_store::protocols::{queue::head, record::record, release::release};
use serde_json::{Value, json};

use super::{attempt_of, dial_ended, pressed, report};
use crate::{
    fixtures::{World, account, campaign, target},
    sweep::remember_forgotten,
    worker::work_off,
};

fn held(instructions: &Instructions) -> &HoldStep {
    match &instructions[..] {
        [Instruction::Hold(step)] => step,
        other => panic!("expected a hold: {other:?}"),
    }
}

fn told(instructions: &Instructions) -> Told {
    match &held(instructions).then {
        Continuation::Held { told, .. } => told.clone(),
        other => panic!("a step of a hold leads to the next: {other:?}"),
    }
}

fn texts(instructions: &Instructions) -> Vec<&str> {
    held(instructions).spoken.iter().map(|speech| speech.text.as_str()).collect()
}

fn node() -> NodeId {
    NodeId::try_from("buyers".to_owned()).expect("a node's name")
}

fn tick(told: Told) -> EventKind {
    EventKind::Held { node: node(), told, input: Input::Nothing }
}

pub(super) async fn holding(targets: u128, more: Value) -> World {
    let mut policy = json!({"max_size": 2, "max_wait_seconds": 300});
    policy.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    World::with(targets, json!({"queue": policy})).await
}

async fn waiting(world: &World) -> Vec<String> {
    let queue = QueueId::Campaign(campaign());
    let waiters = head(&world.store, account(), &queue, 100).await.expect("a read");
    let names = ["CA1", "CA2", "CA3", "CA4", "CA5"];
    let name =
        |call| names.into_iter().find(|name| World::call_id(name) == call).expect("a known call").to_owned();
    waiters
        .into_iter()
        .filter(|waiter| waiter.kind == WaiterKind::Live)
        .map(|waiter| name(waiter.call))
        .collect()
}

fn redirected(world: &World) -> Vec<(String, Continuation)> {
    std::mem::take(&mut world.told.redirected.lock().expect("no panic"))
}

fn offered(name: &str, attempt: u8) -> (String, Continuation) {
    (name.to_owned(), Continuation::Offered { attempt })
}

fn hung_up() -> EventKind {
    EventKind::CallProgress(CallReport {
        provider_call_id: String::new(),
        ended: true,
        cause: None,
        occurred_at: None,
        duration_seconds: None,
    })
}

/// Another caller comes, a moment after the one before.
async fn next(world: &World, name: &str) -> Instructions {
    world.pass(1);
    world.qualified(name).await
}

/// A target takes the call and hangs up soon: it is over.
pub(super) async fn served(world: &World, name: &str) {
    world.event(name, pressed(1, "1")).await;
    assert_eq!(world.event(name, dial_ended(1, EndCause::Completed, Some(5))).await, [Instruction::Hangup]);
}

#[tokio::test]
async fn a_caller_waits_and_is_redirected_as_soon_as_a_line_is_free() {
    let world = holding(1, json!({})).await;
    assert_eq!(attempt_of(&world.qualified("CA1").await), Some(1));
    let first = next(&world, "CA2").await;
    assert!(texts(&first).contains(&"You are next in line."), "{first:?}");
    assert_eq!(held(&first).sound, Sound::OwnMusic);
    assert_eq!(world.call("CA2").await.state(), CallState::Queued);
    let second = next(&world, "CA3").await;
    assert!(texts(&second).contains(&"You are number 2 in line."));
    assert_eq!(waiting(&world).await, ["CA2", "CA3"]);

    served(&world, "CA1").await;
    assert_eq!(redirected(&world), [offered("CA2", 1)]);
    assert_eq!(waiting(&world).await, ["CA3"]);
    assert!(world.call("CA2").await.legs[0].is_fetched);
    // The hold's step was under way already: it must not dial, for the redirect would break that off.
    let late = world.event("CA2", tick(told(&first))).await;
    assert!(matches!(held(&late).sound, Sound::Silence { .. }));
    let dialled = world.event("CA2", EventKind::Offered { attempt: 1 }).await;
    assert_eq!(attempt_of(&dialled), Some(1));
    assert_eq!(world.capacity(1).await.buyer.live.len(), 1);
}

#[tokio::test]
async fn a_redirect_that_was_lost_is_made_up_for_by_the_next_step_of_the_hold() {
    let world = holding(1, json!({})).await;
    world.qualified("CA1").await;
    let first = next(&world, "CA2").await;
    *world.told.is_there.lock().expect("no panic") = Err(CarrierError::Unavailable("503".to_owned()));
    served(&world, "CA1").await;
    world.pass(i64::from(Leg::FETCHED_WITHIN_SECONDS));
    assert_eq!(attempt_of(&world.event("CA2", tick(told(&first))).await), Some(1));
}

/// A line becomes free, and whoever freed it dies before they serve who waits.
async fn free_unheard(world: &World, name: &str) {
    let facts = facts_of(None, &dial_ended(1, EndCause::Completed, Some(5)), world.now());
    let call = record(&world.store, account(), World::call_id(name), &facts).await.expect("the store works");
    let call = call.expect("a call");
    release(&world.store, &call, &call.legs[0], world.now()).await.expect("the store works");
}

#[tokio::test]
async fn a_release_that_nobody_heard_of_is_made_up_for_by_the_next_step_of_the_hold() {
    let world = holding(1, json!({})).await;
    world.qualified("CA1").await;
    let first = next(&world, "CA2").await;
    free_unheard(&world, "CA1").await;
    assert_eq!(attempt_of(&world.event("CA2", tick(told(&first))).await), Some(1));
    assert_eq!(redirected(&world), [], "whose own webhook is answered needs no redirect");
}

#[tokio::test]
async fn a_newcomer_does_not_jump_who_waits_for_the_same_target() {
    let world = holding(1, json!({"order": {"by": "arrival"}})).await;
    world.qualified("CA1").await;
    next(&world, "CA2").await;
    // The provider does not answer when the line becomes free, and the attempt made for the one who waits is given up.
    free_unheard(&world, "CA1").await;
    let newcomer = next(&world, "CA3").await;
    assert!(matches!(newcomer[..], [Instruction::Hold(_)]), "the line is left to who waits: {newcomer:?}");
    assert_eq!(redirected(&world), [offered("CA2", 1)], "and whoever finds that serves them");
}

/// A target that did not answer a caller is asked for them again only after a while: until then it is there for whoever comes next.
#[tokio::test]
async fn who_was_not_taken_comes_back_to_their_place_and_holds_nobody_up() {
    let world = holding(1, json!({"order": {"by": "arrival"}})).await;
    world.qualified("CA1").await;
    let back = world.event("CA1", dial_ended(1, EndCause::NoAnswer, None)).await;
    assert!(matches!(back[..], [Instruction::Hold(_)]), "{back:?}");
    assert_eq!(attempt_of(&next(&world, "CA2").await), Some(1));
    world.pass(29);
    served(&world, "CA2").await;
    assert_eq!(redirected(&world), [offered("CA1", 2)], "after a while they are asked again");
}

#[tokio::test]
async fn greater_worth_is_served_first_and_comes_back_to_its_place() {
    let world = World::changed(2, |plan| {
        plan.campaign.queue =
            serde_json::from_value(json!({"max_size": 9, "max_wait_seconds": 300})).expect("a policy");
        let rich = plan.targets.get_mut(&target(2)).expect("a target");
        rich.price = "180.00".parse().expect("money");
        rich.filter =
            serde_json::from_value(json!({"all": [{"field": "tags.rich", "op": "eq", "value": "yes"}]})).ok();
    })
    .await;
    world.qualified("CA1").await;
    next(&world, "CA2").await;
    world.pass(10);
    let call = world.call("CA2").await;
    let queued = call.queued.clone().expect("a place");
    assert_eq!(queued.value.to_string(), "45.00", "the richer target does not take this caller");
    served(&world, "CA1").await;
    world.event("CA2", EventKind::Offered { attempt: 1 }).await;
    let back = world.event("CA2", dial_ended(1, EndCause::NoAnswer, None)).await;
    assert!(matches!(back[..], [Instruction::Hold(_)]));
    assert_eq!(world.call("CA2").await.queued, Some(queued), "the place is for ever");
}

#[tokio::test]
async fn who_hangs_up_leaves_the_queue_at_any_moment() {
    let world = holding(1, json!({})).await;
    world.qualified("CA1").await;
    next(&world, "CA2").await;
    next(&world, "CA3").await;
    world.event("CA2", hung_up()).await;
    assert_eq!(waiting(&world).await, ["CA3"]);
    assert_eq!(world.call("CA2").await.disposition(), Disposition::Abandoned);
    // The redirect finds that the caller has just left: the line goes back, and nobody is rung for them.
    *world.told.is_there.lock().expect("no panic") = Ok(false);
    served(&world, "CA1").await;
    assert_eq!(redirected(&world), [offered("CA3", 1)]);
    assert_eq!(waiting(&world).await, [] as [&str; 0]);
    assert_eq!(world.capacity(1).await.buyer.live, []);
    assert_eq!(world.call("CA3").await.disposition(), Disposition::Abandoned);
}

#[tokio::test]
async fn a_full_queue_overflows_as_the_policy_says_one_thing_after_the_other() {
    let world = holding(
        1,
        json!({"max_size": 1, "overflow": [
        {"type": "forward", "phone_number": "+12145550177"}, {"type": "voicemail", "say": "Speak."}]}),
    )
    .await;
    world.qualified("CA1").await;
    next(&world, "CA2").await;
    let overflowed = next(&world, "CA3").await;
    assert!(
        matches!(&overflowed[..], [Instruction::Connect(dial)] if format!("{:?}", dial.destination).contains("0177")),
        "{overflowed:?}"
    );
    let call = world.call("CA3").await;
    assert_eq!(call.overflowed.expect("a reason").reason, OverflowReason::Full { size: 1, limit: 1 });
    let ended = EventKind::OverflowForwardEnded { node: node(), index: 0, answered: false };
    let message = world.event("CA3", ended).await;
    assert!(
        matches!(&message[..], [Instruction::Say(said), Instruction::Record { .. }] if said.text == "Speak.")
    );
    let left =
        EventKind::MessageLeft { node: node(), index: 1, recording_url: Some("https://x/1".to_owned()) };
    assert_eq!(world.event("CA3", left).await, [Instruction::Hangup]);
    let call = world.call("CA3").await;
    assert_eq!(
        (call.disposition(), call.message_url.as_deref()),
        (Disposition::Message, Some("https://x/1"))
    );
}

#[tokio::test]
async fn who_has_waited_as_long_as_callers_may_goes_on_in_the_flow() {
    let world = holding(1, json!({"max_wait_seconds": 60})).await;
    world.qualified("CA1").await;
    let first = next(&world, "CA2").await;
    world.pass(59);
    assert!(matches!(world.event("CA2", tick(told(&first))).await[..], [Instruction::Hold(_)]));
    world.pass(1);
    let over = world.event("CA2", tick(told(&first))).await;
    assert!(
        matches!(&over[..], [Instruction::Say(said), Instruction::Hangup] if said.text.contains("busy")),
        "{over:?}"
    );
    assert_eq!(waiting(&world).await, [] as [&str; 0]);
    let call = world.call("CA2").await;
    assert_eq!(call.disposition(), Disposition::NoTarget);
    assert!(matches!(call.overflowed.expect("a reason").reason, OverflowReason::WaitedTooLong { .. }));
}

#[tokio::test]
async fn a_hold_whose_steps_do_not_end_is_ended_by_a_message() {
    let audio = json!(["https://cdn.example.com/hold.mp3"]);
    let world = holding(1, json!({"max_wait_seconds": 60, "audio": audio})).await;
    world.qualified("CA1").await;
    next(&world, "CA2").await;
    world.tell(Ok(LegOnProvider::Known(report(LegStatus::Answered, None))));
    world.pass(63);
    while work_off(&world.platform).await.expect("the store works") > 0 {}
    let redirects = redirected(&world);
    assert!(matches!(&redirects[..], [(name, Continuation::Held { .. })] if name == "CA2"), "{redirects:?}");
}

#[tokio::test]
async fn our_own_music_needs_a_message_only_for_the_step_that_may_be_the_last() {
    let world = holding(1, json!({})).await;
    world.qualified("CA1").await;
    let first = next(&world, "CA2").await;
    world.lose_messages().await;
    world.pass(200);
    let on = world.event("CA2", tick(told(&first))).await;
    assert_eq!(held(&on).sound, Sound::OwnMusic);
    assert!(world.lose_messages().await.is_empty(), "the next step comes in time");
    world.pass(80);
    held(&world.event("CA2", tick(told(&on))).await);
    let sent = world.lose_messages().await;
    assert!(matches!(&sent[..], [only] if only.contains("end_wait")), "{sent:?}");
}

#[tokio::test]
async fn nobody_is_held_whom_nobody_would_take() {
    let world = World::changed(1, |plan| {
        plan.campaign.queue = serde_json::from_value(json!({"max_size": 9, "max_wait_seconds": 300,
            "overflow": [{"type": "voicemail"}]}))
        .expect("a policy");
        let only = plan.targets.get_mut(&target(1)).expect("a target");
        only.filter =
            serde_json::from_value(json!({"all": [{"field": "caller.state", "op": "eq", "value": "NV"}]}))
                .ok();
    })
    .await;
    let turned_away = world.qualified("CA1").await;
    assert!(matches!(&turned_away[..], [Instruction::Say(_), Instruction::Hangup]), "{turned_away:?}");
    assert_eq!(world.call("CA1").await.overflowed, None);
}

#[tokio::test]
async fn copies_of_a_webhook_hold_one_place() {
    let world = holding(1, json!({})).await;
    world.qualified("CA1").await;
    next(&world, "CA2").await;
    let place = world.call("CA2").await.queued;
    world.pass(5);
    let again = EventKind::Gathered {
        node: NodeId::try_from("injured".to_owned()).expect("a name"),
        visit: 1,
        input: Input::Digits("1".to_owned()),
    };
    assert!(matches!(world.event("CA2", again).await[..], [Instruction::Hold(_)]));
    assert_eq!(world.call("CA2").await.queued, place);
    assert_eq!(waiting(&world).await, ["CA2"]);
}

#[tokio::test]
async fn who_refuses_by_a_key_is_not_asked_again_for_the_same_caller() {
    let world = holding(1, json!({})).await;
    assert_eq!(attempt_of(&world.qualified("CA1").await), Some(1));
    world.event("CA1", pressed(1, "2")).await;
    let on = world.event("CA1", dial_ended(1, EndCause::Completed, Some(5))).await;
    assert!(
        matches!(&on[..], [Instruction::Say(_), Instruction::Hangup]),
        "nobody else would take them: {on:?}"
    );
}

#[tokio::test]
async fn who_frees_a_line_gives_nobody_the_line_of_another_for_whom_others_wait() {
    let world = holding(2, json!({})).await;
    assert_eq!(attempt_of(&world.qualified("CA1").await), Some(1));
    next(&world, "CA2").await;
    served(&world, "CA2").await;
    // The second target refuses this caller, who waits for the first alone.
    next(&world, "CA3").await;
    world.event("CA3", pressed(1, "9")).await;
    held(&world.event("CA3", dial_ended(1, EndCause::Completed, Some(5))).await);
    next(&world, "CA4").await;
    held(&next(&world, "CA5").await);

    // The first target's line becomes free, and whoever was to tell is lost; then the second one's.
    let end = facts_of(None, &dial_ended(1, EndCause::Completed, Some(5)), world.now());
    let call = record(&world.store, account(), World::call_id("CA1"), &end).await.expect("a write");
    let call = call.expect("a call");
    release(&world.store, &call, &call.legs[0], world.now()).await.expect("a write");
    served(&world, "CA4").await;
    assert_eq!(redirected(&world), [offered("CA5", 1)]);
    assert_eq!(world.call("CA5").await.legs[0].target, target(2), "the first is for who stands before");
}

#[tokio::test]
async fn who_has_gone_while_nobody_could_tell_leaves_the_line() {
    let world = holding(1, json!({})).await;
    world.qualified("CA1").await;
    next(&world, "CA2").await;
    world.lose_messages().await;
    *world.told.is_there.lock().expect("no panic") = Ok(false);
    world.pass(300 + 599);
    assert_eq!(remember_forgotten(&world.platform, account()).await, Ok(0), "a message may be late");
    world.pass(2);
    assert_eq!(remember_forgotten(&world.platform, account()).await, Ok(1));
    while work_off(&world.platform).await.expect("the store works") > 0 {}
    assert!(waiting(&world).await.is_empty());
}
