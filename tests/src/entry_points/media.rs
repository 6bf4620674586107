//! The relay's media: session descriptions, packets, reports, digits in INFO, files.

use std::{net::SocketAddr, time::Duration};

use ringfall_media::{
    codec::Codec,
    dtmf::{DTMF_RELAY_TYPE, DTMF_TYPE, EventReceiver, read_info, write_info},
    gate::SourceGate,
    prompt::{MOST_LENGTH, Prompt},
    rtcp, rtp,
    sdp::{
        self, Agreement, Capabilities, Digits, Direction, Format, KEY_AND_SALT_BYTES, KeyAndSalt,
        LocalAddress, Negotiation, OfferedCodec, Secrets, SrtpPolicy, Suite,
    },
    srtp::SrtpReceiver,
};

/// An offer, and an answer to ours: what is answered can be read, keeps every stream in its place, and says nothing of the other side.
pub fn sdp(bytes: &[u8]) {
    let Ok(session) = sdp::parse(bytes) else {
        assert!(leg(SrtpPolicy::Never).take_offer(bytes, Direction::SendRecv).is_err());
        return;
    };
    for policy in [SrtpPolicy::Never, SrtpPolicy::WhenOffered, SrtpPolicy::Required] {
        let mut answering = leg(policy);
        for direction in [Direction::SendRecv, Direction::SendOnly] {
            let Ok(body) = answering.take_offer(bytes, direction) else { continue };
            let written = sdp::parse(body.as_bytes()).expect("what we write can be read");
            assert_eq!(written.medias.len(), session.medias.len(), "{body}");
            assert_eq!(written.medias.iter().filter(|media| media.port != 0).count(), 1, "{body}");
            let agreement = answering.agreement().expect("what is answered is agreed");
            assert!(agreement.direction.sends() || direction == Direction::SendRecv || !agreement.sends());
            assert_eq!(agreement.srtp.is_some(), body.contains("\r\na=crypto:"), "{body}");
            assert!(policy != SrtpPolicy::Required || agreement.srtp.is_some());
            let again = answering.offer(Direction::SendRecv).expect("no offer waits");
            assert!(
                sdp::parse(again.as_bytes()).is_ok_and(|again| again.medias.len() == session.medias.len())
            );
            answering.withdraw();
        }
        let mut offering = leg(policy);
        offering.offer(Direction::SendRecv).expect("no offer waits");
        let _ = offering.take_answer(bytes);
    }
}

fn leg(srtp: SrtpPolicy) -> Negotiation {
    let opus = OfferedCodec { codec: Codec::Opus, parameters: None };
    let capabilities = Capabilities { srtp, ..Capabilities::default().passing_through(&[opus]) };
    let local =
        LocalAddress { ip: "203.0.113.9".parse().expect("an address"), rtp_port: 20_000, rtcp_port: 20_001 };
    let keys = [KeyAndSalt([1; KEY_AND_SALT_BYTES]), KeyAndSalt([2; KEY_AND_SALT_BYTES])];
    Negotiation::new(local, capabilities, Secrets { session_id: 42, keys })
}

