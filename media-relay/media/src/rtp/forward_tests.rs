use super::*;
use crate::{
    rtp::Header,
    sdp::{Digits, Direction, Format},
};

fn agreed(codec: Codec, digits: Option<(u8, u32)>) -> Agreement {
    Agreement {
        rtp: Some("192.0.2.1:4000".parse().expect("an address")),
        rtcp: None,
        direction: Direction::SendRecv,
        format: Format { payload_type: codec.payload_type(), codec, parameters: None },
        receive_payload_type: codec.payload_type(),
        digits: digits.map(|(number, clock_rate_hz)| Digits {
            send_payload_type: number,
            receive_payload_type: number,
            clock_rate_hz,
        }),
        packet_time_ms: 20,
        srtp: None,
    }
}

fn clock() -> OutputClock {
    OutputClock::new(0xBBBB, 1_000, 5_000, 8_000)
}

fn packet(payload_type: u8, payload: &[u8]) -> Vec<u8> {
    let header = Header { marker: false, payload_type, sequence: 1, timestamp: 1, ssrc: 2 };
    [&header.to_bytes()[..], payload].concat()
}

fn forward(forwarder: &Forwarder, mut bytes: Vec<u8>) -> Result<Vec<u8>, Dropped> {
    let packet = Packet::parse(&bytes).expect("a packet");
    let place = forwarder.forward(&packet, &mut bytes, &mut clock(), Duration::ZERO)?;
    Ok(bytes[place].to_vec())
}

#[test]
fn audio_goes_out_under_the_other_legs_numbers() {
    let mut to = agreed(Codec::Opus, None);
    to.format.payload_type = 96;
    let forwarder = Forwarder::between(&agreed(Codec::Opus, None), &to).expect("a route");
    let sent = forward(&forwarder, packet(111, b"opus")).expect("sent");
    let read = Packet::parse(&sent).expect("a packet");
    let expected = Header { marker: true, payload_type: 96, sequence: 1_000, timestamp: 5_000, ssrc: 0xBBBB };
    assert_eq!((read.header, &sent[read.payload]), (expected, &b"opus"[..]));
}

#[test]
fn laws_are_translated_where_the_legs_differ_and_where_a_leg_changes_without_a_word() {
    let forwarder =
        Forwarder::between(&agreed(Codec::Pcmu, None), &agreed(Codec::Pcma, None)).expect("a route");
    let silence = |law: Law| vec![law.silence(); 160];
    for (payload_type, heard) in [(0, Law::Mu), (8, Law::A)] {
        let sent = forward(&forwarder, packet(payload_type, &silence(heard))).expect("sent");
        assert_eq!((sent[1] & 0x7F, &sent[12..]), (8, &silence(Law::A)[..]), "{payload_type}");
    }
}

#[test]
fn extensions_and_sources_of_the_one_leg_never_reach_the_other() {
    let forwarder =
        Forwarder::between(&agreed(Codec::Pcmu, None), &agreed(Codec::Pcmu, None)).expect("a route");
    let mut bytes = packet(0, &[0, 0, 0, 99, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4, b'a', b'u', 0, 2]);
    bytes[0] |= 0x20 | 0x10 | 0x01;
    let sent = forward(&forwarder, bytes).expect("sent");
    assert_eq!((sent[0], &sent[12..]), (0x80, &b"au"[..]));
}

#[test]
fn digits_are_mapped_across_the_bridge_and_dropped_where_there_are_none() {
    let event = EventPayload { event: 5, is_end: false, volume: 10, duration_ticks: 320 }.to_bytes();
    let from = agreed(Codec::Pcmu, Some((96, 8_000)));
    let forwarder = Forwarder::between(&from, &agreed(Codec::Pcma, Some((101, 8_000)))).expect("a route");
    let sent = forward(&forwarder, packet(96, &event)).expect("sent");
    assert_eq!((sent[1] & 0x7F, &sent[12..]), (101, &event[..]));
    assert_eq!(forward(&forwarder, packet(96, &event[..3])), Err(Dropped::PayloadType));
    for other in [None, Some((101, 48_000))] {
        let forwarder = Forwarder::between(&from, &agreed(Codec::Pcma, other)).expect("a route");
        assert_eq!(forward(&forwarder, packet(96, &event)), Err(Dropped::PayloadType));
    }
}

#[test]
fn what_was_not_agreed_is_dropped_and_what_cannot_be_spoken_is_no_route() {
    let forwarder =
        Forwarder::between(&agreed(Codec::Pcmu, None), &agreed(Codec::Pcmu, None)).expect("a route");
    for payload_type in [9, 13, 101, 127] {
        assert_eq!(forward(&forwarder, packet(payload_type, b"x")), Err(Dropped::PayloadType));
    }
    for (from, to) in [(Codec::Opus, Codec::Pcmu), (Codec::Pcma, Codec::G722), (Codec::G722, Codec::Opus)] {
        assert_eq!(Forwarder::between(&agreed(from, None), &agreed(to, None)), Err(NoRoute { from, to }));
    }
}

#[test]
fn a_bridge_costs_little_memory() {
    assert!(size_of::<Forwarder>() <= 32, "{}", size_of::<Forwarder>());
    assert!(size_of::<OutputClock>() <= 64, "{}", size_of::<OutputClock>());
}
