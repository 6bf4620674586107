use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use jiff::Timestamp;
use proptest::prelude::*;
use ringfall_domain::{
    call::event::{Arrival, Attestation, CallerFacts, EndCause, LegReport},
    flow::NodeId,
    geography::LineType,
    ids::ConnectionId,
    phone::CallerNumber,
};
use url::Url;

use super::*;

mod waiting;

const CALL: &str = "cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5G";

fn callbacks() -> Callbacks {
    let public_url = Url::parse("https://calls.example.com").expect("a URL");
    Callbacks::new(&public_url, ConnectionId::from_parts(1, 1))
}

fn parsed(event: WebhookEvent, method: &Method, url: &str, body: &[u8]) -> Result<Webhook, ParseError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let request =
        WebhookRequest { event, method, url, headers: &headers, body, arrived_at: Timestamp::UNIX_EPOCH };
    parse(&request, &callbacks())
}

/// Posts a form to the callback URL that carries `position`.
fn posted(event: WebhookEvent, position: &str, form: &str) -> Result<Webhook, ParseError> {
    let url = format!("{}?{position}", callbacks().entry(event));
    parsed(event, &Method::POST, &url, form.as_bytes())
}

/// The event of a form that is posted to a callback URL with every part of a position.
fn event_of(event: WebhookEvent, form: &str) -> EventKind {
    let position = format!("call={CALL}&node=zip&visit=2&attempt=3");
    let webhook = posted(event, &position, form).expect("a webhook");
    assert_eq!(webhook.call.to_string(), CALL);
    webhook.event
}

fn field_of(outcome: Result<Webhook, ParseError>) -> &'static str {
    match outcome {
        Err(ParseError::Field { field, .. }) => field,
        other => panic!("{other:?} names no field"),
    }
}

fn arrival_of(form: &str) -> Arrival {
    let form = format!("CallSid=CA1&To=%2B18005550111&{form}");
    match posted(WebhookEvent::Voice, "", &form).expect("a webhook").event {
        EventKind::Arrived(arrival) => arrival,
        other => panic!("{other:?} is no arrival"),
    }
}

fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().expect("a time"))
}

fn node() -> NodeId {
    NodeId::try_from("zip".to_owned()).expect("a node's name")
}

#[test]
fn a_call_arrives_with_what_twilio_says_of_the_caller() {
    let form = "CallSid=CA1&CallSid=CA2&AccountSid=AC1&ApiVersion=2010-04-01&CallStatus=ringing&Direction=inbound\
        &From=%2B12145550123&To=%2B18005550111&FromState=tx&FromZip=75201&FromCity=DALLAS&FromCountry=US\
        &CallerState=OK&StirVerstat=TN-Validation-Passed-A&FieldOfTomorrow=1";
    let webhook = posted(WebhookEvent::Voice, "", form).expect("a webhook");
    let connection = callbacks().connection();
    assert_eq!(webhook.call, CallId::of_provider_call(connection, "CA1"));
    let expected = Arrival {
        provider_call_id: "CA1".to_owned(),
        caller: CallerNumber::from_presented("+12145550123"),
        dialled: "+18005550111".parse().expect("a number"),
        caller_facts: CallerFacts {
            state: Some("TX".to_owned()),
            zip: Some("75201".to_owned()),
            city: Some("DALLAS".to_owned()),
            country: Some("US".to_owned()),
            line_type: None,
            attestation: Some(Attestation::A),
            spam: false,
        },
    };
    assert_eq!(webhook.event, EventKind::Arrived(expected));
}

#[test]
fn what_twilio_does_not_know_of_a_caller_is_left_out() {
    let arrival = arrival_of("From=&FromState=&FromCity=");
    assert_eq!(arrival.caller, CallerNumber::Withheld);
    assert_eq!(arrival.caller_facts, CallerFacts::default());
    assert_eq!(arrival_of("From=Anonymous").caller, CallerNumber::Withheld);
    assert_eq!(arrival_of("FromState=Bavaria&FromCountry=D1").caller_facts, CallerFacts::default());
}

