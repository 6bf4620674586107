use ringfall_domain::{
    call::{Disposition, event::EndCause, instructions::Instruction},
    schedule::Schedule,
};
use ringfall_store::records::plan::PlanRecord;
use serde_json::json;

use super::{attempt_of, dial_ended};
use crate::fixtures::{World, buyer};

fn mondays() -> Schedule {
    let span = json!({"days": ["mon"], "from": "09:00", "to": "17:00"});
    serde_json::from_value(json!({"time_zone": "America/Chicago", "open": [span]})).expect("hours")
}

/// Gives the `route` a branch for calls after hours.
fn with_branch(record: &mut PlanRecord) {
    let mut flow = serde_json::to_value(&record.campaign.flow).expect("json");
    flow["nodes"]["buyers"]["after_hours"] = json!("closed");
    flow["nodes"]["closed"] = json!({"type": "hangup", "say": "Please call again on Monday."});
    record.campaign.flow = serde_json::from_value(flow).expect("a flow");
}

/// What the caller is told in the end.
fn told(instructions: &[Instruction]) -> &str {
    match instructions {
        [Instruction::Say(speech), Instruction::Hangup] => &speech.text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_outside_hours_goes_to_open_buyers_and_else_to_the_branch_after_hours() {
    let one_closed = World::changed(2, |record| {
        with_branch(record);
        record.buyers.get_mut(&buyer(1)).expect("a buyer").hours = Some(mondays());
    })
    .await;
    assert_eq!(attempt_of(&one_closed.qualified("CA1").await), Some(1));
    assert_eq!(one_closed.call("CA1").await.legs[0].buyer, buyer(2));
    let busy = one_closed.qualified("CA2").await;
    assert_eq!(told(&busy), "All lines are busy.", "an open buyer is full");
    let over = one_closed.event("CA1", dial_ended(1, EndCause::NoAnswer, None)).await;
    assert_eq!(told(&over), "All lines are busy.", "an open buyer was tried");
    let all_closed = World::changed(2, |record| {
        with_branch(record);
        record.buyers.values_mut().for_each(|buyer| buyer.hours = Some(mondays()));
    })
    .await;
    assert_eq!(told(&all_closed.qualified("CA1").await), "Please call again on Monday.");
    assert_eq!(all_closed.call("CA1").await.disposition(), Disposition::NoTarget);
}

#[tokio::test]
async fn a_closed_campaign_asks_nobody_and_goes_on_as_its_flow_says() {
    let closed = |with: fn(&mut PlanRecord)| {
        World::changed(1, move |record| {
            with(record);
            record.campaign.hours = Some(mondays());
        })
    };
    let branch = closed(with_branch).await;
    assert_eq!(told(&branch.qualified("CA1").await), "Please call again on Monday.");
    assert_eq!(branch.call("CA1").await.legs, []);
    let plain = closed(|_| {}).await;
    assert_eq!(told(&plain.qualified("CA1").await), "All lines are busy.");
}

#[tokio::test]
async fn a_queue_holds_nobody_after_hours() {
    let world = World::changed(1, |record| {
        with_branch(record);
        record.campaign.hours = Some(mondays());
        let policy = json!({"max_size": 5, "max_wait_seconds": 300});
        record.campaign.queue = Some(serde_json::from_value(policy).expect("a policy"));
    })
    .await;
    assert_eq!(told(&world.qualified("CA1").await), "Please call again on Monday.");
    let call = world.call("CA1").await;
    assert_eq!((call.queued, call.overflowed), (None, None));
}
