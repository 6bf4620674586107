use proptest::prelude::*;
use quick_xml::{Reader, events::Event};
use ringfall_domain::{
    call::instructions::{Dial, DialPurpose, Greeting},
    flow::NodeId,
    ids::ConnectionId,
    target::{Destination, SipUri},
};
use url::Url;

use super::*;

mod hold;

fn rendered(instructions: &[Instruction]) -> String {
    let public_url = Url::parse("https://calls.example.com").expect("a URL");
    let callbacks = Callbacks::new(&public_url, ConnectionId::from_parts(1, 1));
    twiml(instructions, CallId::from_parts(2, 2), &callbacks)
}

/// Compares the verbs within `<Response>`, with `{event?}` for our callback URLs.
fn check(instructions: &[Instruction], expected: &str) {
    let url = |event| {
        format!(
            "https://calls.example.com/webhooks/con_00000000010000000000000001/{event}?call=cal_00000000020000000000000002&amp;"
        )
    };
    let mut expected = format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{expected}</Response>"#);
    for event in crate::callback::WebhookEvent::ALL {
        expected = expected.replace(&format!("{{{event}?}}"), &url(event));
    }
    assert_eq!(rendered(instructions), expected);
}

fn node(name: &str) -> NodeId {
    NodeId::try_from(name.to_owned()).expect("a node's name")
}

fn english(text: &str) -> Speech {
    Speech { text: text.to_owned(), language: Some("en-US".to_owned()) }
}

fn plain(text: &str) -> Speech {
    Speech { text: text.to_owned(), language: None }
}

fn gather(digits: Option<u8>, speech: bool, prompt: Speech, timeout_seconds: u32) -> Instruction {
    Instruction::Gather {
        prompt,
        input: GatherInput { digits, speech },
        timeout_seconds,
        then: Continuation::Gathered { node: node("zip"), visit: 2 },
    }
}

fn dial(purpose: DialPurpose) -> Dial {
    Dial {
        destination: Destination::PhoneNumber("+12145550100".parse().expect("a number")),
        ring_timeout_seconds: 20,
        caller_id: None,
        record: false,
        recording_notice: None,
        most_seconds: 3600,
        purpose,
    }
}

fn attempt(greeting: Greeting) -> DialPurpose {
    DialPurpose::Attempt { attempt: 3, greeting }
}

#[test]
fn an_empty_document_lets_the_call_go_on() {
    let empty = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;
    for instructions in [
        vec![],
        vec![Instruction::Bridge],
        vec![Instruction::Say(plain("")), Instruction::Say(plain(" \u{1}\n"))],
    ] {
        assert_eq!(rendered(&instructions), empty, "{instructions:?}");
    }
}

#[test]
fn simple_verbs_are_written_in_their_order() {
    check(
        &[Instruction::Say(english("Press <1> & hold")), Instruction::Say(plain("Bye")), Instruction::Hangup],
        r#"<Say language="en-US">Press &lt;1&gt; &amp; hold</Say><Say>Bye</Say><Hangup/>"#,
    );
    check(
        &[Instruction::Reject(RejectReason::Busy), Instruction::Reject(RejectReason::Declined)],
        r#"<Reject reason="busy"/><Reject reason="rejected"/>"#,
    );
    check(
        &[Instruction::Continue(Continuation::DialEnded { attempt: 3 })],
        r#"<Redirect method="POST">{dial-ended?}attempt=3</Redirect>"#,
    );
}

#[test]
fn a_question_says_what_may_be_entered() {
    let then = r#"action="{gathered?}node=zip&amp;visit=2" method="POST" actionOnEmptyResult="true""#;
    for (instruction, before, after) in [
        (
            gather(Some(5), false, english("Zip?"), 5),
            r#"input="dtmf" numDigits="5" timeout="5""#,
            r#"><Say language="en-US">Zip?</Say></Gather>"#,
        ),
        (
            gather(Some(1), false, plain(""), 0),
            r#"input="dtmf" numDigits="1" finishOnKey="" timeout="1""#,
            "/>",
        ),
        (
            gather(None, true, english("Why?"), 4),
            r#"input="speech" timeout="4" speechTimeout="auto" language="en-US""#,
            r#"><Say language="en-US">Why?</Say></Gather>"#,
        ),
        (
            gather(Some(255), true, plain("Both"), 4),
            r#"input="dtmf speech" numDigits="32" timeout="4" speechTimeout="auto""#,
            "><Say>Both</Say></Gather>",
        ),
    ] {
        check(&[instruction], &format!("<Gather {before} {then}{after}"));
    }
}

