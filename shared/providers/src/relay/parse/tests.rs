use http::HeaderMap;
use jiff::Timestamp;
use proptest::prelude::*;
use ringfall_control::write;
use ringfall_domain::{
    call::{
        event::{Arrival, Attestation, CallerFacts, EndCause, LegReport},
        instructions::Continuation,
    },
    flow::NodeId,
    ids::ConnectionId,
    phone::CallerNumber,
    queue::{CallbackQuestion, Told},
};
use serde_json::{Value, json};
use url::Url;

use super::*;

fn callbacks() -> Callbacks {
    let public_url = Url::parse("https://calls.example.com").expect("a URL");
    Callbacks::new(&public_url, ConnectionId::from_parts(1, 1))
}

fn call_id() -> CallId {
    CallId::from_parts(2, 2)
}

fn parsed(event: WebhookEvent, method: &Method, url: &str, body: &[u8]) -> Result<Webhook, ParseError> {
    let headers = HeaderMap::new();
    let request =
        WebhookRequest { event, method, url, headers: &headers, body, arrived_at: Timestamp::UNIX_EPOCH };
    parse(&request, &callbacks())
}

/// A notice with these parts beside its call and its time.
fn notice(parts: &Value) -> String {
    let mut notice = json!({"call_id": "call_1", "occurred_at": "2026-11-21T04:05:06Z", "of_tomorrow": [{}]});
    for (name, part) in parts.as_object().expect("parts") {
        notice[name] = part.clone();
    }
    notice.to_string()
}

/// Posts a notice to a webhook that carries no position.
fn posted(event: WebhookEvent, parts: &Value) -> Result<Webhook, ParseError> {
    parsed(event, &Method::POST, &callbacks().entry(event), notice(parts).as_bytes())
}

/// What comes of a notice at the URL of a continuation, whose call it is.
fn continued(then: &Continuation, parts: &Value) -> EventKind {
    let url = callbacks().url(call_id(), then);
    let path = url.split(['?']).next().expect("a path");
    let event: WebhookEvent = path.rsplit('/').next().expect("a word").parse().expect("a webhook");
    let webhook = parsed(event, &Method::POST, &url, notice(parts).as_bytes()).expect("a webhook");
    let is_of_a_callback = matches!(
        then,
        Continuation::CallbackAnswered { .. }
            | Continuation::CallbackAccepted { .. }
            | Continuation::CallbackProgress { .. }
    );
    let derived = CallId::of_provider_call(callbacks().connection(), "call_1");
    assert_eq!(webhook.call, if is_of_a_callback { derived } else { call_id() });
    webhook.event
}

fn arrival(fields: &Value) -> Result<Arrival, ParseError> {
    let mut arrival =
        json!({"from": "+12145550123", "to": "18005550111", "trunk": "con_1", "source_address": "192.0.2.7"});
    for (name, field) in fields.as_object().expect("fields") {
        arrival[name] = field.clone();
    }
    match posted(WebhookEvent::Voice, &json!({ "arrival": arrival }))?.event {
        EventKind::Arrived(arrival) => Ok(arrival),
        other => panic!("{other:?} is no arrival"),
    }
}

fn node() -> NodeId {
    NodeId::try_from("zip".to_owned()).expect("a node's name")
}

fn at() -> Option<Timestamp> {
    Some("2026-11-21T04:05:06Z".parse().expect("a time"))
}

#[test]
fn a_call_arrives_with_what_the_trunk_says_of_the_caller() {
    let expected = Arrival {
        provider_call_id: "call_1".to_owned(),
        caller: CallerNumber::from_presented("+12145550123"),
        dialled: "+18005550111".parse().expect("a number"),
        caller_facts: CallerFacts { attestation: Some(Attestation::B), ..CallerFacts::default() },
    };
    let fields = json!({"attestation": "B", "diversion": "+18005550199"});
    assert_eq!(arrival(&fields), Ok(expected));
    let webhook = posted(
        WebhookEvent::Voice,
        &json!({"arrival": {"from": "", "to": "+18005550111", "trunk": "con_1", "source_address": "::1"}}),
    );
    let derived = CallId::of_provider_call(callbacks().connection(), "call_1");
    assert_eq!(webhook.map(|webhook| webhook.call), Ok(derived));
}

#[test]
fn a_number_is_reached_by_its_digits_however_the_trunk_writes_them() {
    for to in ["+18005550111", "18005550111", "+1-800-555-0111", "1.800.555.0111", "1(800)5550111"] {
        let arrival = arrival(&json!({ "to": to })).expect("an arrival");
        assert_eq!(arrival.dialled.as_str(), "+18005550111", "{to}");
    }
    for to in [
        "",
        "desk",
        "+",
        "018005550111",
        "123",
        "+1800555O111",
        "1234567890123456",
        "-",
        "１８００５５５０１１１",
    ] {
        let refused = arrival(&json!({ "to": to }));
        assert!(matches!(refused, Err(ParseError::Field { field: "arrival.to", .. })), "{to}: {refused:?}");
    }
}

