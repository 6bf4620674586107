use std::{collections::BTreeMap, sync::Mutex};

use axum::{
    Form, Router,
    extract::{Path, State},
    routing::post,
};

use super::*;
use crate::demo::cast::{Answer, Desk, Phone, SCENES};

type FormTold = BTreeMap<String, String>;

/// A platform that asks one question and offers the caller to one desk, and keeps what it is told.
#[derive(Clone)]
struct Platform {
    url: String,
    told: Arc<Mutex<Vec<(String, FormTold)>>>,
}

impl Platform {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let platform = Self { url, told: Arc::default() };
        let router = Router::new().route("/{event}", post(answer)).with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        platform
    }

    fn document(&self, event: &str, form: &FormTold) -> String {
        let url = &self.url;
        let verbs = match event {
            "voice" => format!(
                r#"<Say>Hello &amp; welcome.</Say><Gather input="dtmf" numDigits="1" finishOnKey="" timeout="5"
                action="{url}/gathered?a=1&amp;b=2" method="POST" actionOnEmptyResult="true"><Say>Injured?</Say></Gather>"#
            ),
            "gathered" => format!(
                r#"<Dial action="{url}/dial-ended" method="POST" timeout="20" timeLimit="14400" answerOnBridge="true">
                <Number url="{url}/answered" method="POST" statusCallback="{url}/progress"
                statusCallbackEvent="initiated ringing answered completed" statusCallbackMethod="POST">{}</Number></Dial>"#,
                Desk::LoneStar.phone_number()
            ),
            "answered" => format!(
                r#"<Gather input="dtmf" numDigits="1" timeout="8" action="{url}/screened" method="POST"
                actionOnEmptyResult="true"><Say>Press 1.</Say></Gather><Hangup/>"#
            ),
            "screened" if form["Digits"] == "1" => String::new(),
            "screened" | "dial-ended" => "<Hangup/>".to_owned(),
            _ => String::new(),
        };
        format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>"#)
    }

    /// The forms that came to a webhook.
    fn told(&self, event: &str) -> Vec<FormTold> {
        let told = self.told.lock().expect("no test panics here");
        told.iter().filter(|(of, _)| of == event).map(|(_, form)| form.clone()).collect()
    }
}

async fn answer(
    State(platform): State<Platform>,
    Path(event): Path<String>,
    Form(form): Form<FormTold>,
) -> String {
    let document = platform.document(&event, &form);
    platform.told.lock().expect("no test panics here").push((event, form));
    document
}

/// Eve from Texas, with answers of her own and a desk that does something.
fn caller(answers: &'static [Answer], phones: &'static [(Desk, Phone)]) -> Caller {
    let eve = SCENES[0].callers.iter().find(|caller| caller.name == "Eve").expect("she plays");
    Caller { answers, phones, talk_seconds: 100, ..*eve }
}

async fn play(platform: &Platform, carrier: &Carrier, caller: Caller) -> Seen {
    let entrances =
        Entrances { voice: format!("{}/voice", platform.url), status: format!("{}/status", platform.url) };
    let undecided = Undecided::new(&watch::Sender::new(1));
    carrier.place(1, &caller, &entrances, undecided, |_| {}).await
}

/// Plays a call and checks what the platform was told of the dial and of the call's end, and what was seen.
async fn check(
    answers: &'static [Answer],
    phones: &'static [(Desk, Phone)],
    dial: Option<(&str, Option<&str>, &str)>,
    trail: &[&str],
) {
    let platform = Platform::start().await;
    let carrier = Carrier::start(reqwest::Client::new()).await.expect("a carrier");
    let seen = play(&platform, &carrier, caller(answers, phones)).await;
    assert!(seen.fault.is_none(), "{seen:?}");
    assert_eq!(seen.trail[1..], *trail);
    assert_eq!(seen.trail[0], "“Hello & welcome.”");
    let told = platform.told("dial-ended");
    let told = told.first().map(|form| {
        let field = |name: &str| form.get(name).map(String::as_str);
        (field("DialCallStatus").unwrap_or(""), field("DialCallDuration"), field("DialBridged").unwrap_or(""))
    });
    assert_eq!(told, dial);
    assert_eq!(platform.told("status").len(), 1);
    assert_eq!(carrier.exchange.line(Desk::LoneStar.phone_number()).live, 0);
}

const YES: &[Answer] = &[Answer::Keys("1")];