#[test]
fn an_attempt_reports_its_progress_and_its_end() {
    let dial_ended = r#"<Dial method="POST" action="{dial-ended?}attempt=3""#;
    let progress = |events| {
        format!(
            r#"statusCallback="{{leg-progress?}}attempt=3" statusCallbackEvent="{events}" statusCallbackMethod="POST""#
        )
    };
    let (unasked, asked) = (progress("answered completed"), progress("completed"));
    check(
        &[Instruction::Connect(dial(attempt(Greeting::None)))],
        &format!(
            r#"{dial_ended} timeout="20" timeLimit="3600" answerOnBridge="true"><Number {unasked}>+12145550100</Number></Dial>"#
        ),
    );
    let screened = Dial {
        caller_id: Some("+18005550111".parse().expect("a number")),
        record: true,
        ..dial(attempt(Greeting::Screening))
    };
    check(
        &[Instruction::Connect(screened)],
        &format!(
            r#"{dial_ended} timeout="20" timeLimit="3600" callerId="+18005550111" record="record-from-answer-dual" answerOnBridge="true"><Number method="POST" url="{{leg-answered?}}attempt=3" {asked}>+12145550100</Number></Dial>"#
        ),
    );
}

#[test]
fn the_caller_is_told_of_the_recording_before_the_first_target_is_rung_and_not_again() {
    let told = |purpose| {
        let recording_notice = Some(plain("We record."));
        let dial = Dial { record: true, recording_notice, ..dial(purpose) };
        rendered(&[Instruction::Connect(dial)]).contains("<Response><Say>We record.</Say><Dial")
    };
    let attempt = |attempt| DialPurpose::Attempt { attempt, greeting: Greeting::None };
    assert!(told(attempt(1)) && told(DialPurpose::Forward(node("zip"))));
    assert!(!told(attempt(2)) && !told(DialPurpose::Fallback));
}

#[test]
fn a_sip_uri_is_dialled_as_one() {
    let to_sip = Dial {
        destination: Destination::SipUri(SipUri::try_from("sip:desk@h?a=1&b=2".to_owned()).expect("a URI")),
        ..dial(DialPurpose::Fallback)
    };
    check(
        &[Instruction::Connect(to_sip)],
        r#"<Dial timeout="20" timeLimit="3600" answerOnBridge="true"><Sip>sip:desk@h?a=1&amp;b=2</Sip></Dial>"#,
    );
}

#[test]
fn a_forward_reports_its_end_only_and_a_fallback_nothing() {
    let rest = r#"timeout="20" timeLimit="3600" answerOnBridge="true"><Number>+12145550100</Number></Dial>"#;
    check(
        &[Instruction::Connect(dial(DialPurpose::Forward(node("office"))))],
        &format!(r#"<Dial method="POST" action="{{forward-ended?}}node=office" {rest}"#),
    );
    check(&[Instruction::Connect(dial(DialPurpose::Fallback))], &format!("<Dial {rest}"));
}

#[test]
fn times_are_kept_within_twilios_bounds() {
    for (given, timeout, time_limit) in [(0, 5, 1), (601, 600, 601), (u32::MAX, 600, 86_400)] {
        let bounded =
            Dial { ring_timeout_seconds: given, most_seconds: given, ..dial(DialPurpose::Fallback) };
        check(
            &[Instruction::Connect(bounded)],
            &format!(
                r#"<Dial timeout="{timeout}" timeLimit="{time_limit}" answerOnBridge="true"><Number>+12145550100</Number></Dial>"#
            ),
        );
    }
}

#[test]
fn a_text_is_cut_at_twilios_limit() {
    let document = rendered(&[Instruction::Say(plain(&"é".repeat(5000)))]);
    assert_eq!(document.matches('é').count(), 4096);
}

/// The names of a document's elements in their order.
fn elements(document: &str) -> Vec<String> {
    let mut reader = Reader::from_str(document);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) | Event::Empty(start) => {
                assert!(start.attributes().all(|attribute| attribute.is_ok()));
                names.push(start.name().into_inner().to_owned());
            }
            Event::Eof => return names,
            Event::End(_) | Event::Text(_) | Event::GeneralRef(_) | Event::Decl(_) => {}
            other => panic!("{other:?} was never written"),
        }
    }
}

proptest! {
    #[test]
    fn no_text_or_language_adds_a_verb(text in any::<String>(), language in any::<String>()) {
        let speech = Speech { text: format!("a{text}"), language: Some(language) };
        let document = rendered(&[
            Instruction::Say(speech.clone()),
            gather(Some(1), true, speech, 5),
            Instruction::Hangup,
        ]);
        prop_assert_eq!(elements(&document), ["Response", "Say", "Gather", "Say", "Hangup"]);
    }
}
