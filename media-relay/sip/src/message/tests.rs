//! What every message must stand: any bytes, any values.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

/// A sound request, with something more in it.
fn invite(more: &str, body: &str) -> Bytes {
    Bytes::from(format!(
        "INVITE sip:+12145550100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;rport;branch=z9hG4bK1\r\n\
         From: \"A\" <sip:a@192.0.2.2>;tag=1\r\nTo: <sip:+12145550100@192.0.2.1>\r\nCall-ID: x@192.0.2.2\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:a@192.0.2.2>\r\nMax-Forwards: 70\r\n{more}\r\n{body}"
    ))
}

fn parse(bytes: &Bytes) -> Message {
    Message::parse(bytes).unwrap_or_else(|error| unreachable!("{error}: {}", String::from_utf8_lossy(bytes)))
}

#[test]
fn an_unknown_header_is_no_reason_to_drop_an_invite_even_in_latin_1() {
    let mut bytes = invite("X-Odd: ;;,\"\r\nX-Name: J", "").to_vec();
    let end = bytes.len() - 2;
    bytes.splice(end..end, [0xFC, b'r', b'\r', b'\n']);
    let Message::Request(request) = parse(&bytes.into()) else { unreachable!("it is a request") };
    assert_eq!(
        request.headers.raw(&Name::Other("x-name".to_owned())).next().expect("kept")[..],
        b"J\xFCr"[..]
    );
}

#[test]
fn compact_forms_are_the_long_names() {
    let Message::Request(request) =
        parse(&invite("k: timer, 100rel\r\nx: 1800\r\nc: application/sdp\r\n", "v=0"))
    else {
        unreachable!("it is a request");
    };
    assert!(
        request.headers.lists(&Name::Supported, "TIMER") && request.headers.lists(&Name::Supported, "100rel")
    );
    assert_eq!(request.headers.number(&Name::SessionExpires), Some(1_800));
    assert_eq!(request.headers.text(&Name::ContentType), Some("application/sdp"));
    assert_eq!(&request.body[..], b"v=0", "without a length, a datagram's body is all the rest");
}

#[test]
fn a_lone_line_end_within_a_header_is_refused() {
    for smuggled in ["Subject: a\nVia: SIP/2.0/UDP evil", "Subject: a\rVia: x"] {
        let error = Message::parse(&invite(&format!("{smuggled}\r\n"), "")).expect_err("it was taken");
        assert_eq!(error.problem, Problem::HeaderLine { line: 9 });
    }
}

#[test]
fn a_lone_line_end_within_a_status_line_is_refused() {
    for phrase in ["OK\rVia: x", "OK\nVia: x", "\r"] {
        let response = format!(
            "SIP/2.0 200 {phrase}\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n\
             Call-ID: x\r\nCSeq: 1 INVITE\r\n\r\n"
        );
        let error = Message::parse(&response.into()).expect_err("it was taken");
        assert_eq!(error.problem, Problem::StartLine("a line end stands within it"));
    }
}

#[test]
fn values_that_we_set_cannot_become_headers() {
    let Message::Request(mut request) = parse(&invite("", "")) else { unreachable!("it is a request") };
    request.headers.set(Name::Subject, "a\r\nX-Evil: 1");
    request.essentials.from.display = Some("b\r\nX-Evil: 2\"".to_owned());
    let Message::Request(again) = parse(&request.to_bytes()) else { unreachable!("it is a request") };
    assert!(!again.headers.has(&Name::Other("X-Evil".to_owned())));
    assert_eq!(again.headers.text(&Name::Subject), Some("a  X-Evil: 1"));
}

#[test]
fn limits_hold() {
    let many = "X: 1\r\n".repeat(MOST_HEADERS);
    let error = Message::parse(&invite(&many, "")).expect_err("too many headers");
    assert_eq!(error.problem.status(), StatusCode::MESSAGE_TOO_LARGE);
    let long = "a".repeat(MOST_MESSAGE_BYTES);
    let error = Message::parse(&invite("", &long)).expect_err("too long");
    assert_eq!(error.problem, Problem::TooLong { most_bytes: MOST_MESSAGE_BYTES });
    let mut framer = Framer::default();
    framer.push(&invite(&format!("X: {long}"), ""));
    assert!(framer.next_frame().is_err(), "a head without an end is kept for ever");
    let mut framer = Framer::default();
    framer.push(&invite("Content-Length: 65500\r\n", ""));
    assert!(framer.next_frame().is_err(), "a body is waited for that is too long");
}

#[test]
fn an_ack_is_never_answered_and_nothing_without_a_via_is() {
    let ack = b"ACK sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c\r\nCSeq: x ACK\r\n\r\n";
    let bare = b"INVITE sip:a@b SIP/2.0\r\nCSeq: x INVITE\r\n\r\n";
    for silent in [&ack[..], &bare[..], b"\r\n", b"", b"hello", b"\0\xFF"] {
        let error = Message::parse(&Bytes::copy_from_slice(silent)).expect_err("no message");
        assert_eq!(error.answer, None, "{}", String::from_utf8_lossy(silent));
    }
}

#[test]
fn pings_are_told_from_line_ends_before_a_message() {
    let mut framer = Framer::default();
    framer.push(b"\r\n\r\n");
    assert_eq!(framer.next_frame(), Ok(Some(Frame::Ping)));
    framer.push(b"\r\n");
    assert_eq!(framer.next_frame(), Ok(None));
    let message = invite("Content-Length: 0\r\n", "");
    framer.push(&message);
    assert_eq!(framer.next_frame(), Ok(Some(Frame::Message(message))));
    assert_eq!(framer.next_frame(), Ok(None));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Message::parse(&Bytes::from(bytes.clone()));
        let mut framer = Framer::default();
        framer.push(&bytes);
        while let Ok(Some(_)) = framer.next_frame() {}
    }

    #[test]
    fn no_header_makes_it_panic_and_what_is_taken_reads_back(
        name in "Via|From|To|Contact|CSeq|Route|Session-Expires|RAck|Content-Length|l|Require|[a-z]{1,3}",
        value in "[ -~é\t]{0,60}|(<?sips?:[a-z]{0,3}@?[a-z.\\[:0-9\\]]{0,9}>?[;=,a-z0-9\"]{0,20})",
    ) {
        if let Ok(message) = Message::parse(&invite(&format!("{name}: {value}\r\n"), "")) {
            prop_assert_eq!(Message::parse(&message.to_bytes()), Ok(message));
        }
    }

    #[test]
    fn a_damaged_message_never_makes_it_panic_and_what_is_taken_reads_back(
        place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = invite("Supported: 100rel\r\nRecord-Route: <sip:p;lr>, <sip:q;lr>\r\n", "v=0\r\n").to_vec();
        let at = place.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len() * 2).max(1));
        if let Ok(message) = Message::parse(&bytes.into()) {
            prop_assert_eq!(Message::parse(&message.to_bytes()), Ok(message));
        }
    }
}
