//! Calls between two SIPps, as phones and carriers do them that others wrote. Debian's `sip-tester` has the program.

use std::{net::SocketAddr, path::Path, process::Stdio};

use axum::http::StatusCode as Http;
use ringfall_control::notice::{Cause, Status};
use tokio::{net::UdpSocket, process::Command, time::timeout};

use crate::{
    platform::PATIENCE,
    script::{buyer, caller},
    stack::{NUMBER, Stack, connecting, connecting_with},
};

const ALLOW: &str = r#","allow":["127.0.0.0/8"]"#;

/// A port that is free now.
pub(crate) async fn free(ip: &str) -> SocketAddr {
    let socket = UdpSocket::bind(format!("{ip}:0")).await.expect("a port");
    socket.local_addr().expect("an address")
}

/// One SIPp with a scenario.
async fn sipp(folder: &Path, name: &str, scenario: &str, at: SocketAddr, more: &[&str]) {
    let (file, log) = (folder.join(format!("{name}.xml")), folder.join(format!("{name}.log")));
    std::fs::write(&file, scenario).expect("a file");
    let (ip, port) = (at.ip().to_string(), at.port().to_string());
    let mut command = Command::new("sipp");
    command.args(more).arg("-sf").arg(&file).arg("-message_file").arg(&log);
    command.args([
        "-i",
        &ip,
        "-p",
        &port,
        "-m",
        "1",
        "-nostdin",
        "-trace_msg",
        "-timeout",
        "25",
        "-timeout_error",
    ]);
    let command =
        command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let output =
        timeout(2 * PATIENCE, command.output()).await.expect("in time").expect("sipp: tests/run installs it");
    let heard = || std::fs::read_to_string(&log).unwrap_or_default();
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{name}: {}\n{}\n{scenario}", said(), heard());
}

/// A call between two scenarios, the caller's over UDP or, with `-t t1`, over TCP.
async fn play(stack: &Stack, at: SocketAddr, callers: &[&str], buyers: &[&str], over: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let relay = stack.relay.sip_address().to_string();
    let from = free("127.0.0.3").await;
    let (callers, buyers) = (caller(callers), buyer(buyers));
    let more: Vec<_> = over.iter().copied().chain(["-s", NUMBER, relay.as_str()]).collect();
    let called = sipp(folder.path(), "buyer", &buyers, at, &[]);
    let calling = async {
        // SIPp takes a moment to listen.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        sipp(folder.path(), "caller", &callers, from, &more).await;
    };
    tokio::join!(called, calling);
}

async fn plays(callers: &[&str], buyers: &[&str], over: &[&str]) -> Stack {
    let at = free("127.0.0.4").await;
    let stack = connecting(at).await;
    play(&stack, at, callers, buyers, over).await;
    stack
}

