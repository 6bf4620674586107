use proptest::prelude::*;
use ringfall_control::{limits::MOST_BODY_BYTES, read, write};
use ringfall_domain::{
    call::instructions::{Dial, DialPurpose, Greeting},
    flow::NodeId,
    ids::ConnectionId,
    queue::Told,
    target::{Destination, SipUri},
};
use serde_json::{Value, json};
use url::Url;

use super::*;

fn callbacks() -> Callbacks {
    let public_url = Url::parse("https://calls.example.com").expect("a URL");
    Callbacks::new(&public_url, ConnectionId::from_parts(1, 1))
}

/// What is written, as the relay reads it.
fn rendered(instructions: &[Instruction]) -> Value {
    let body = write(&orders(instructions, CallId::from_parts(2, 2), &callbacks()));
    let read: Orders = read(body.as_bytes(), MOST_BODY_BYTES).expect("the relay reads what we write");
    assert_eq!(write(&read), body);
    let mut body: Value = serde_json::from_str(&body).expect("JSON");
    body["instructions"].take()
}

fn url(then: &Continuation) -> String {
    callbacks().url(CallId::from_parts(2, 2), then)
}

fn node() -> NodeId {
    NodeId::try_from("zip".to_owned()).expect("a node's name")
}

fn english(text: &str) -> Speech {
    Speech { text: text.to_owned(), language: Some("en-US".to_owned()) }
}

fn plain(text: &str) -> Speech {
    Speech { text: text.to_owned(), language: None }
}