#[tokio::test]
async fn a_desk_that_takes_the_call_is_connected_for_as_long_as_they_talk() {
    check(YES, &[], Some(("completed", Some("100"), "true")), &["1", "Lone Star Law 1:40"]).await;
}

#[tokio::test]
async fn whoever_does_not_press_the_key_is_not_connected() {
    const VOICEMAIL: &[(Desk, Phone)] = &[(Desk::LoneStar, Phone::Voicemail)];
    const DECLINES: &[(Desk, Phone)] = &[(Desk::LoneStar, Phone::Declined)];
    let dial = Some(("completed", Some("0"), "false"));
    check(YES, VOICEMAIL, dial, &["1", "Lone Star Law's voicemail"]).await;
    check(YES, DECLINES, dial, &["1", "Lone Star Law declines"]).await;
}

#[tokio::test]
async fn a_line_that_nobody_answers_is_reported_for_what_it_is() {
    const BUSY: &[(Desk, Phone)] = &[(Desk::LoneStar, Phone::Busy)];
    const NO_ANSWER: &[(Desk, Phone)] = &[(Desk::LoneStar, Phone::NoAnswer)];
    const GIVES_UP: &[(Desk, Phone)] = &[(Desk::LoneStar, Phone::CallerGivesUp)];
    check(YES, BUSY, Some(("busy", None, "false")), &["1", "Lone Star Law is busy"]).await;
    check(YES, NO_ANSWER, Some(("no-answer", None, "false")), &["1", "Lone Star Law does not answer"]).await;
    check(YES, GIVES_UP, Some(("canceled", None, "false")), &["1", "hangs up while Lone Star Law rings"])
        .await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_connected_with_nobody() {
    check(&[Answer::HangsUp], &[], None, &["hangs up"]).await;
}

#[tokio::test]
async fn every_form_carries_what_the_caller_is_and_did() {
    let platform = Platform::start().await;
    let carrier = Carrier::start(reqwest::Client::new()).await.expect("a carrier");
    play(&platform, &carrier, caller(&[], &[])).await;
    let [arrival] = &platform.told("voice")[..] else { panic!("one call came in") };
    assert_eq!((&*arrival["FromState"], &*arrival["CallStatus"]), ("TX", "ringing"));
    let [gathered] = &platform.told("gathered")[..] else { panic!("one question was asked") };
    assert_eq!((&*gathered["Digits"], &gathered["CallSid"]), ("", &arrival["CallSid"]));
    let progress = platform.told("progress");
    let mut statuses: Vec<&str> = progress.iter().map(|form| &*form["CallStatus"]).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["completed", "in-progress", "initiated", "ringing"]);
    assert!(progress.iter().all(|form| form["ParentCallSid"] == arrival["CallSid"]));
}

#[test]
fn a_document_that_twilio_would_not_take_is_none() {
    let gather = r#"<Gather input="dtmf" timeout="5" action="/x" method="POST"/>"#;
    let documents = [
        ("<Response/>", Some(0)),
        ("<Response><Say>a</Say><Hangup/></Response>", Some(2)),
        (&format!("<Response>{gather}</Response>"), Some(1)),
        ("<Response><Play>a</Play></Response>", None),
        ("<Response><Say voice='a'>b</Say></Response>", None),
        ("<Response><Dial timeout='5' timeLimit='9'/></Response>", None),
        ("<Response><Redirect method='GET'>/x</Redirect></Response>", None),
        ("<Response>", None),
        ("", None),
    ];
    for (text, verbs) in documents {
        let read = twiml::Document::read(text).ok().map(|document| document.verbs.len());
        assert_eq!(read, verbs, "{text}");
    }
}

#[test]
fn the_books_know_the_most_legs_at_once() {
    let exchange = Exchange::default();
    let call = exchange.place_call(1, "+18005550111");
    let first = exchange.place_leg(call.call, "+12145550192");
    let second = exchange.place_leg(2, "+12145550192");
    exchange.end(&first, "completed", 9, true);
    exchange.place_leg(call.call, "+12145550192");
    let line = exchange.line("+12145550192");
    assert_eq!((line.live, line.peak), (2, 2));
    assert_ne!(first.sid(), second.sid());
    assert_eq!(exchange.legs_of(&call.sid()).len(), 2);
    assert_eq!(exchange.line("+18005550111").peak, 0);
}