#[test]
fn a_caller_is_who_the_trunk_vouches_for_and_is_never_refused() {
    let other = |text: &str| CallerNumber::Other(text.into());
    let known = |text: &str| CallerNumber::Known(text.parse().expect("a number"));
    let to_london = "442071838750";
    for (fields, expected) in [
        (json!({"from": "+12145550123"}), known("+12145550123")),
        (json!({"from": "12145550123"}), known("+12145550123")),
        (json!({"from": "2145550123"}), known("+12145550123")),
        (json!({"from": "214-555-0123"}), known("+12145550123")),
        (json!({"from": "2145550123", "to": to_london}), other("2145550123")),
        (json!({"from": "1145550123"}), other("1145550123")),
        (json!({"from": "442071838751", "to": to_london}), known("+442071838751")),
        (json!({"from": "7262"}), other("7262")),
        (json!({"from": "alice"}), other("alice")),
        (json!({"from": "anonymous"}), CallerNumber::Withheld),
        (json!({"from": ""}), CallerNumber::Withheld),
        (json!({"from": "+266696687"}), CallerNumber::Withheld),
        (json!({"from": "alice", "p_asserted_identity": "+12145550199"}), known("+12145550199")),
        (json!({"from": "+12145550123", "p_asserted_identity": "trunk-7"}), known("+12145550123")),
        (
            json!({"from": "+12145550123", "privacy": true, "p_asserted_identity": "+12145550199"}),
            CallerNumber::Withheld,
        ),
        (json!({"from": "x".repeat(500)}), other(&"x".repeat(64))),
    ] {
        assert_eq!(arrival(&fields).map(|arrival| arrival.caller), Ok(expected), "{fields}");
    }
}

#[test]
fn every_continuation_comes_back_as_the_event_that_it_stands_for() {
    let told = Told { steps: 2, at: at(), position: Some(3), wait_seconds: Some(120), ..Told::default() };
    let (digits, of) = (json!({"input": {"digits": "75201"}}), call_id());
    let input = || Input::Digits("75201".to_owned());
    let leg = json!({"leg": {"leg_id": "leg_1", "status": "answered"}, "input": {"digits": "1"}});
    let ended = json!({"call": {"status": "ended", "cause": "no_answer"}});
    let report = CallReport {
        provider_call_id: "call_1".to_owned(),
        ended: true,
        cause: Some(EndCause::NoAnswer),
        occurred_at: at(),
        duration_seconds: None,
    };
    let question = || CallbackQuestion::Enter { visit: 2 };
    let answered = json!({"leg": {"leg_id": "leg_1", "status": "ended", "cause": "completed"}});
    for (then, parts, expected) in [
        (
            Continuation::Gathered { node: node(), visit: 2 },
            &digits,
            EventKind::Gathered { node: node(), visit: 2, input: input() },
        ),
        (Continuation::Said { node: node() }, &json!({}), EventKind::Said { node: node() }),
        (
            Continuation::LegAnswered { attempt: 3 },
            &leg,
            EventKind::LegAnswered { attempt: 3, provider_leg_id: Some("leg_1".to_owned()) },
        ),
        (
            Continuation::Screened { attempt: 3, asked_at: at().expect("a time") },
            &leg,
            EventKind::Screened {
                attempt: 3,
                asked_at: at(),
                provider_leg_id: Some("leg_1".to_owned()),
                input: Input::Digits("1".to_owned()),
            },
        ),
        (
            Continuation::ForwardEnded { node: node() },
            &answered,
            EventKind::ForwardEnded { node: node(), answered: true },
        ),
        (
            Continuation::Held { node: node(), told: told.clone() },
            &json!({}),
            EventKind::Held { node: node(), told, input: Input::Nothing },
        ),
        (Continuation::Offered { attempt: 4 }, &json!({}), EventKind::Offered { attempt: 4 }),
        (
            Continuation::OverflowForwardEnded { node: node(), index: 1 },
            &json!({}),
            EventKind::OverflowForwardEnded { node: node(), index: 1, answered: false },
        ),
        (
            Continuation::MessageLeft { node: node(), index: 0 },
            &json!({"recording_url": "https://relay.example.com/r/1.wav"}),
            EventKind::MessageLeft {
                node: node(),
                index: 0,
                recording_url: Some("https://relay.example.com/r/1.wav".to_owned()),
            },
        ),
        (
            Continuation::CallbackAsked { node: node(), index: Some(1), question: question() },
            &digits,
            EventKind::CallbackAsked { node: node(), index: Some(1), question: question(), input: input() },
        ),
        (
            Continuation::CallbackAnswered { of, attempt: 2 },
            &json!({}),
            EventKind::CallbackAnswered { of, attempt: 2, provider_call_id: "call_1".to_owned() },
        ),
        (
            Continuation::CallbackAccepted { of, attempt: 2 },
            &digits,
            EventKind::CallbackAccepted {
                of,
                attempt: 2,
                provider_call_id: "call_1".to_owned(),
                input: input(),
            },
        ),
        (
            Continuation::CallbackProgress { of, attempt: 2 },
            &ended,
            EventKind::CallbackProgress { of, attempt: 2, report },
        ),
    ] {
        assert_eq!(continued(&then, parts), expected, "{then:?}");
    }
}

