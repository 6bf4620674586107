//! Recordings on their way into a bucket that refuses them for a while, over the death of the process that made them.

use std::{net::Ipv4Addr, path::PathBuf};

use anyhow::{Context, Result, ensure};
use reqwest::{StatusCode, header, redirect::Policy};
use ringfall_phone::{Dialling, Line, Phone, Tone};
use ringfall_tests::{
    aws::{Aws, FaultyNetwork},
    stack::{Api, NUMBER_OF_TRUNK, Profile, Stack},
};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep, timeout};

use crate::patience::eventually;

const BUCKET: &str = "ringfall-test-recordings";
const SEED: u64 = 20_261_122;
/// Of a thousand requests: none is answered.
const ALL: u64 = 1_000;
const CALLERS: Tone = Tone::of_tens_of_hertz(70);
const DESK: Tone = Tone::of_tens_of_hertz(110);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a number is dialled that the relay may not know yet, and at what distance.
const DIALS: (u32, Duration) = (300, Duration::from_millis(100));
/// The name of a long one.
const LONG: &str = "ffffffffffffffffffffffffffffffff.wav";
/// How long somebody speaks.
const SPOKEN: Duration = Duration::from_millis(1_500);

/// An agency with one line, whose calls are recorded, and that takes messages while it is busy.
async fn set_up(api: &Api, desk: &Phone) -> Result<()> {
    let id = |created: Value| Ok::<_, anyhow::Error>(created["id"].as_str().context("an id")?.to_owned());
    let trunk = json!({"provider": "relay", "trunk": {"allow": ["127.0.0.1/32"]}});
    let connection = id(api.create("/v1/connections", &trunk).await?)?;
    let publisher = id(api.create("/v1/publishers", &json!({"name": "Radio One"})).await?)?;
    let buyer = json!({"name": "Lone Star Law", "time_zone": "America/Chicago", "caps": {"concurrency": 1}});
    let buyer = id(api.create("/v1/buyers", &buyer).await?)?;
    let target = json!({"buyer_id": buyer, "name": "Intake desk", "price": "45.00", "ring_timeout_seconds": 20,
                        "destination": {"sip_uri": format!("sip:desk@{}", desk.address())}});
    let target = id(api.create("/v1/targets", &target).await?)?;
    let campaign = json!({
        "name": "Auto injury",
        "record": true,
        "flow": {"start": "buyers", "nodes": {
            "buyers": {"type": "route", "otherwise": "busy"},
            "busy": {"type": "hangup", "say": "All lines are busy."}}},
        "queue": {"max_size": 5, "max_wait_seconds": 300, "max_estimated_wait_seconds": 10,
                  "overflow": [{"type": "voicemail", "say": "Leave us a message."}]},
        "routing": {"tiers": [{"method": "waterfall", "targets": [{"target_id": target, "priority": 1}]}]},
        "conversion": {"minimum_seconds": 1},
        "payout": {"kind": "fixed", "amount": "20.00"},
    });
    let campaign = id(api.create("/v1/campaigns", &campaign).await?)?;
    let number = json!({"phone_number": NUMBER_OF_TRUNK, "connection_id": connection, "campaign_id": campaign,
                        "publisher_id": publisher});
    api.create("/v1/numbers", &number).await?;
    Ok(())
}

async fn dial(phone: &Phone, stack: &Stack, from: &str) -> Result<Line> {
    let at = stack.sip().context("it takes SIP")?;
    let (times, pause) = DIALS;
    for _ in 0..times {
        let mut line = phone.dial(Dialling { number: NUMBER_OF_TRUNK, at, from }).await?;
        if timeout(PATIENCE, line.answered()).await.context("nobody answers")? {
            return Ok(line);
        }
        sleep(pause).await;
    }
    anyhow::bail!("the relay does not learn of the number")
}

/// One caller talks to the desk, and meanwhile another one leaves a message.
async fn two_call(stack: &Stack) -> Result<()> {
    let ip = Ipv4Addr::LOCALHOST.into();
    let caller = Phone::plug_in(ip, CALLERS, &[DESK]).await?;
    let mut desk = Phone::plug_in(ip, DESK, &[CALLERS]).await?;
    set_up(&stack.api(), &desk).await?;
    let answering = tokio::spawn(async move {
        let line = desk.rings().await.context("a call")?;
        line.answer();
        Ok::<_, anyhow::Error>((desk, line))
    });
    let mut talking = dial(&caller, stack, "+12145550123").await?;
    ensure!(timeout(PATIENCE, talking.hears(DESK, 5)).await?, "the caller hears the desk");
    let (_desk, mut line) = answering.await??;
    ensure!(timeout(PATIENCE, line.hears(CALLERS, 5)).await?, "the desk hears the caller");
    let mut message = dial(&caller, stack, "+12145550124").await?;
    sleep(SPOKEN).await;
    for line in [&mut message, &mut talking] {
        line.hang_up();
        timeout(PATIENCE, line.ended()).await.context("the call does not end")?;
    }
    Ok(())
}

