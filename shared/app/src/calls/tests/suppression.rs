//! Callers who are turned away on arrival.

use ringfall_domain::{
    call::{
        Disposition,
        event::EventKind,
        instructions::{Instruction, Instructions, RejectReason},
    },
    phone::CallerNumber,
};
use serde_json::json;

use crate::fixtures::{World, arrival};

const REFUSED: [Instruction; 1] = [Instruction::Reject(RejectReason::Declined)];

async fn calls_as(world: &World, name: &str, caller: &str) -> Instructions {
    let EventKind::Arrived(mut arrival) = arrival(name) else { panic!("an arrival") };
    arrival.caller = CallerNumber::from_presented(caller);
    world.event(name, EventKind::Arrived(arrival)).await
}

#[tokio::test]
async fn an_anonymous_caller_is_refused_and_the_record_says_why() {
    let world = World::with(1, json!({"suppression": {"anonymous": "reject"}})).await;
    for _copy in 0..2 {
        assert_eq!(calls_as(&world, "CA1", "+266696687").await, REFUSED);
    }
    let call = world.call("CA1").await;
    assert_eq!(call.disposition(), Disposition::Suppressed);
    assert_eq!(call.suppression.expect("a reason").kind.as_str(), "anonymous");
    assert_ne!(calls_as(&world, "CA2", "+12145550123").await, REFUSED);
}

#[tokio::test]
async fn a_campaign_may_have_words_for_those_whom_it_turns_away() {
    let world = World::with(1, json!({"suppression": {"anonymous": "reject", "then": "refuse"}})).await;
    let told = calls_as(&world, "CA1", "anonymous").await;
    assert!(
        matches!(&told[..], [Instruction::Say(speech), Instruction::Hangup] if speech.text == "Sorry."),
        "{told:?}"
    );
    let call = world.call("CA1").await;
    assert_eq!(call.disposition(), Disposition::Unqualified);
    assert!(call.suppression.is_some());
}

#[tokio::test]
async fn a_caller_who_calls_too_often_is_refused_until_an_hour_has_passed() {
    let world = World::with(1, json!({"suppression": {"rate_limits": {"hourly": 2}}})).await;
    for name in ["CA1", "CA2"] {
        for _copy in 0..3 {
            assert_ne!(calls_as(&world, name, "+12145550123").await, REFUSED, "{name}");
        }
    }
    assert_eq!(calls_as(&world, "CA3", "+12145550123").await, REFUSED);
    assert_ne!(calls_as(&world, "CA4", "+12145550124").await, REFUSED);
    world.pass(3_600);
    assert_ne!(calls_as(&world, "CA5", "+12145550123").await, REFUSED);
}
