use proptest::prelude::*;
use ringfall_domain::{
    flow::NodeId,
    queue::{CallbackQuestion, Told},
};

use super::*;

fn callbacks(public_url: &str) -> Callbacks {
    let public_url = Url::parse(public_url).expect("a URL");
    Callbacks::new(&public_url, ConnectionId::from_parts(1, 1))
}

fn node() -> NodeId {
    NodeId::try_from("Zip_code-2".to_owned()).expect("a node's name")
}

/// The webhook that a callback URL leads to.
fn event_of(url: &str) -> Result<WebhookEvent, UnknownWebhook> {
    let path = url.split('?').next().unwrap_or(url);
    path.rsplit('/').next().unwrap_or("").parse()
}

#[test]
fn every_webhook_survives_its_word_and_nothing_else_is_one() {
    for event in WebhookEvent::ALL {
        assert_eq!(event.to_string().parse(), Ok(event));
    }
    for text in ["", "Voice", "voice ", "voice/x", "dial"] {
        assert_eq!(text.parse::<WebhookEvent>(), Err(UnknownWebhook), "{text}");
    }
}

#[test]
fn entries_stand_under_the_public_url_with_or_without_a_path() {
    for (public_url, base) in [
        ("https://calls.example.com", "https://calls.example.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://example.com/calls/", "https://example.com/calls"),
    ] {
        let expected = format!("{base}/webhooks/con_00000000010000000000000001/voice");
        assert_eq!(callbacks(public_url).entry(WebhookEvent::Voice), expected);
    }
}

/// A continuation, the webhook that it leads to, and what its URL says beside the call.
fn check(continuation: &Continuation, event: WebhookEvent, position: Position) {
    let call = CallId::from_parts(2, 2);
    let position = Position { call: Some(call), ..position };
    let url = callbacks("https://calls.example.com").url(call, continuation);
    assert_eq!(event_of(&url), Ok(event), "{url}");
    assert_eq!(Callbacks::position(&url), position, "{url}");
    let with_fragment = format!("{url}#rc=2&attempt=9");
    assert_eq!(Callbacks::position(&with_fragment), position, "{with_fragment}");
}

fn of_node(visit: Option<u8>) -> Position {
    Position { node: Some(node()), visit, ..Position::default() }
}

fn of_attempt(attempt: u8) -> Position {
    Position { attempt: Some(attempt), ..Position::default() }
}

#[test]
fn every_continuation_of_the_flow_and_of_an_attempt_reads_back_as_its_position() {
    let asked_at = "2026-11-21T04:05:06.789Z".parse().expect("a time");
    for (continuation, event, position) in [
        (Continuation::Gathered { node: node(), visit: 255 }, WebhookEvent::Gathered, of_node(Some(255))),
        (Continuation::Said { node: node() }, WebhookEvent::Said, of_node(None)),
        (Continuation::ForwardEnded { node: node() }, WebhookEvent::ForwardEnded, of_node(None)),
        (Continuation::LegAnswered { attempt: 1 }, WebhookEvent::LegAnswered, of_attempt(1)),
        (
            Continuation::Screened { attempt: 2, asked_at },
            WebhookEvent::Screened,
            Position { asked_at: Some(asked_at), ..of_attempt(2) },
        ),
        (Continuation::DialEnded { attempt: 3 }, WebhookEvent::DialEnded, of_attempt(3)),
        (Continuation::LegProgress { attempt: 255 }, WebhookEvent::LegProgress, of_attempt(255)),
        (Continuation::Offered { attempt: 4 }, WebhookEvent::Offered, of_attempt(4)),
    ] {
        check(&continuation, event, position);
    }
}

