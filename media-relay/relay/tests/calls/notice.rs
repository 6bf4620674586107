//! The notice of a recording.

use std::{collections::BTreeSet, path::Path, time::Duration};

use axum::http::StatusCode;
use ringfall_control::Notice;
use ringfall_relay::prompt_file_name;

use crate::{
    phone::Phone,
    platform::PATIENCE,
    stack::{NUMBER, Stack},
};

const SAID: &str = "this call is recorded";

/// Two seconds of a sound that is nobody's, as a recorded prompt.
fn record_prompt(folder: &Path) {
    let samples: Vec<u8> = (0..16_000_i32)
        .flat_map(|place| i16::try_from(place * 7_919 % 20_000 - 10_000).unwrap_or_default().to_le_bytes())
        .collect();
    let size = u32::try_from(samples.len()).expect("a size");
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + size).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(size.to_le_bytes());
    wav.extend(samples);
    std::fs::write(folder.join(prompt_file_name(None, SAID)), wav).expect("a prompt");
}

/// A call that is recorded by a relay with these prompts: what is told of it at its end, and how much each side has heard.
async fn recorded(prompts: &Path) -> (Notice, [usize; 2]) {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let orders = format!(
        r#"{{"instructions":[{{"connect":{{"targets":[{{"destination":{{"phone_number":"+12145550100"}}}}],"ring_timeout_seconds":20,
        "most_seconds":600,"record":true,"recording_notice":{{"text":"{SAID}"}}}}}}]}}"#
    );
    let prompts = prompts.to_owned();
    let stack = Stack::start_with(
        buyer.address(),
        r#","allow":["127.0.0.0/8"]"#,
        |config| config.prompts = Some(prompts),
        move |_, _| (StatusCode::OK, orders.clone()),
    )
    .await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    buyer.go_on(Duration::from_millis(200)).await;
    let heard = [distinct(&caller).await, distinct(&buyer).await];
    // The recording has begun, if it has, once the notice is over.
    tokio::time::sleep(Duration::from_secs(1)).await;
    for sequence in 0..50 {
        caller.say(sequence, 0x33).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    buyer.hang_up(rung).await;
    let end = stack.platform.hears("/status", |_| true).await;
    (end, heard)
}

/// How many packets that differ are heard until nothing comes any more.
async fn distinct(phone: &Phone) -> usize {
    let (mut packets, began) = (BTreeSet::new(), std::time::Instant::now());
    while let Some((audio, _)) = phone.hears(Duration::from_millis(700)).await {
        packets.insert(audio);
        assert!(began.elapsed() < PATIENCE, "it does not end");
    }
    packets.len()
}

#[tokio::test]
async fn both_hear_the_notice_and_then_the_call_is_recorded() {
    let prompts = tempfile::tempdir().expect("a folder");
    record_prompt(prompts.path());
    let (end, heard) = recorded(prompts.path()).await;
    assert!(heard.iter().all(|packets| *packets >= 90), "{heard:?} packets of 100");
    assert!(end.recording_url.is_some() && end.problems.is_empty(), "{end:?}");
}

#[tokio::test]
async fn without_its_notice_a_call_is_not_recorded() {
    let prompts = tempfile::tempdir().expect("a folder");
    let (end, heard) = recorded(prompts.path()).await;
    assert_eq!((heard, &end.recording_url), ([0, 0], &None));
    assert!(end.problems.iter().any(|problem| problem.detail.contains("nothing is recorded")), "{end:?}");
}
