//! Callers who are turned away on arrival.

use ringfall_domain::{
    call::{
        Disposition,
        event::EventKind,
        instructions::{Instruction, Instructions, RejectReason},
    },
    phone::CallerNumber,
};
use ringfall_store::{
    port::{Table, Write},
    records::arrivals,
};
use serde_json::json;

use crate::fixtures::{World, account, arrival};

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

#[tokio::test]
async fn a_copy_of_a_webhook_goes_by_the_one_that_has_turned_the_caller_away() {
    let flow = json!({"start": "buyers", "nodes": {
        "buyers": {"type": "route", "otherwise": "busy"},
        "busy": {"type": "hangup", "say": "All lines are busy."}}});
    let policy = json!({"rate_limits": {"hourly": 1}});
    let world = World::with(1, json!({"flow": flow, "suppression": policy})).await;
    calls_as(&world, "CA1", "+12145550123").await;
    assert_eq!(calls_as(&world, "CA2", "+12145550123").await, REFUSED);
    // So much later does the copy look that it finds no earlier call.
    let key = arrivals::key(account(), &"+12145550123".parse().expect("a number"));
    world.store.write(vec![Write::Delete { key, condition: None }]).await.expect("a write");
    assert_eq!(calls_as(&world, "CA2", "+12145550123").await, REFUSED);
    assert_eq!(world.call("CA2").await.legs, []);
}
