//! Reports, and the silence of those who should speak.

use std::time::Duration;

use ringfall_media::rtcp::{Message, ReportBlock, SenderInfo, parse, write_report};

use super::{World, bridge::talk, phone::voice};
use crate::engine::{Count, EngineEvent};

#[test]
fn a_closed_leg_says_what_it_heard_and_farewell() {
    let mut world = World::start();
    let (mut one, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    world.engine.bridge(one.leg, other.leg).expect("a bridge");
    talk(&mut one, &mut other, 20);
    let ssrc = {
        other.say(0, &voice(1, 1));
        one.hear().0.ssrc
    };
    // Its own report, from which ours takes when it came.
    let mut report = Vec::new();
    let info = SenderInfo { ntp: 0x1234_5678 << 16, rtp_timestamp: 0, packets: 20, octets: 3_200 };
    write_report(one.ssrc, Some(&info), None, "phone", &mut report);
    one.rtcp.send_to(&report, one.theirs_rtcp).expect("sent");
    world.wait_until(|counters| counters.get(Count::ReportsReceived) == 1);
    world.engine.close(one.leg);
    let quality = world.wait_for(|event| match event {
        EngineEvent::Closed { quality, .. } => Some(quality),
        _ => None,
    });
    assert_eq!((quality.totals.received, quality.totals.lost), (20, 0));
    let mut buffer = [0; 2_048];
    let (length, from) = one.rtcp.recv_from(&mut buffer).expect("a report in time");
    assert_eq!(from, one.theirs_rtcp);
    let messages = parse(&buffer[..length]).expect("RTCP");
    let [Message::Sender { info, blocks, .. }, Message::Other { .. }, Message::Bye { sources }] =
        &messages[..]
    else {
        panic!("{messages:?}")
    };
    assert_eq!((info.packets, info.octets, sources.as_slice()), (21, 21 * 160, &[ssrc][..]));
    let [ReportBlock { ssrc, lost: 0, last_report: 0x1234_5678, .. }] = blocks[..] else {
        panic!("{blocks:?}")
    };
    assert_eq!(ssrc, one.ssrc);
}

#[test]
fn reports_of_strangers_are_not_believed_and_those_with_rtp_are() {
    let world = World::start();
    let one = world.phone(1, 1, |agreement| agreement.rtcp = Some(ringfall_media::sdp::Rtcp::Mux));
    let mut report = Vec::new();
    write_report(one.ssrc, None, None, "phone", &mut report);
    let stranger = std::net::UdpSocket::bind((std::net::Ipv4Addr::new(127, 0, 0, 66), 0)).expect("a socket");
    stranger.send_to(&report, one.theirs).expect("sent");
    stranger.send_to(&report, one.theirs_rtcp).expect("sent");
    world.wait_until(|counters| counters.get(Count::FromStranger) == 2);
    one.rtp.send_to(&report, one.theirs).expect("sent");
    world.wait_until(|counters| counters.get(Count::ReportsReceived) == 1);
    world.engine.close(one.leg);
    let (length, _) = one.rtp.recv_from(&mut [0; 2_048]).expect("a report in time");
    assert!(length > 0);
}

#[test]
fn a_leg_that_falls_silent_is_told_of_once() {
    let mut world = World::with(|config| config.silent_after = Duration::from_secs(1));
    let (mut silent, mut other) = (world.phone(1, 1, |_| {}), world.phone(1, 2, |_| {}));
    let held = world.phone(1, 3, |agreement| agreement.direction = ringfall_media::sdp::Direction::SendOnly);
    world.engine.bridge(silent.leg, other.leg).expect("a bridge");
    talk(&mut silent, &mut other, 5);
    let mut told = Vec::new();
    for _ in 0..2 {
        let (leg, seconds) = world.wait_for(|event| match event {
            EngineEvent::Silent { leg, for_seconds } => Some((leg, for_seconds)),
            _ => None,
        });
        assert!(seconds >= 1);
        told.push(leg);
    }
    told.sort_unstable();
    assert_eq!(told, [silent.leg, other.leg]);
    assert_ne!(held.leg, silent.leg);
    // For as long as it lasts, it is the same silence.
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(world.events.try_recv().is_err());
    // Heard again, and silent again.
    talk(&mut silent, &mut other, 5);
    world.wait_for(|event| matches!(event, EngineEvent::Silent { .. }).then_some(()));
}
