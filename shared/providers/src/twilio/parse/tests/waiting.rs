//! The webhooks of those who wait, who are passed on, who leave a message or who are called back.

use ringfall_domain::queue::{CallbackQuestion, Told};

use super::*;

const OF: &str = "cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5H";

fn of_position(event: WebhookEvent, position: &str, form: &str) -> EventKind {
    let webhook = posted(event, &format!("call={CALL}&{position}"), form).expect("a webhook");
    assert_eq!(webhook.call.to_string(), CALL);
    webhook.event
}

#[test]
fn a_step_of_the_hold_is_over_or_a_key_was_pressed_in_it() {
    let position =
        "node=zip&steps=3&told_at=2026-11-21T04:05:06Z&position=2&wait_seconds=90&place=00-01763697906123";
    let told = Told {
        steps: 3,
        at: time("2026-11-21T04:05:06Z"),
        position: Some(2),
        wait_seconds: Some(90),
        place: "00-01763697906123".parse().ok(),
    };
    for (form, input) in [
        ("CallSid=CA1&CallStatus=in-progress", Input::Nothing),
        ("CallSid=CA1&Digits=1&FieldOfTomorrow=1", Input::Digits("1".to_owned())),
        ("CallSid=CA1&Digits=%2A", Input::Digits("*".to_owned())),
        ("CallSid=CA1&Digits=hangup", Input::Nothing),
    ] {
        let expected = EventKind::Held { node: node(), told: told.clone(), input };
        assert_eq!(of_position(WebhookEvent::Held, position, form), expected, "{form}");
    }
    let untold = EventKind::Held { node: node(), told: Told::default(), input: Input::Nothing };
    assert_eq!(of_position(WebhookEvent::Held, "node=zip", ""), untold);
}

#[test]
fn a_caller_who_was_redirected_asks_for_the_dial_of_the_attempt() {
    let event = of_position(WebhookEvent::Offered, "attempt=3", "CallSid=CA1&CallStatus=in-progress");
    assert_eq!(event, EventKind::Offered { attempt: 3 });
}

#[test]
fn a_forward_of_an_overflow_was_answered_or_not() {
    for (word, answered) in [("completed", true), ("answered", true), ("busy", false), ("of-tomorrow", false)]
    {
        let expected = EventKind::OverflowForwardEnded { node: node(), index: 1, answered };
        let form = format!("CallSid=CA1&DialCallStatus={word}");
        assert_eq!(of_position(WebhookEvent::OverflowEnded, "node=zip&index=1", &form), expected, "{word}");
    }
}

#[test]
fn a_message_is_where_twilio_says_or_there_is_none() {
    let recording = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1";
    for (form, recording_url) in [
        (format!("CallSid=CA1&Digits=%23&RecordingDuration=9&RecordingUrl={recording}"), Some(recording)),
        (format!("CallSid=CA1&Digits=hangup&RecordingUrl={recording}"), Some(recording)),
        ("CallSid=CA1".to_owned(), None),
        ("CallSid=CA1&RecordingUrl=javascript%3Aalert(1)".to_owned(), None),
    ] {
        let recording_url = recording_url.map(str::to_owned);
        let expected = EventKind::MessageLeft { node: node(), index: 2, recording_url };
        assert_eq!(of_position(WebhookEvent::MessageLeft, "node=zip&index=2", &form), expected, "{form}");
    }
}

#[test]
fn an_answer_on_being_called_back_comes_with_its_question() {
    let number = "+12145550123".parse().expect("a number");
    for (position, index, question) in [
        ("question=offer", None, CallbackQuestion::Offer),
        ("question=confirm%3A%2B12145550123&index=0", Some(0), CallbackQuestion::Confirm(number)),
        ("question=enter%3A2&index=1", Some(1), CallbackQuestion::Enter { visit: 2 }),
    ] {
        let input = Input::Digits("2145550123".to_owned());
        let expected = EventKind::CallbackAsked { node: node(), index, question, input };
        let position = format!("node=zip&{position}");
        let event = of_position(WebhookEvent::CallbackAsked, &position, "CallSid=CA1&Digits=2145550123");
        assert_eq!(event, expected, "{position}");
    }
}

