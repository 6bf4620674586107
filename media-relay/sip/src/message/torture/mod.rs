//! The messages of RFC 4475, byte by byte from the archive in its appendix A (`messages/`), each with what that RFC says of it.

use bytes::Bytes;

use super::{Frame, Framer, Host, Malformed, Message, Method, Name, Request, Response, Uri};

macro_rules! read {
    ($name:literal) => {
        Bytes::from_static(include_bytes!(concat!("messages/", $name, ".dat")))
    };
}

macro_rules! list {
    ($($name:literal),* $(,)?) => { [$(($name, read!($name))),*] };
}

/// §3.1.1 whole; §3.2; of §3.3 and §3.4 what is well formed. A server takes them all; what it answers is no matter of syntax.
fn sound() -> [(&'static str, Bytes); 27] {
    list![
        "wsinv",
        "intmeth",
        "esc01",
        "escnull",
        "esc02",
        "lwsdisp",
        "longreq",
        "dblreq",
        "semiuri",
        "transports",
        "mpart01",
        "unreason",
        "noreason",
        "badbranch",
        "unkscm",
        "novelsc",
        "unksm2",
        "bext01",
        "invut",
        "regaut01",
        "bcast",
        "zeromf",
        "cparam01",
        "cparam02",
        "regescrt",
        "sdp01",
        "inv2543",
    ]
}

/// Requests of §3.1.2 and §3.3 that are answered with 400 (or, where the RFC leaves it open, that we answer so).
fn bad_requests() -> [(&'static str, Bytes); 17] {
    list![
        "badinv01",
        "clerr",
        "ncl",
        "scalar02",
        "quotbal",
        "ltgtruri",
        "lwsruri",
        "lwsstart",
        "trws",
        "escruri",
        "regbadct",
        "badaspec",
        "baddn",
        "mismatch01",
        "insuf",
        "multi01",
        "mcl01",
    ]
}

fn request(bytes: &Bytes) -> Request {
    match Message::parse(bytes) {
        Ok(Message::Request(request)) => request,
        other => unreachable!("{other:?}"),
    }
}

fn response(bytes: &Bytes) -> Response {
    match Message::parse(bytes) {
        Ok(Message::Response(response)) => response,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn every_message_that_must_be_taken_is_taken_and_reads_back() {
    for (name, bytes) in sound() {
        let message = Message::parse(&bytes).unwrap_or_else(|error| unreachable!("{name}: {error}"));
        let written = message.to_bytes();
        assert_eq!(Message::parse(&written), Ok(message), "{name}: {}", String::from_utf8_lossy(&written));
    }
}

#[test]
fn every_request_that_is_not_sound_is_answered_with_400() {
    for (name, bytes) in bad_requests() {
        let Err(Malformed { problem, answer: Some(answer) }) = Message::parse(&bytes) else {
            unreachable!("{name}: {:?}", Message::parse(&bytes));
        };
        assert_eq!(problem.status().code(), 400, "{name}: {problem}");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("SIP/2.0 400 Bad Request ("), "{name}: {answer}");
        assert!(
            answer.contains("\r\nVia: ") && answer.ends_with("\r\nContent-Length: 0\r\n\r\n"),
            "{name}: {answer}"
        );
    }
}

#[test]
fn an_unknown_version_is_answered_with_505_and_an_unknown_method_is_taken_whatever_its_cseq_says() {
    let Err(Malformed { answer: Some(answer), .. }) = Message::parse(&read!("badvers")) else {
        unreachable!("version 7.0 was taken");
    };
    assert!(answer.starts_with(b"SIP/2.0 505 "));
    assert_eq!(request(&read!("mismatch02")).method, Method::Other("NEWMETHOD".to_owned()));
}

#[test]
fn responses_that_are_not_sound_are_dropped() {
    for (name, bytes) in list!["scalarlg", "bigcode"] {
        assert!(matches!(Message::parse(&bytes), Err(Malformed { answer: None, .. })), "{name}");
    }
}

#[test]
fn a_date_that_we_do_not_use_may_be_wrong() {
    assert_eq!(request(&read!("baddate")).headers.text(&Name::Date), Some("Fri, 01 Jan 2010 16:00:00 EST"));
}

#[test]
fn the_tortuous_invite_is_understood() {
    let invite = request(&read!("wsinv"));
    let essentials = &invite.essentials;
    assert_eq!(essentials.from.display.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!((essentials.from.tag(), essentials.to.tag()), (Some("98asjd8"), Some("1918181833n")));
    assert_eq!(essentials.cseq.to_string(), "9 INVITE");
    let hosts: Vec<_> = essentials.via.iter().map(|via| via.host.to_string()).collect();
    assert_eq!(hosts, ["192.0.2.2", "spindle.example.com", "192.168.255.111"]);
    assert_eq!(essentials.via[1].unique_branch(), Some("z9hG4bK9ikj8"));
    assert_eq!(invite.headers.number(&Name::MaxForwards), Some(68));
    assert_eq!(invite.headers.text(&Name::Subject), Some(""));
    let new = Name::Other("newfangledheader".to_owned());
    assert_eq!(invite.headers.text(&new), Some("newfangled value continued newfangled value"));
    let unusual = Name::Other("UnknownHeaderWithUnusualValue".to_owned());
    assert_eq!(invite.headers.text(&unusual), Some(";;,,;;,;"));
    let contact = &invite.headers.addresses(&Name::Contact).expect("a contact")[0];
    assert_eq!(
        (contact.display.as_deref(), contact.params.get("q").as_deref()),
        (Some("Quoted string \"\""), Some("0.33"))
    );
    assert_eq!(invite.body.len(), 150);
}

#[test]
fn unusual_characters_stay_what_they_are() {
    let unusual = request(&read!("intmeth"));
    assert_eq!(unusual.method.as_str(), "!interesting-Method0123456789_*+`.%indeed'~");
    assert_eq!(unusual.essentials.to.display.as_deref(), Some("BEL:\u{7} NUL:\0 DEL:\u{7f}"));
    assert_eq!(unusual.essentials.from.display.as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    let escaped = request(&read!("escnull"));
    assert_eq!(escaped.essentials.to.uri.to_string(), "sip:null-%00-null@example.com");
    let percent = request(&read!("esc02"));
    assert_eq!(percent.method, Method::Other("RE%47IST%45R".to_owned()));
    assert_eq!(percent.headers.raw(&Name::Contact).count(), 2);
}

#[test]
fn a_second_request_in_a_datagram_is_left_out() {
    let first = request(&read!("dblreq"));
    assert_eq!((first.method, first.body.len()), (Method::Register, 0));
}

#[test]
fn a_binary_body_is_not_touched() {
    let message = request(&read!("mpart01"));
    assert_eq!(message.body.len(), 553);
    assert!(std::str::from_utf8(&message.body).is_err());
    assert_eq!(message.body, read!("mpart01").slice(read!("mpart01").len() - 553..));
}

#[test]
fn a_user_may_hold_a_semicolon_and_an_unknown_scheme_is_kept() {
    let Uri::Sip(uri) = request(&read!("semiuri")).uri else { unreachable!("it is a sip URI") };
    assert_eq!(uri.user.as_deref(), Some("user;par=u%40example.net"));
    assert_eq!(uri.host, Host::Name("example.com".to_owned()));
    assert_eq!(request(&read!("unkscm")).uri.to_string(), "nobodyknowsthisscheme:totallyopaquecontent");
}

#[test]
fn reasons_may_be_empty_or_in_any_script() {
    assert_eq!(response(&read!("noreason")).reason, "");
    assert!(response(&read!("unreason")).reason.starts_with("= 2**3 * 5**2 "));
}

#[test]
fn a_stream_holds_the_same_messages_however_it_is_cut() {
    // Without a length, a message of a stream has no end; and of one of these, the body is longer than it says.
    let framed = |bytes: &Bytes| {
        let Ok(message) = Message::parse(bytes) else { unreachable!("it was sound") };
        message.to_bytes()
    };
    let messages: Vec<Bytes> = sound().iter().map(|(_, bytes)| framed(bytes)).collect();
    let stream = messages.concat();
    for step in [1, 2, 3, 7, 100, 1_460, stream.len()] {
        let mut framer = Framer::default();
        let mut found = Vec::new();
        for chunk in stream.chunks(step) {
            framer.push(chunk);
            while let Some(frame) = framer.next_frame().expect("a sound stream") {
                found.push(frame);
            }
        }
        let expected: Vec<_> = messages.iter().cloned().map(Frame::Message).collect();
        assert_eq!(found, expected, "cut every {step} bytes");
    }
}

#[test]
fn a_body_that_is_still_on_its_way_is_waited_for_in_a_stream() {
    let mut framer = Framer::default();
    framer.push(&read!("clerr"));
    assert_eq!(framer.next_frame(), Ok(None));
}

#[test]
fn a_stream_whose_lengths_are_wrong_is_answered_and_ended() {
    for (name, bytes) in list!["ncl", "mcl01", "inv2543"] {
        let mut framer = Framer::default();
        framer.push(&bytes);
        let error = framer.next_frame().expect_err(name);
        assert!(error.answer.is_some_and(|answer| answer.starts_with(b"SIP/2.0 400 ")), "{name}");
        framer.push(&read!("lwsdisp"));
        assert_eq!(framer.next_frame(), Ok(None), "{name}: nothing is read behind a broken frame");
    }
}