#[test]
fn what_a_caller_was_told_reads_back_whole_or_in_part() {
    let whole = Told {
        steps: u16::MAX,
        at: Some("2026-11-21T04:05:06.123456789Z".parse().expect("a time")),
        position: Some(u32::MAX),
        wait_seconds: Some(0),
        place: Some("07-01763697906123".parse().expect("a place")),
    };
    let steps = Told { steps: 7, ..Told::default() };
    for told in [whole, steps, Told::default()] {
        let held = Continuation::Held { node: node(), told: told.clone() };
        check(&held, WebhookEvent::Held, Position { told, ..of_node(None) });
    }
}

#[test]
fn every_continuation_of_an_overflow_and_of_a_callback_reads_back_as_its_position() {
    let overflow = |index| Position { index: Some(index), ..of_node(None) };
    check(
        &Continuation::OverflowForwardEnded { node: node(), index: 0 },
        WebhookEvent::OverflowEnded,
        overflow(0),
    );
    check(&Continuation::MessageLeft { node: node(), index: 4 }, WebhookEvent::MessageLeft, overflow(4));
    for (index, question) in [
        (None, CallbackQuestion::Offer),
        (Some(1), CallbackQuestion::Confirm("+12145550123".parse().expect("a number"))),
        (Some(255), CallbackQuestion::Enter { visit: 255 }),
    ] {
        let asked = Continuation::CallbackAsked { node: node(), index, question: question.clone() };
        let position = Position { index, question: Some(question), ..of_node(None) };
        check(&asked, WebhookEvent::CallbackAsked, position);
    }
    let (of, attempt) = (CallId::from_parts(9, 9), 5);
    let position = || Position { of: Some(of), ..of_attempt(5) };
    for (continuation, event) in [
        (Continuation::CallbackAnswered { of, attempt }, WebhookEvent::CallbackAnswered),
        (Continuation::CallbackAccepted { of, attempt }, WebhookEvent::CallbackAccepted),
        (Continuation::CallbackProgress { of, attempt }, WebhookEvent::CallbackProgress),
    ] {
        check(&continuation, event, position());
    }
}

#[test]
fn the_music_stands_under_the_public_url() {
    let url = callbacks("https://example.com/calls/").hold_music();
    assert_eq!(url, "https://example.com/calls/media/hold-music.wav");
}

#[test]
fn a_campaigns_callbacks_name_it() {
    let campaign = CampaignId::from_parts(3, 3);
    let callbacks = callbacks("https://calls.example.com").for_campaign(campaign);
    let url = callbacks.url(CallId::from_parts(2, 2), &Continuation::DialEnded { attempt: 1 });
    assert_eq!(Callbacks::position(&url).campaign, Some(campaign));
    assert_eq!(Callbacks::position(&callbacks.entry(WebhookEvent::Voice)).campaign, None);
}

#[test]
fn what_no_callback_url_carries_is_no_position() {
    let long = "a".repeat(65);
    for query in [
        "",
        "&&&==",
        "call=con_01JD3Q4T7Y8Z9A0B1C2D3E4F5G",
        "call=cal_short&node=a%20b&visit=256&attempt=-1",
        "node=&visit=&attempt=&asked_at=",
        "asked_at=yesterday",
        "node=%FF&visit=1.0&attempt=%00",
        &format!("node={long}"),
        "Call=cal_01JD3Q4T7Y8Z9A0B1C2D3E4F5G&amp;attempt=1",
        "steps=65536&told_at=now&position=-1&wait_seconds=1.5&index=256&of=con_01JD3Q4T7Y8Z9A0B1C2D3E4F5G",
        "question=",
        "question=Offer",
        "question=offer:",
        "question=confirm",
        "question=confirm:12145550123",
        "question=enter:x",
        "x=1#attempt=1",
    ] {
        let url = format!("https://calls.example.com/webhooks/x/gathered?{query}");
        assert_eq!(Callbacks::position(&url), Position::default(), "{query}");
    }
    assert_eq!(Callbacks::position("attempt=1"), Position::default());
}

proptest! {
    #[test]
    fn no_url_makes_it_panic(url in ".{0,200}") {
        let _ = Callbacks::position(&url);
        let _ = Callbacks::position(&format!("?{url}"));
    }
}