#[test]
fn caller_fields_stand_in_for_from_fields_and_long_ones_are_cut() {
    let city = "x".repeat(10_000);
    let facts = arrival_of(&format!("CallerState=OK&CallerZip=1%002&CallerCity={city}")).caller_facts;
    assert_eq!(facts.state.as_deref(), Some("OK"));
    assert_eq!(facts.zip.as_deref(), Some("12"));
    assert_eq!(facts.city.map(|city| city.len()), Some(64));
}

#[test]
fn the_line_is_of_the_kind_that_the_add_on_for_carriers_tells() {
    let carrier = |kind: &str| {
        format!(
            r#"{{"status": "successful", "results": {{"other": {{}}, "twilio_carrier_info": {{"status": "successful",
            "result": {{"phone_number": "+12145550123", "carrier": {{"name": "x", "type": {kind}}}}}}}}}}}"#
        )
    };
    let nested = "[".repeat(100_000);
    for (add_ons, expected) in [
        (carrier(r#""mobile""#), Some(LineType::Mobile)),
        (carrier(r#""landline""#), Some(LineType::Landline)),
        (carrier(r#""voip""#), Some(LineType::Voip)),
        (carrier(r#""toll_free""#), None),
        (carrier("null"), None),
        (r#"{"status": "failed", "results": {}}"#.to_owned(), None),
        ("{".to_owned(), None),
        (nested, None),
    ] {
        let form: String = url::form_urlencoded::byte_serialize(add_ons.as_bytes()).collect();
        assert_eq!(arrival_of(&format!("AddOns={form}")).caller_facts.line_type, expected, "{add_ons:.99}");
    }
}

#[test]
fn a_passed_validation_attests_and_a_failed_one_warns() {
    for (verstat, expected) in [
        ("TN-Validation-Passed-A", Some(Attestation::A)),
        ("TN-Validation-Passed-B-Diverted", Some(Attestation::B)),
        ("TN-Validation-Passed-C-Passthrough", Some(Attestation::C)),
        ("TN-Validation-Passed-D", None),
        ("TN-Validation-Passed-AB", None),
        ("TN-Validation-Failed-A", Some(Attestation::Failed)),
        ("TN-Validation-Failed", Some(Attestation::Failed)),
        ("No-TN-Validation", None),
        ("NULL", None),
    ] {
        let facts = arrival_of(&format!("StirVerstat={verstat}")).caller_facts;
        assert_eq!(facts.attestation, expected, "{verstat}");
    }
}

#[test]
fn a_caller_is_spam_where_an_add_on_says_so() {
    let nomorobo = |score: &str| {
        format!(
            r#"{{"results": {{"nomorobo_spamscore": {{"result": {{"status": "success", "score": {score}}}}}}}}}"#
        )
    };
    let marchex = |word: &str| {
        format!(
            r#"{{"results": {{"marchex_cleancall": {{"result": {{"result": {{"recommendation": "{word}"}}}}}}}}}}"#
        )
    };
    for (add_ons, expected) in [
        (nomorobo("1"), true),
        (nomorobo("0"), false),
        (nomorobo("null"), false),
        (marchex("BLOCK"), true),
        (marchex("PASS"), false),
        (r#"{"status": "failed"}"#.to_owned(), false),
        ("[1".to_owned(), false),
    ] {
        let form: String = url::form_urlencoded::byte_serialize(add_ons.as_bytes()).collect();
        assert_eq!(arrival_of(&format!("AddOns={form}")).caller_facts.spam, expected, "{add_ons}");
    }
}

#[test]
fn what_was_entered_is_digits_or_speech_or_nothing() {
    let most = "1".repeat(32);
    for (form, expected) in [
        ("Digits=75201".to_owned(), Input::Digits("75201".to_owned())),
        ("Digits=%23".to_owned(), Input::Digits("#".to_owned())),
        (format!("Digits={most}"), Input::Digits(most.clone())),
        (format!("Digits={most}1"), Input::Nothing),
        ("Digits=12a".to_owned(), Input::Nothing),
        ("Digits=%D9%A1".to_owned(), Input::Nothing),
        ("Digits=".to_owned(), Input::Nothing),
        ("Other=1".to_owned(), Input::Nothing),
        ("SpeechResult=a+car+crash.&Confidence=0.9".to_owned(), Input::Speech("a car crash.".to_owned())),
        ("Digits=1&SpeechResult=two".to_owned(), Input::Digits("1".to_owned())),
        ("Digits=&SpeechResult=two".to_owned(), Input::Speech("two".to_owned())),
        (format!("SpeechResult={}", "%C3%A9".repeat(600)), Input::Speech("é".repeat(512))),
    ] {
        let form = format!("CallSid=CA1&{form}");
        let gathered = EventKind::Gathered { node: node(), visit: 2, input: expected.clone() };
        assert_eq!(event_of(WebhookEvent::Gathered, &form), gathered, "{form}");
        let provider_leg_id = Some("CA1".to_owned());
        let screened = EventKind::Screened { attempt: 3, asked_at: None, provider_leg_id, input: expected };
        assert_eq!(event_of(WebhookEvent::Screened, &form), screened, "{form}");
    }
}

#[test]
fn an_answered_leg_is_named_by_its_own_sid() {
    assert_eq!(
        event_of(WebhookEvent::LegAnswered, "CallSid=CAchild&ParentCallSid=CA1&CallStatus=in-progress"),
        EventKind::LegAnswered { attempt: 3, provider_leg_id: Some("CAchild".to_owned()) }
    );
}

#[test]
fn a_legs_progress_tells_how_far_it_has_come() {
    let ended = |cause| Some(LegStatus::Ended(cause));
    for (word, status, duration_seconds) in [
        ("queued", Some(LegStatus::Ringing), None),
        ("initiated", Some(LegStatus::Ringing), None),
        ("ringing", Some(LegStatus::Ringing), None),
        ("in-progress", Some(LegStatus::Answered), None),
        ("answered", Some(LegStatus::Answered), None),
        ("completed", ended(EndCause::Completed), Some(95)),
        ("busy", ended(EndCause::Busy), None),
        ("no-answer", ended(EndCause::NoAnswer), None),
        ("failed", ended(EndCause::Failed), None),
        ("canceled", ended(EndCause::Canceled), None),
        ("of-tomorrow", None, None),
    ] {
        let form = format!(
            "CallSid=CAchild&ParentCallSid=CA1&CallStatus={word}&CallDuration=95&Duration=2\
            &Timestamp=Tue%2C+10+Aug+2010+08%3A02%3A17+%2B0000"
        );
        let report = LegReport {
            provider_leg_id: Some("CAchild".to_owned()),
            status,
            occurred_at: time("2010-08-10T08:02:17Z"),
            duration_seconds,
            ..LegReport::default()
        };
        let expected = EventKind::LegProgress { attempt: 3, report };
        assert_eq!(event_of(WebhookEvent::LegProgress, &form), expected, "{word}");
    }
}

#[test]
fn a_dials_end_tells_of_the_leg() {
    let report = |form: &str| match event_of(WebhookEvent::DialEnded, form) {
        EventKind::DialEnded { attempt: 3, report } => report,
        other => panic!("{other:?} is no end of dial 3"),
    };
    let full = report(
        "CallSid=CA1&DialCallSid=CAchild&DialCallStatus=completed&DialCallDuration=95&DialBridged=true\
        &RecordingUrl=https%3A%2F%2Fapi.twilio.com%2FRE1",
    );
    let expected = LegReport {
        provider_leg_id: Some("CAchild".to_owned()),
        status: Some(LegStatus::Ended(EndCause::Completed)),
        occurred_at: None,
        duration_seconds: Some(95),
        bridged: Some(true),
        recording_url: Some("https://api.twilio.com/RE1".to_owned()),
        caller_is_gone: false,
    };
    assert_eq!(full, expected);
    let never_placed = LegReport {
        status: Some(LegStatus::Ended(EndCause::Failed)),
        bridged: Some(false),
        ..LegReport::default()
    };
    assert_eq!(report("CallSid=CA1&DialCallStatus=failed&DialBridged=false"), never_placed);
    let answered = report("DialCallStatus=answered&DialCallDuration=7");
    assert_eq!(answered.status, Some(LegStatus::Ended(EndCause::Completed)));
    assert_eq!(answered.duration_seconds, Some(7));
}

#[test]
fn a_dials_end_tells_whether_the_caller_is_still_there() {
    for (form, is_gone) in [
        ("DialCallStatus=no-answer&CallStatus=in-progress", false),
        ("DialCallStatus=no-answer", false),
        ("DialCallStatus=canceled&CallStatus=in-progress", false),
        ("DialCallStatus=canceled", true),
        ("DialCallStatus=no-answer&CallStatus=completed", true),
        ("DialCallStatus=completed&CallStatus=completed", true),
    ] {
        let event = event_of(WebhookEvent::DialEnded, form);
        assert!(
            matches!(&event, EventKind::DialEnded { report, .. } if report.caller_is_gone == is_gone),
            "{form}: {event:?}"
        );
    }
}

#[test]
fn only_what_can_be_read_of_a_dials_end_is_reported() {
    let long = format!("https://example.com/{}", "a".repeat(2048));
    for url in ["javascript:alert(1)", "recording", &long] {
        let form = format!(
            "DialCallStatus=of-tomorrow&DialCallSid=../x&DialCallDuration=-1&DialBridged=maybe&RecordingUrl={url}"
        );
        let expected = EventKind::DialEnded { attempt: 3, report: LegReport::default() };
        assert_eq!(event_of(WebhookEvent::DialEnded, &form), expected, "{url}");
    }
}

#[test]
fn a_forward_was_answered_or_not() {
    for (word, answered) in [
        ("completed", true),
        ("answered", true),
        ("busy", false),
        ("no-answer", false),
        ("failed", false),
        ("canceled", false),
        ("of-tomorrow", false),
    ] {
        let expected = EventKind::ForwardEnded { node: node(), answered };
        let form = format!("CallSid=CA1&DialCallStatus={word}");
        assert_eq!(event_of(WebhookEvent::ForwardEnded, &form), expected, "{word}");
    }
}

fn cause_of(word: &str) -> Option<EndCause> {
    Some(match word {
        "completed" => EndCause::Completed,
        "busy" => EndCause::Busy,
        "no-answer" => EndCause::NoAnswer,
        "failed" => EndCause::Failed,
        "canceled" => EndCause::Canceled,
        _ => return None,
    })
}

#[test]
fn a_calls_status_tells_when_and_how_it_is_over() {
    for (word, ended) in [
        ("queued", false),
        ("ringing", false),
        ("in-progress", false),
        ("completed", true),
        ("busy", true),
        ("no-answer", true),
        ("failed", true),
        ("canceled", true),
        ("of-tomorrow", false),
    ] {
        let form = format!(
            "CallSid=CA1&CallStatus={word}&CallDuration=125&Duration=3&SequenceNumber=0\
            &Timestamp=Tue%2C+10+Aug+2010+08%3A02%3A17+%2B0000"
        );
        let expected = Webhook {
            call: CallId::of_provider_call(callbacks().connection(), "CA1"),
            event: EventKind::CallProgress(CallReport {
                provider_call_id: "CA1".to_owned(),
                ended,
                cause: cause_of(word),
                occurred_at: time("2010-08-10T08:02:17Z"),
                duration_seconds: ended.then_some(125),
            }),
        };
        assert_eq!(posted(WebhookEvent::Status, "", &form), Ok(expected), "{word}");
    }
}

#[test]
fn a_leg_without_our_call_in_its_url_belongs_to_its_parent() {
    let webhook = posted(
        WebhookEvent::LegProgress,
        "attempt=1",
        "CallSid=CAchild&ParentCallSid=CA1&CallStatus=ringing",
    );
    let expected = CallId::of_provider_call(callbacks().connection(), "CA1");
    assert_eq!(webhook.map(|webhook| webhook.call), Ok(expected));
}

#[test]
fn each_field_that_a_webhook_needs_is_named_when_it_is_missing_or_wrong() {
    use WebhookEvent::{
        DialEnded, ForwardEnded, Gathered, LegAnswered, LegProgress, Screened, Status, Voice,
    };
    let call = format!("call={CALL}");
    let attempt = format!("call={CALL}&attempt=1");
    let node = format!("call={CALL}&node=zip&visit=1");
    for (event, position, form, field) in [
        (Voice, "", "To=%2B18005550111", "CallSid"),
        (Voice, "", "CallSid=&To=%2B18005550111", "CallSid"),
        (Voice, "", "CallSid=CA%2F..%2F1&To=%2B18005550111", "CallSid"),
        (Voice, "", "CallSid=CA1", "To"),
        (Voice, "", "CallSid=CA1&To=sip%3Adesk%40example.com", "To"),
        (Status, "", "CallStatus=completed", "CallSid"),
        (Status, "", "CallSid=CA1", "CallStatus"),
        (Gathered, &call, "Digits=1", "node"),
        (Gathered, &format!("{call}&node=zip"), "Digits=1", "visit"),
        (Gathered, &format!("{call}&node=zip&visit=0"), "Digits=1", "visit"),
        (Gathered, "node=zip&visit=1", "Digits=1", "CallSid"),
        (LegAnswered, &call, "CallSid=CA1", "attempt"),
        (LegAnswered, &attempt, "Other=1", "CallSid"),
        (LegAnswered, "attempt=1", "CallSid=CA1", "ParentCallSid"),
        (Screened, &format!("{call}&attempt=256"), "Digits=1", "attempt"),
        (Screened, &format!("{call}&attempt=0"), "Digits=1", "attempt"),
        (LegProgress, &attempt, "CallSid=CA1", "CallStatus"),
        (LegProgress, &attempt, "CallStatus=ringing", "CallSid"),
        (DialEnded, &attempt, "CallSid=CA1", "DialCallStatus"),
        (ForwardEnded, &node, "CallSid=CA1", "DialCallStatus"),
    ] {
        assert_eq!(field_of(posted(event, position, form)), field, "{event} {position} {form}");
    }
}

#[test]
fn a_get_carries_its_fields_in_its_url_and_a_post_in_its_body() {
    let url = format!("{}?CallSid=CA1&To=%2B18005550111", callbacks().entry(WebhookEvent::Voice));
    let body = b"CallSid=CA2&To=%2B18005550112";
    for (method, provider_call_id) in [(Method::GET, "CA1"), (Method::POST, "CA2")] {
        let webhook = parsed(WebhookEvent::Voice, &method, &url, body).expect("a webhook");
        assert_eq!(webhook.call, CallId::of_provider_call(callbacks().connection(), provider_call_id));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        event in prop::sample::select(WebhookEvent::ALL.to_vec()),
        url in ".{0,80}",
        query in "(call|node|visit|attempt|index|steps|question|of|&|=|%|[0-9a-z]){0,20}",
        body in prop::collection::vec(any::<u8>(), 0..300),
        values in prop::collection::vec("[^&]{0,20}", 8),
    ) {
        let names = ["CallSid", "To", "From", "CallStatus", "DialCallStatus", "Digits", "Timestamp", "RecordingUrl"];
        let form: Vec<String> = names.iter().zip(&values).map(|(name, value)| format!("{name}={value}")).collect();
        for body in [&body[..], form.join("&").as_bytes()] {
            for method in [Method::GET, Method::POST] {
                let position = "attempt=1&node=a&visit=1&index=0&question=offer&of=cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5G";
                for url in [&url, &format!("https://calls.example.com/x?{position}&{query}")] {
                    let _ = parsed(event, &method, url, body);
                }
            }
        }
    }
}