/// The links to what was recorded, as the agency sees them: of the call, and of the message.
async fn links(api: &Api) -> Result<[String; 2]> {
    let told = async || {
        let mut found = [None, None];
        for call in api.list("/v1/calls", "data").await? {
            let call = api.get(&format!("/v1/calls/{}", call["id"].as_str().context("an id")?)).await?;
            let text = |link: &Value| link.as_str().map(str::to_owned);
            let [talk, message] = &mut found;
            *talk = talk.take().or(text(&call["legs"][0]["recording_url"]));
            *message = message.take().or(text(&call["message_url"]));
        }
        let [talk, message] = found;
        Ok(talk.zip(message).map(|(talk, message)| [talk, message]))
    };
    eventually("both are recorded", told).await
}

/// What is at a link, and where else it leads.
async fn opened(link: &str) -> Result<(StatusCode, Option<String>, Vec<u8>)> {
    let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let answer = http.get(link).send().await?;
    let text = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if answer.status() == StatusCode::OK {
        ensure!(text(header::CONTENT_TYPE).as_deref() == Some("audio/wav"), "{:?}", answer.headers());
    }
    let (status, leads_to) = (answer.status(), text(header::LOCATION));
    Ok((status, leads_to, answer.bytes().await?.to_vec()))
}

fn folder(stack: &Stack) -> PathBuf {
    stack.data_folder().join("relay/recordings")
}

fn on_disk(stack: &Stack) -> Result<usize> {
    Ok(std::fs::read_dir(folder(stack))?.count())
}

/// The recordings, had from the disk while the bucket takes none.
async fn had_from_disk(network: &FaultyNetwork, links: &[String; 2]) -> Result<[Vec<u8>; 2]> {
    let before: u64 = network.met().values().sum();
    let refused = async || Ok((network.met().values().sum::<u64>() > before).then_some(()));
    eventually("the bucket refuses", refused).await?;
    let mut all = [Vec::new(), Vec::new()];
    for (link, all) in links.iter().zip(&mut all) {
        let (status, _, file) = opened(link).await?;
        ensure!(status == StatusCode::OK, "{link} from the disk: {status}");
        // A second and more at 8,000 frames of two sides.
        ensure!(file.starts_with(b"RIFF") && file.len() > 32_000, "{link} has {} bytes", file.len());
        *all = file;
    }
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_is_had_from_the_disk_until_the_bucket_has_it_and_then_from_there() -> Result<()> {
    let (aws, network) = Aws::start_behind_faults(SEED, ALL).await?;
    aws.make_bucket(BUCKET).await?;
    let mut stack = Stack::start_with_bucket(Profile::Debug, &aws, BUCKET).await?;
    network.fail(true);
    two_call(&stack).await?;
    let links = links(&stack.api()).await?;
    let recorded = had_from_disk(&network, &links).await?;
    ensure!(on_disk(&stack)? == 2, "what the bucket does not have is on the disk");
    stack.kill()?;
    // One of hours, which goes in parts, that the process had not finished.
    let long: Vec<u8> = (0..11_000_000_u32).map(|place| place.to_le_bytes()[(place % 3) as usize]).collect();
    std::fs::write(folder(&stack).join(LONG), &long)?;
    stack.start_again().await?;
    ensure!(had_from_disk(&network, &links).await? == recorded, "a death changes nothing");
    network.fail(false);
    eventually("the disk is empty", async || Ok((on_disk(&stack)? == 0).then_some(()))).await?;
    let long = (format!("{}/relay/recordings/{LONG}", stack.url()), long);
    for (link, recorded) in links.into_iter().zip(recorded).chain([long]) {
        let (status, there, _) = opened(&link).await?;
        let there = there.with_context(|| format!("{link} leads nowhere: {status}"))?;
        ensure!(status == StatusCode::TEMPORARY_REDIRECT && there.contains(BUCKET), "{status} to {there}");
        let (status, _, kept) = opened(&there).await?;
        ensure!(status == StatusCode::OK && kept == recorded, "{there}: {status}, {} bytes", kept.len());
    }
    Ok(())
}