#[test]
fn a_legs_progress_and_end_tell_all_that_is_known() {
    let leg = |status: &str, cause: Option<&str>, seconds: Option<u32>, bridged: bool| {
        json!({"leg": {"leg_id": "leg_1", "status": status, "cause": cause, "sip_status": 486, "duration_seconds": seconds,
                       "bridged": bridged}})
    };
    let report = |status, duration_seconds, bridged| LegReport {
        provider_leg_id: Some("leg_1".to_owned()),
        status: Some(status),
        occurred_at: at(),
        duration_seconds,
        bridged,
        ..LegReport::default()
    };
    let ended = LegStatus::Ended;
    for (parts, expected) in [
        (leg("ringing", None, None, false), report(LegStatus::Ringing, None, None)),
        (leg("answered", None, None, true), report(LegStatus::Answered, None, None)),
        (
            leg("ended", Some("completed"), Some(90), true),
            report(ended(EndCause::Completed), Some(90), Some(true)),
        ),
        (leg("ended", Some("busy"), None, false), report(ended(EndCause::Busy), None, Some(false))),
        (
            leg("ended", Some("no_answer"), Some(9), false),
            report(ended(EndCause::NoAnswer), None, Some(false)),
        ),
        (leg("ended", Some("failed"), None, false), report(ended(EndCause::Failed), None, Some(false))),
        (leg("ended", Some("canceled"), None, false), report(ended(EndCause::Canceled), None, Some(false))),
    ] {
        let progress = continued(&Continuation::LegProgress { attempt: 3 }, &parts);
        assert_eq!(progress, EventKind::LegProgress { attempt: 3, report: expected.clone() }, "{parts}");
        let end = continued(&Continuation::DialEnded { attempt: 3 }, &parts);
        assert_eq!(end, EventKind::DialEnded { attempt: 3, report: expected }, "{parts}");
    }
}

#[test]
fn the_end_of_a_dial_tells_of_its_recording_and_whether_the_caller_is_still_there() {
    let dial_ended = |parts: &Value| match continued(&Continuation::DialEnded { attempt: 3 }, parts) {
        EventKind::DialEnded { attempt: 3, report } => report,
        other => panic!("{other:?}"),
    };
    let url = "https://relay.example.com/r/1.wav";
    let leg = json!({"leg_id": "leg_1", "status": "ended", "cause": "completed", "duration_seconds": 90, "bridged": true});
    let report = dial_ended(
        &json!({"leg": leg, "recording_url": url, "call": {"status": "ended", "cause": "completed"}}),
    );
    assert_eq!((report.recording_url.as_deref(), report.caller_is_gone), (Some(url), true));
    assert!(!dial_ended(&json!({"leg": leg, "call": {"status": "answered"}})).caller_is_gone);
    assert!(!dial_ended(&json!({ "leg": leg })).caller_is_gone);
    let nobody = |cause| LegReport {
        status: Some(LegStatus::Ended(cause)),
        bridged: Some(false),
        caller_is_gone: cause == EndCause::Canceled,
        ..LegReport::default()
    };
    assert_eq!(dial_ended(&json!({})), nobody(EndCause::Failed));
    assert_eq!(dial_ended(&json!({"call": {"status": "ended"}})), nobody(EndCause::Canceled));
}

#[test]
fn a_calls_end_tells_when_and_how() {
    for (call, ended, cause, seconds) in [
        (json!({"status": "ringing"}), false, None, None),
        (json!({"status": "answered", "duration_seconds": 3}), false, None, None),
        (
            json!({"status": "ended", "cause": "completed", "duration_seconds": 125}),
            true,
            Some(EndCause::Completed),
            Some(125),
        ),
        (json!({"status": "ended", "cause": "canceled"}), true, Some(EndCause::Canceled), None),
        (json!({"status": "ended"}), true, Some(EndCause::Failed), None),
    ] {
        let expected = EventKind::CallProgress(CallReport {
            provider_call_id: "call_1".to_owned(),
            ended,
            cause,
            occurred_at: at(),
            duration_seconds: seconds,
        });
        let webhook = posted(WebhookEvent::Status, &json!({ "call": call })).expect("a webhook");
        assert_eq!(webhook.event, expected, "{call}");
    }
}