fn gather(digits: Option<u8>, speech: bool, prompt: Speech, timeout_seconds: u32) -> Instruction {
    let then = Continuation::Gathered { node: node(), visit: 2 };
    Instruction::Gather { prompt, input: GatherInput { digits, speech }, timeout_seconds, then }
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

fn connected(dial: Dial) -> Value {
    rendered(&[Instruction::Connect(dial)])[0]["connect"].take()
}

#[test]
fn nothing_to_do_is_an_empty_list() {
    for instructions in [vec![], vec![Instruction::Say(plain("")), Instruction::Say(plain(" \u{1}\n"))]] {
        assert_eq!(rendered(&instructions), json!([]), "{instructions:?}");
    }
}

#[test]
fn simple_orders_are_written_in_their_turn() {
    let then = Continuation::DialEnded { attempt: 3 };
    let instructions = [
        Instruction::Say(english("Hello")),
        Instruction::Say(plain("Bye\u{0}")),
        Instruction::Continue(then.clone()),
        Instruction::Reject(RejectReason::Busy),
        Instruction::Reject(RejectReason::Declined),
        Instruction::Bridge,
        Instruction::Hangup,
    ];
    let expected = json!([
        {"say": {"text": "Hello", "language": "en-US"}},
        {"say": {"text": "Bye"}},
        {"continue": {"then": url(&then)}},
        {"reject": {"reason": "busy"}},
        {"reject": {"reason": "declined"}},
        "bridge",
        "hangup",
    ]);
    assert_eq!(rendered(&instructions), expected);
}

#[test]
fn a_question_says_what_may_be_entered() {
    let then = url(&Continuation::Gathered { node: node(), visit: 2 });
    for (instruction, expected) in [
        (
            gather(Some(5), false, english("Zip?"), 5),
            json!({"prompt": {"text": "Zip?", "language": "en-US"}, "digits": 5, "timeout_seconds": 5, "then": then}),
        ),
        (gather(Some(0), true, plain(""), 0), json!({"digits": 1, "timeout_seconds": 1, "then": then})),
        (
            gather(Some(255), false, plain(""), u32::MAX),
            json!({"digits": 32, "timeout_seconds": 600, "then": then}),
        ),
        (
            gather(None, true, plain("Why?"), 5),
            json!({"prompt": {"text": "Why?"}, "timeout_seconds": 5, "then": then}),
        ),
    ] {
        assert_eq!(rendered(&[instruction]), json!([{ "gather": expected }]));
    }
}

#[test]
fn a_step_of_the_hold_is_heard_and_comes_back() {
    let then = || Continuation::Held { node: node(), told: Told { steps: 2, ..Told::default() } };
    let file = "https://cdn.example.com/hold.mp3?a=1&b=%3C";
    for (sound, heard) in [
        (Sound::OwnMusic, json!({"own_music": {"seconds": 24}})),
        (Sound::File(file.parse().expect("a URL")), json!({"file": {"url": file}})),
        (Sound::Silence { seconds: 15 }, json!({"silence": {"seconds": 15}})),
        (Sound::Silence { seconds: 0 }, json!({"silence": {"seconds": 1}})),
        (Sound::Silence { seconds: u32::MAX }, json!({"silence": {"seconds": 600}})),
    ] {
        for takes_key in [false, true] {
            let spoken = vec![english("You are number 3."), plain("")];
            let step = HoldStep { spoken, sound: sound.clone(), takes_key, then: then() };
            let expected = json!({"spoken": [{"text": "You are number 3.", "language": "en-US"}], "sound": heard,
                                  "takes_key": takes_key, "then": url(&then())});
            assert_eq!(rendered(&[Instruction::Hold(step)]), json!([{ "hold": expected }]));
        }
    }
}

#[test]
fn a_message_is_taken_within_bounds() {
    let then = Continuation::MessageLeft { node: node(), index: 1 };
    for (given, expected) in [(120, 120), (0, 1), (u32::MAX, 14_400)] {
        let record = Instruction::Record { most_seconds: given, then: then.clone() };
        assert_eq!(rendered(&[record]), json!([{"record": {"most_seconds": expected, "then": url(&then)}}]));
    }
}

#[test]
fn an_attempt_is_reported_as_its_greeting_needs() {
    let then = url(&Continuation::DialEnded { attempt: 3 });
    let greeted = url(&Continuation::LegAnswered { attempt: 3 });
    let progress = url(&Continuation::LegProgress { attempt: 3 });
    for (greeting, leg_answered, answered) in [
        (Greeting::None, None, true),
        (Greeting::Whisper, Some(&greeted), true),
        (Greeting::Screening, Some(&greeted), false),
    ] {
        let mut target = json!({"destination": {"phone_number": "+12145550100"},
                                "progress": {"url": progress, "answered": answered}});
        if let Some(leg_answered) = leg_answered {
            target["leg_answered"] = json!(leg_answered);
        }
        let expected = json!({"targets": [target], "order": "parallel", "ring_timeout_seconds": 20, "record": false,
                              "most_seconds": 3600, "then": then});
        assert_eq!(connected(dial(DialPurpose::Attempt { attempt: 3, greeting })), expected);
    }
}

#[test]
fn a_forward_reports_its_end_only_and_a_fallback_nothing() {
    let overflow = DialPurpose::Overflow { node: node(), index: 1 };
    for (purpose, then) in [
        (DialPurpose::Forward(node()), Some(Continuation::ForwardEnded { node: node() })),
        (overflow, Some(Continuation::OverflowForwardEnded { node: node(), index: 1 })),
        (DialPurpose::Fallback, None),
    ] {
        let connect = connected(dial(purpose));
        assert_eq!(connect["targets"], json!([{"destination": {"phone_number": "+12145550100"}}]));
        assert_eq!(connect.get("then"), then.map(|then| json!(url(&then))).as_ref());
    }
}

#[test]
fn a_dial_carries_its_destination_its_caller_id_and_its_bounds() {
    let uri = SipUri::try_from("sip:desk@127.0.0.1:5080;transport=tcp".to_owned()).expect("a URI");
    let connect = connected(Dial {
        destination: Destination::SipUri(uri),
        caller_id: Some("+18005550111".parse().expect("a number")),
        record: true,
        ..dial(DialPurpose::Fallback)
    });
    assert_eq!(
        connect["targets"][0]["destination"],
        json!({"sip_uri": "sip:desk@127.0.0.1:5080;transport=tcp"})
    );
    assert_eq!((&connect["caller_id"], &connect["record"]), (&json!("+18005550111"), &json!(true)));
    for (given, ring, most) in [(0, 1, 1), (601, 600, 601), (u32::MAX, 600, 14_400)] {
        let connect = connected(Dial {
            ring_timeout_seconds: given,
            most_seconds: given,
            ..dial(DialPurpose::Fallback)
        });
        assert_eq!(
            (&connect["ring_timeout_seconds"], &connect["most_seconds"]),
            (&json!(ring), &json!(most))
        );
    }
}

#[test]
fn the_notice_of_a_recording_goes_with_the_order_to_record() {
    let notice = |text: &str| {
        let recording_notice = Some(english(text));
        connected(Dial { record: true, recording_notice, ..dial(DialPurpose::Fallback) })
    };
    assert_eq!(notice("We record.")["recording_notice"], json!({"text": "We record.", "language": "en-US"}));
    assert_eq!(notice(" ").get("recording_notice"), None);
}

#[test]
fn more_than_the_relay_takes_is_not_sent() {
    assert_eq!(rendered(&vec![Instruction::Hangup; 60]).as_array().map(Vec::len), Some(50));
    let said = rendered(&[Instruction::Say(plain(&"é".repeat(5000)))]);
    assert_eq!(said[0]["say"]["text"].as_str().map(|text| text.chars().count()), Some(4096));
}

proptest! {
    #[test]
    fn whatever_is_said_the_relay_reads_it(text in any::<String>(), language in any::<String>()) {
        let speech = Speech { text: format!("a{text}"), language: Some(language) };
        let orders = rendered(&[
            Instruction::Say(speech.clone()),
            gather(Some(1), true, speech, 5),
            Instruction::Hangup,
        ]);
        prop_assert_eq!(orders.as_array().map(Vec::len), Some(3));
    }
}