/// Packets, each after a byte with its length: what is handed on lies within the packet, is a packet, and never takes the other leg's
/// clock back; nothing is taken for SRTP that nobody protected.
pub fn rtp(bytes: &[u8]) {
    let from: SocketAddr = "192.0.2.1:4000".parse().expect("an address");
    let mut gate = SourceGate::new(Some(from), None);
    let mut reception = rtp::Reception::new(8_000);
    let mut digits = EventReceiver::default();
    let mut receiver = SrtpReceiver::new(Suite::AesCm128HmacSha1_32, &KeyAndSalt([7; KEY_AND_SALT_BYTES]));
    let forwarder =
        rtp::Forwarder::between(&agreed(Codec::Pcmu, 101), &agreed(Codec::Pcma, 96)).expect("a route");
    let mut clock = rtp::OutputClock::new(1, 65_530, u32::MAX - 1_000, 8_000);
    let (mut rest, mut now) = (bytes, Duration::ZERO);
    let (mut newest, mut last) = (None, None);
    while let Some((length, after)) = rest.split_first() {
        let (datagram, others) = after.split_at(usize::from(*length).min(after.len()));
        rest = others;
        now += Duration::from_millis(u64::from(length % 64));
        let mut datagram = datagram.to_vec();
        assert!(receiver.unprotect(&mut datagram.clone()).is_err(), "what nobody protected was believed");
        let Ok(packet) = rtp::Packet::parse(&datagram) else { continue };
        let _ = gate.take(from, packet.header.ssrc, now);
        reception.received(&packet.header, now);
        digits.received(&packet.header, &datagram[packet.payload.clone()]);
        let Ok(place) = forwarder.forward(&packet, &mut datagram, &mut clock, now) else { continue };
        let sent = rtp::Packet::parse(&datagram[place]).expect("what is handed on is a packet").header;
        assert_eq!((sent.ssrc, matches!(sent.payload_type, 8 | 96)), (1, true));
        let next = clock.clone().play(8, 160, 160, now);
        let is_after = |header: rtp::Header, other: rtp::Header| {
            let (packets, ticks) = (
                header.sequence.wrapping_sub(other.sequence),
                header.timestamp.wrapping_sub(other.timestamp),
            );
            packets > 0 && packets <= u16::MAX / 2 && ticks <= u32::MAX / 2
        };
        assert!(is_after(next, sent), "{sent:?} {next:?}");
        assert!(last.is_none_or(|last| is_after(next, last)), "{last:?} {next:?}");
        let is_newest = |newest: u16| matches!(sent.sequence.wrapping_sub(newest), 1..0x8000);
        let is_first = newest.is_none_or(is_newest);
        if is_first {
            newest = Some(sent.sequence);
        }
        if is_first && sent.payload_type == 8 {
            assert!(last.is_none_or(|last| is_after(sent, last)), "{last:?} {sent:?}");
            last = Some(sent);
        }
    }
    let _ = (reception.report_block(now), reception.totals(), clock.sender_info(0, now));
}

fn agreed(codec: Codec, digits: u8) -> Agreement {
    Agreement {
        rtp: None,
        rtcp: None,
        direction: Direction::SendRecv,
        format: Format { payload_type: codec.payload_type(), codec, parameters: None },
        receive_payload_type: codec.payload_type(),
        digits: Some(Digits {
            send_payload_type: digits,
            receive_payload_type: digits,
            clock_rate_hz: 8_000,
        }),
        packet_time_ms: 20,
        srtp: None,
    }
}

/// Reports: what is read is bounded.
pub fn rtcp(bytes: &[u8]) {
    let Ok(messages) = rtcp::parse(bytes) else { return };
    assert!(!messages.is_empty() && messages.len() <= 16);
    for message in &messages {
        if let rtcp::Message::Sender { blocks, .. } | rtcp::Message::Receiver { blocks, .. } = message {
            assert!(blocks.len() <= 31 && blocks.iter().all(|block| block.lost.unsigned_abs() <= 1 << 23));
            let _: Vec<_> = blocks.iter().map(|block| block.round_trip(u64::MAX / 3)).collect();
        }
    }
}

/// Digits in the body of an INFO: what is read is written so that it reads the same.
pub fn dtmf_info(bytes: &[u8]) {
    for content_type in [DTMF_RELAY_TYPE, DTMF_TYPE] {
        if let Some(digit) = read_info(content_type, bytes) {
            assert_eq!(read_info(DTMF_RELAY_TYPE, write_info(digit, 100).as_bytes()), Some(digit));
        }
    }
}

/// A file of audio: what is read is bounded.
pub fn audio(bytes: &[u8]) {
    if let Ok(prompt) = Prompt::read(bytes) {
        assert!(!prompt.samples().is_empty() && prompt.length() <= MOST_LENGTH);
    }
}