#[test]
fn a_callbacks_call_is_named_by_twilios_id_whatever_its_url_says() {
    let position = format!("call={CALL}&of={OF}&attempt=2");
    let of = OF.parse().expect("an id");
    let provider_call_id = || "CAnew".to_owned();
    for (event, form, expected) in [
        (
            WebhookEvent::CallbackAnswered,
            "CallStatus=in-progress&Direction=outbound-api",
            EventKind::CallbackAnswered { of, attempt: 2, provider_call_id: provider_call_id() },
        ),
        (
            WebhookEvent::CallbackAccepted,
            "Digits=1",
            EventKind::CallbackAccepted {
                of,
                attempt: 2,
                provider_call_id: provider_call_id(),
                input: Input::Digits("1".to_owned()),
            },
        ),
        (
            WebhookEvent::CallbackAccepted,
            "",
            EventKind::CallbackAccepted {
                of,
                attempt: 2,
                provider_call_id: provider_call_id(),
                input: Input::Nothing,
            },
        ),
    ] {
        let webhook = posted(event, &position, &format!("CallSid=CAnew&{form}")).expect("a webhook");
        assert_eq!(webhook.call, CallId::of_provider_call(callbacks().connection(), "CAnew"));
        assert_eq!(webhook.event, expected);
    }
}

#[test]
fn a_callbacks_end_tells_whether_it_was_answered() {
    let position = format!("call={CALL}&of={OF}&attempt=2");
    for (word, cause) in [
        ("in-progress", None),
        ("completed", Some(EndCause::Completed)),
        ("no-answer", Some(EndCause::NoAnswer)),
        ("busy", Some(EndCause::Busy)),
        ("failed", Some(EndCause::Failed)),
        ("canceled", Some(EndCause::Canceled)),
    ] {
        let form = format!("CallSid=CAnew&CallStatus={word}&CallDuration=9");
        let report = CallReport {
            provider_call_id: "CAnew".to_owned(),
            ended: cause.is_some(),
            cause,
            occurred_at: None,
            duration_seconds: cause.map(|_| 9),
        };
        let expected = EventKind::CallbackProgress { of: OF.parse().expect("an id"), attempt: 2, report };
        let webhook = posted(WebhookEvent::CallbackProgress, &position, &form).expect("a webhook");
        assert_eq!(webhook.event, expected, "{word}");
    }
}

#[test]
fn each_field_that_a_webhook_of_the_queue_needs_is_named_when_it_is_missing_or_wrong() {
    use WebhookEvent::{
        CallbackAccepted, CallbackAnswered, CallbackAsked, CallbackProgress, Held, MessageLeft, Offered,
        OverflowEnded,
    };
    let of = format!("of={OF}");
    for (event, position, form, field) in [
        (Held, "steps=1", "CallSid=CA1", "node"),
        (Offered, "attempt=0", "CallSid=CA1", "attempt"),
        (OverflowEnded, "node=zip", "DialCallStatus=busy", "index"),
        (OverflowEnded, "node=zip&index=0", "CallSid=CA1", "DialCallStatus"),
        (MessageLeft, "index=0", "CallSid=CA1", "node"),
        (MessageLeft, "node=zip&index=256", "CallSid=CA1", "index"),
        (CallbackAsked, "node=zip", "Digits=1", "question"),
        (CallbackAsked, "node=zip&question=enter%3A256", "Digits=1", "question"),
        (CallbackAnswered, "attempt=1", "CallSid=CA1", "of"),
        (CallbackAnswered, &of, "CallSid=CA1", "attempt"),
        (CallbackAnswered, &format!("{of}&attempt=1"), "CallSid=", "CallSid"),
        (CallbackAccepted, "attempt=1", "CallSid=CA1", "of"),
        (CallbackProgress, &format!("{of}&attempt=1"), "CallSid=CA1", "CallStatus"),
    ] {
        let position = format!("call={CALL}&{position}");
        assert_eq!(field_of(posted(event, &position, form)), field, "{event} {position} {form}");
    }
}
