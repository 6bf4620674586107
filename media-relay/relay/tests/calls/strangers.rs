//! Who is nobody's caller.

use std::time::Duration;

use crate::{
    phone::Phone,
    stack::{NUMBER, connecting_with},
};

#[tokio::test]
async fn a_stranger_gets_no_answer_whatever_they_say() {
    let (mut stranger, mut buyer) = (Phone::at("127.0.0.5").await, Phone::at("127.0.0.4").await);
    let stack = connecting_with(buyer.address(), r#","allow":["127.0.0.3"]"#).await;
    stranger.dial(stack.relay.sip_address(), NUMBER).await;
    let scan = tokio::net::UdpSocket::bind("127.0.0.5:0").await.expect("a port");
    for probe in [
        "OPTIONS sip:x SIP/2.0\r\n\r\n",
        "\r\n\r\n",
        "REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.5;branch=z9hG4bK1\r\n\r\n",
        "\0",
    ] {
        scan.send_to(probe.as_bytes(), stack.relay.sip_address()).await.expect("sent");
    }
    // A caller who is known has been answered meanwhile.
    let mut caller = Phone::at("127.0.0.3").await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    stranger.go_on(Duration::from_millis(300)).await;
    assert_eq!(stranger.heard, [""; 0]);
    let mut buffer = [0; 1_024];
    assert!(scan.try_recv(&mut buffer).is_err());
    let metrics = stack.fetch("/metrics").await;
    let counted = metrics.lines().find(|line| line.contains("sip_dropped_total{reason=\"unknown_source\"}"));
    let count: u64 =
        counted.and_then(|line| line.rsplit(' ').next()).and_then(|count| count.parse().ok()).unwrap_or(0);
    assert!(count >= 5, "{metrics}");
}

#[tokio::test]
async fn somebody_who_is_only_called_may_not_call() {
    let (mut caller, mut buyer) = (Phone::at("127.0.0.3").await, Phone::at("127.0.0.4").await);
    let stack = connecting_with(buyer.address(), r#","allow":["127.0.0.3"]"#).await;
    caller.dial(stack.relay.sip_address(), NUMBER).await;
    let rung = buyer.rings().await;
    buyer.answer(rung).await;
    caller.answered().await;
    let before = buyer.heard.len();
    buyer.dial(stack.relay.sip_address(), NUMBER).await;
    buyer.go_on(Duration::from_millis(400)).await;
    let answers = buyer.heard[before..].iter().filter(|message| message.starts_with("SIP/2.0")).count();
    assert_eq!(answers, 0, "{:?}", &buyer.heard[before..]);
    // But what it says of its own call is heard.
    buyer.hang_up(rung).await;
    assert_eq!(caller.ended().await, "RemoteBye");
}

#[tokio::test]
async fn a_number_that_is_not_the_trunks_is_not_found() {
    let mut caller = Phone::at("127.0.0.3").await;
    let stack = connecting_with(caller.address(), r#","allow":["127.0.0.3"]"#).await;
    caller.dial(stack.relay.sip_address(), "+18005550999").await;
    assert!(caller.ended().await.contains("404"));
    assert!(stack.platform.heard().is_empty());
}