#[test]
fn only_keys_that_were_asked_for_count() {
    let many = "1".repeat(33);
    for (digits, expected) in [
        ("12#*0", Input::Digits("12#*0".to_owned())),
        ("", Input::Nothing),
        ("A", Input::Nothing),
        ("1 2", Input::Nothing),
        ("１", Input::Nothing),
        (many.as_str(), Input::Nothing),
    ] {
        let then = Continuation::Gathered { node: node(), visit: 1 };
        let event = continued(&then, &json!({"input": {"digits": digits}}));
        assert_eq!(event, EventKind::Gathered { node: node(), visit: 1, input: expected }, "{digits}");
    }
}

#[test]
fn each_part_that_a_webhook_needs_is_named_when_it_is_missing_or_wrong() {
    use WebhookEvent::{
        DialEnded, Gathered, Held, LegAnswered, LegProgress, MessageLeft, Screened, Status, Voice,
    };
    for (event, position, field) in [
        (Voice, "", "arrival"),
        (Status, "", "call"),
        (Gathered, "visit=1", "node"),
        (Gathered, "node=zip", "visit"),
        (Gathered, "node=zip&visit=0", "visit"),
        (Held, "", "node"),
        (LegAnswered, "attempt=1", "leg"),
        (LegAnswered, "", "attempt"),
        (Screened, "attempt=256", "attempt"),
        (LegProgress, "attempt=1", "leg"),
        (DialEnded, "attempt=0", "attempt"),
        (MessageLeft, "node=zip", "index"),
        (WebhookEvent::CallbackAsked, "node=zip", "question"),
        (WebhookEvent::CallbackAnswered, "attempt=1", "of"),
    ] {
        let url = format!("{}?{position}", callbacks().entry(event));
        match parsed(event, &Method::POST, &url, notice(&json!({})).as_bytes()) {
            Err(ParseError::Field { field: named, .. }) => assert_eq!(named, field, "{event} {position}"),
            other => panic!("{event} {position}: {other:?} names no field"),
        }
    }
}

#[test]
fn a_body_that_is_no_notice_is_refused_with_its_reason() {
    let url = callbacks().entry(WebhookEvent::Voice);
    for (body, expected) in [
        ("", "EOF"),
        ("{", "EOF"),
        (r#"{"call_id": "a/b", "occurred_at": "2026-11-21T04:05:06Z"}"#, "call_id: expected 1 to 64 letters"),
        (
            r#"{"call_id": "a", "occurred_at": "2026-11-21T04:05:06Z", "arrival": {"from": 1}}"#,
            "arrival.from",
        ),
    ] {
        let refused = parsed(WebhookEvent::Voice, &Method::POST, &url, body.as_bytes()).expect_err("refused");
        assert!(refused.to_string().contains(expected), "{body}: {refused}");
    }
    let whole = notice(&json!({}));
    let refused = parsed(WebhookEvent::Voice, &Method::GET, &url, whole.as_bytes());
    assert!(matches!(refused, Err(ParseError::Malformed { .. })), "{refused:?}");
}

fn a_whole_notice() -> String {
    let arrival = json!({"from": "+12145550123", "to": "+18005550111", "trunk": "con_1", "source_address": "192.0.2.7"});
    let leg = json!({"leg_id": "leg_1", "status": "ended", "cause": "completed", "duration_seconds": 9, "bridged": true});
    let body = notice(&json!({
        "arrival": arrival, "leg": leg, "call": {"status": "ended"}, "input": {"digits": "1"},
        "recording_url": "https://a.example/r", "problems": [{"kind": "audio", "detail": "404"}],
    }));
    let read: Notice = read(body.as_bytes(), MOST_BODY_BYTES).expect("a notice");
    write(&read)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        event in prop::sample::select(WebhookEvent::ALL.to_vec()),
        query in "(call|node|visit|attempt|index|steps|question|of|&|=|%|[0-9a-z]){0,20}",
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut damaged = a_whole_notice().into_bytes();
        let at = at.index(damaged.len());
        damaged[at] = byte;
        let position = "attempt=1&node=a&visit=1&index=0&question=offer&of=cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5G";
        let url = format!("https://calls.example.com/x?{position}&{query}");
        for body in [&bytes, &damaged] {
            let _ = parsed(event, &Method::POST, &url, body);
        }
    }
}
