//! What the reports say of callers who wait, and what those hear whose music is lost.

use ringfall_domain::{
    call::{
        event::{CallReport, EndCause, EventKind, Input},
        instructions::{Continuation, Instruction, Instructions, Sound},
    },
    pnl::{Dimension, Waiting},
};
use ringfall_providers::AudioFault;
use ringfall_store::port::Position;
use serde_json::json;

use super::{
    pressed,
    queue::{holding, served},
};
use crate::{fixtures::World, rollup};

async fn hangs_up(world: &World, name: &str) {
    let over = CallReport {
        provider_call_id: name.to_owned(),
        ended: true,
        cause: Some(EndCause::Completed),
        occurred_at: None,
        duration_seconds: None,
    };
    world.event(name, EventKind::CallProgress(over)).await;
}

async fn roll_up(world: &World) {
    let mut place = Position::default();
    loop {
        match rollup::consume(&world.platform, &place).await.expect("the store works") {
            reached if reached == place => return,
            reached => place = reached,
        }
    }
}

#[tokio::test]
async fn reports_tell_how_callers_have_waited_and_what_became_of_them() {
    let world = holding(1, json!({"answered_within_seconds": 20, "overflow": [{"type": "hangup"}]})).await;
    world.qualified("CA1").await;
    world.qualified("CA2").await;
    world.pass(5);
    world.qualified("CA3").await;
    // Two wait: a third is not held.
    world.qualified("CA4").await;
    world.pass(15);
    served(&world, "CA1").await;
    world.event("CA2", EventKind::Offered { attempt: 1 }).await;
    world.event("CA2", pressed(1, "1")).await;
    world.pass(20);
    hangs_up(&world, "CA3").await;
    roll_up(&world).await;

    let told: i64 =
        world.call("CA2").await.queued.and_then(|queued| queued.announced_seconds).expect("told").into();
    assert!(told > 20, "a figure of which something is left: {told}");
    let expected = Waiting {
        queued: 2,
        waited: 2,
        waited_seconds: 20 + 35,
        longest_wait_seconds: 35,
        aimed: 2,
        answered_in_time: 1,
        told: 1,
        told_wrong_seconds: told - 20,
        abandoned: 1,
        overflowed: 1,
        callbacks: 0,
    };
    for dimension in [Dimension::Campaign, Dimension::Publisher, Dimension::Number, Dimension::Hour] {
        let tally = world.tally(dimension).await;
        assert_eq!(tally.waiting, expected, "{dimension:?}");
        assert_eq!((tally.calls, tally.wanted, tally.connected), (4, 4, 2), "{dimension:?}");
    }
    let figures = world.platform.metrics.to_text();
    for line in [
        "ringfall_wait_seconds_count 2".to_owned(),
        format!("ringfall_wait_estimate_error_seconds_sum {}.0", told - 20),
    ] {
        assert!(figures.contains(&line), "{line} is missing:\n{figures}");
    }
    let of_buyer = world.tally(Dimension::Buyer).await.waiting;
    assert_eq!((of_buyer.queued, of_buyer.longest_wait_seconds, of_buyer.abandoned), (1, 20, 0));
    let before = world.tally(Dimension::Campaign).await;
    roll_up(&world).await;
    assert_eq!(
        world.tally(Dimension::Campaign).await,
        before,
        "a feed that is replayed counts nothing twice"
    );
}

fn sound(instructions: &Instructions) -> &Sound {
    match &instructions[..] {
        [Instruction::Hold(step)] => &step.sound,
        other => panic!("expected a hold: {other:?}"),
    }
}

#[tokio::test]
async fn a_sound_that_is_lost_is_replaced_by_speech_until_it_is_back() {
    let world = holding(1, json!({"audio": ["https://cdn.example.com/hold.mp3"]})).await;
    let answer = |answer| *world.told.audio.lock().expect("no panic") = answer;
    answer(Err(AudioFault::Status(404)));
    world.qualified("CA1").await;
    let mut instructions = world.qualified("CA2").await;
    let mut heard = vec![sound(&instructions).clone()];
    // A look each minute; what it finds holds from the step after it.
    for step in 0..5 {
        if step == 2 {
            answer(Ok(()));
        }
        world.pass(30);
        tokio::task::yield_now().await;
        let then = match &instructions[..] {
            [Instruction::Hold(step)] => step.then.clone(),
            other => panic!("expected a hold: {other:?}"),
        };
        let Continuation::Held { node, told } = then else { panic!("{then:?}") };
        instructions = world.event("CA2", EventKind::Held { node, told, input: Input::Nothing }).await;
        heard.push(sound(&instructions).clone());
        tokio::task::yield_now().await;
    }
    let file = Sound::File("https://cdn.example.com/hold.mp3".parse().expect("a URL"));
    let silence = Sound::Silence { seconds: 20 };
    let lost = vec![silence; 4];
    assert_eq!(heard, [vec![file.clone()], lost, vec![file]].concat());
}