async fn ends_as(stack: &Stack, cause: Cause) {
    let end = stack.platform.hears("/status", |_| true).await.call.expect("a call");
    assert_eq!((end.status, end.cause), (Status::Ended, Some(cause)));
    let waiting = async {
        while !stack.fetch("/metrics").await.contains("ringfall_relay_port_pairs_in_use 0") {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("every port is given back");
}

const ANSWERS: [&str; 6] = ["< INVITE", "> 180", "> 200 sdp", "< ACK", "< BYE", "> 200="];

#[tokio::test]
async fn a_call_over_udp_and_over_tcp() {
    let callers = ["> INVITE sdp", "< 100?", "< 180?", "< 200", "> ACK", "wait 300", "> BYE", "< 200"];
    for over in [&[][..], &["-t", "t1"][..]] {
        ends_as(&plays(&callers, &ANSWERS, over).await, Cause::Completed).await;
    }
}

#[tokio::test]
async fn the_buyer_may_hang_up_first() {
    let callers = ["> INVITE sdp", "< 100?", "< 180?", "< 200", "> ACK", "< BYE", "> 200="];
    let buyers = ["< INVITE", "> 180", "> 200 sdp", "< ACK=", "wait 300", "> BYE", "< 200"];
    ends_as(&plays(&callers, &buyers, &[]).await, Cause::Completed).await;
}

#[tokio::test]
async fn a_cancel_reaches_the_buyer_and_its_refusal_is_acknowledged() {
    let callers = ["> INVITE sdp", "< 100?", "< 180", "> CANCEL", "< 200", "< 487", "> ACK!"];
    let buyers = ["< INVITE", "> 180", "< CANCEL", "> 200", "> 487/INVITE", "< ACK"];
    ends_as(&plays(&callers, &buyers, &[]).await, Cause::Canceled).await;
}

#[tokio::test]
async fn an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up_on() {
    let callers = ["> INVITE sdp", "< 100?", "< 180", "> CANCEL", "< 200", "< 487", "> ACK!"];
    let buyers = ["< INVITE", "> 180", "< CANCEL", "> 200", "> 200/INVITE sdp", "< ACK", "< BYE", "> 200="];
    ends_as(&plays(&callers, &buyers, &[]).await, Cause::Canceled).await;
}

#[tokio::test]
async fn a_busy_buyer_ends_the_call_as_the_platform_says() {
    let callers = ["> INVITE sdp", "< 100?", "< 180?", "< 480", "> ACK!"];
    let buyers = ["< INVITE", "> 486", "< ACK"];
    let stack = plays(&callers, &buyers, &[]).await;
    assert_eq!(stack.platform.hears("/done", |_| true).await.leg.expect("a leg").cause, Some(Cause::Busy));
}

#[tokio::test]
async fn a_buyer_who_does_not_answer_is_called_off() {
    let at = free("127.0.0.4").await;
    let orders = r#"{"instructions":[{"connect":{"targets":[{"destination":{"phone_number":"+12145550100"}}],"ring_timeout_seconds":1,"most_seconds":600}}]}"#;
    let stack = Stack::start(at, ALLOW, move |_, _| (Http::OK, orders.to_owned())).await;
    let callers = ["> INVITE sdp", "< 100?", "< 180", "< 480", "> ACK!"];
    let buyers = ["< INVITE", "> 180", "< CANCEL", "> 200", "> 487/INVITE", "< ACK"];
    play(&stack, at, &callers, &buyers, &[]).await;
    ends_as(&stack, Cause::Canceled).await;
}

#[tokio::test]
async fn an_invite_without_an_offer_gets_ours_and_hold_is_answered_as_hold() {
    let callers = [
        "> INVITE",
        "< 100?",
        "< 180?",
        "< 200 ~m=audio",
        "> ACK sdp",
        "wait 200",
        "> INVITE sendonly",
        "< 100?",
        "< 200 ~a=recvonly",
        "> ACK",
        "> INVITE sdp",
        "< 100?",
        "< 200 ~a=sendrecv",
        "> ACK",
        "> BYE",
        "< 200",
    ];
    for over in [&[][..], &["-t", "t1"][..]] {
        ends_as(&plays(&callers, &ANSWERS, over).await, Cause::Completed).await;
    }
}

#[tokio::test]
async fn an_interval_that_is_too_short_is_refused_with_ours() {
    let callers = ["> INVITE +Supported: timer +Session-Expires: 60 sdp", "< 422 ~Min-SE: 90", "> ACK!"];
    let stack = connecting(free("127.0.0.4").await).await;
    let folder = tempfile::tempdir().expect("a folder");
    let relay = stack.relay.sip_address().to_string();
    let scenario = caller(&callers);
    sipp(folder.path(), "caller", &scenario, free("127.0.0.3").await, &["-s", NUMBER, &relay]).await;
    assert!(stack.platform.heard().is_empty());
}

#[tokio::test]
async fn who_demands_reliable_ringing_gets_it_and_the_session_timer_too() {
    let callers = [
        "> INVITE +Require: 100rel +Supported: timer +Session-Expires: 1800;refresher=uas sdp",
        "< 100?",
        "< 180 ~RSeq: 1",
        "> PRACK +RAck: 1 1 INVITE",
        "< 200",
        "< 200 ~Session-Expires: 1800;refresher=uas",
        "> ACK",
        "> BYE",
        "< 200",
    ];
    let buyers = ["< INVITE", "> 180", "wait 500", "> 200 sdp", "< ACK", "< BYE", "> 200="];
    ends_as(&plays(&callers, &buyers, &[]).await, Cause::Completed).await;
}

#[tokio::test]
async fn an_acknowledgement_that_comes_late_is_enough() {
    let callers =
        ["> INVITE sdp", "< 100?", "< 180?", "< 200", "wait 1500", "> ACK", "wait 300", "> BYE", "< 200"];
    ends_as(&plays(&callers, &ANSWERS, &[]).await, Cause::Completed).await;
}

#[tokio::test]
async fn a_large_invite_and_headers_that_nobody_knows_are_taken() {
    let padding = format!("> INVITE +X-Padding: {} +X-Odd: ;;,\" sdp", "x".repeat(3_000));
    let callers = [padding.as_str(), "< 100?", "< 180?", "< 200", "> ACK", "> BYE", "< 200"];
    ends_as(&plays(&callers, &ANSWERS, &[]).await, Cause::Completed).await;
}

#[tokio::test]
async fn audio_before_the_answer_is_told_with_the_same_description_as_the_answer() {
    let callers = [
        "> INVITE sdp",
        "< 100?",
        "< 183 ~m=audio",
        "wait 300",
        "< 200 ~m=audio",
        "> ACK",
        "wait 200",
        "> BYE",
        "< 200",
    ];
    let buyers = ["< INVITE", "> 183 sdp", "> 180", "wait 500", "> 200 sdp", "< ACK", "< BYE", "> 200="];
    ends_as(&plays(&callers, &buyers, &[]).await, Cause::Completed).await;
}

#[tokio::test]
async fn who_can_acknowledge_it_gets_early_audio_reliably_and_no_second_answer() {
    let callers = [
        "> INVITE +Supported: 100rel sdp",
        "< 100?",
        "< 183 ~RSeq: 1",
        "> PRACK +RAck: 1 1 INVITE",
        "< 200",
        "< 200 ~Content-Length: 0",
        "> ACK",
        "wait 200",
        "> BYE",
        "< 200",
    ];
    let buyers = ["< INVITE", "> 183 sdp", "wait 700", "> 200 sdp", "< ACK", "< BYE", "> 200="];
    ends_as(&plays(&callers, &buyers, &[]).await, Cause::Completed).await;
}

#[tokio::test]
async fn a_caller_who_gives_up_during_early_audio_leaves_nothing_behind() {
    let callers = ["> INVITE sdp", "< 100?", "< 183", "> CANCEL", "< 200", "< 487", "> ACK!"];
    let buyers = ["< INVITE", "> 183 sdp", "< CANCEL", "> 200", "> 487/INVITE", "< ACK"];
    ends_as(&plays(&callers, &buyers, &[]).await, Cause::Canceled).await;
}

#[tokio::test]
async fn a_call_goes_on_for_one_hop_less_with_the_identity_that_the_trunk_wants() {
    let callers = [
        "> INVITE +Max-Forwards: 20 +Identity: eyJ.eyJ.sig;info=<https://c/x>;ppt=shaken sdp",
        "< 100?",
        "< 180?",
        "< 200",
        "> ACK",
        "wait 200",
        "> BYE",
        "< 200",
    ];
    let mut buyers = ANSWERS;
    buyers[0] = "< INVITE ~Max-Forwards: 19.*Identity: eyJ.eyJ.sig;info=";
    let at = free("127.0.0.4").await;
    let stack = connecting_with(at, r#","allow":["127.0.0.0/8"],"pass_identity":true"#).await;
    play(&stack, at, &callers, &buyers, &[]).await;
    ends_as(&stack, Cause::Completed).await;
}

#[tokio::test]
async fn a_call_that_may_go_no_further_is_refused() {
    let stack = connecting(free("127.0.0.4").await).await;
    let folder = tempfile::tempdir().expect("a folder");
    let relay = stack.relay.sip_address().to_string();
    let scenario = caller(&["> INVITE +Max-Forwards: 0 sdp", "< 483", "> ACK!"]);
    sipp(folder.path(), "caller", &scenario, free("127.0.0.3").await, &["-s", NUMBER, &relay]).await;
    assert!(stack.platform.heard().is_empty());
}

#[tokio::test]
async fn who_calls_while_the_platform_is_away_reaches_the_trunks_fallback() {
    // It does not want to answer, or is not there until the relay gives it up.
    for away in [Http::INTERNAL_SERVER_ERROR, Http::SERVICE_UNAVAILABLE] {
        let at = free("127.0.0.4").await;
        let fallback = r#","allow":["127.0.0.0/8"],"fallback":{"phone_number":"+12145550199"}"#;
        let stack = Stack::start(at, fallback, move |_, _| (away, String::new())).await;
        let callers = ["> INVITE sdp", "< 100?", "< 180", "< 200", "> ACK", "wait 300", "> BYE", "< 200"];
        let mut buyers = ANSWERS;
        buyers[0] = "< INVITE ~INVITE sip:.12145550199@";
        play(&stack, at, &callers, &buyers, &[]).await;
        let waiting = async {
            while !stack.fetch("/metrics").await.contains("ringfall_relay_port_pairs_in_use 0") {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect("every port is given back");
    }
}

#[tokio::test]
async fn a_platform_that_fails_in_the_middle_of_a_call_loses_no_caller() {
    let at = free("127.0.0.4").await;
    let fallback = r#","allow":["127.0.0.0/8"],"fallback":{"phone_number":"+12145550199"}"#;
    let stack = Stack::start(at, fallback, move |path, _| {
        let waits = r#"{"instructions":[{"hold":{"sound":{"silence":{"seconds":1}},"then":"http://127.0.0.1:1/held"}}]}"#;
        if path == "/voice" { (Http::OK, waits.to_owned()) } else { (Http::NOT_FOUND, String::new()) }
    })
    .await;
    // Answered to wait, and joined with the fallback once the next question finds nobody.
    let callers = ["> INVITE sdp", "< 100?", "< 200", "> ACK", "wait 6000", "> BYE", "< 200"];
    let mut buyers = ANSWERS;
    buyers[0] = "< INVITE ~INVITE sip:.12145550199@";
    play(&stack, at, &callers, &buyers, &[]).await;
}
