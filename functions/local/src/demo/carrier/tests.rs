use std::{collections::BTreeMap, sync::Mutex};

use axum::{
    Form, Router,
    extract::{Path, State},
    http::header,
    routing::{get, post},
};

use super::*;
use crate::demo::SECOND;
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
        let router = Router::new()
            .route("/music", get(async || ([(header::CONTENT_TYPE, "audio/wav")], music())))
            .route("/{event}", post(answer))
            .with_state(platform.clone());
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
            "held" => format!(
                r#"<Say>Please wait.</Say><Gather input="dtmf" numDigits="1" finishOnKey="" timeout="1" action="{url}/key"
                method="POST"><Pause length="1"/><Play>{url}/music</Play></Gather><Redirect method="POST">{url}/held</Redirect>"#
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

/// A WAV file of nine seconds, at two bytes each.
fn music() -> Vec<u8> {
    let mut file = b"RIFF....WAVE".to_vec();
    file.resize(44 + 18, 0);
    file[28] = 2;
    file[40] = 18;
    file
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
    play_at("voice", platform, carrier, caller).await
}

async fn play_at(entrance: &str, platform: &Platform, carrier: &Carrier, caller: Caller) -> Seen {
    let url = &platform.url;
    let entrances = Entrances { voice: format!("{url}/{entrance}"), status: format!("{url}/status") };
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
    let carrier = Carrier::start(reqwest::Client::new(), SECOND).await.expect("a carrier");
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
async fn a_caller_on_hold_hears_the_music_again_and_again_until_they_lose_patience() {
    let platform = Platform::start().await;
    let carrier = Carrier::start(reqwest::Client::new(), SECOND).await.expect("a carrier");
    let caller = Caller { patience_seconds: Some(30), ..caller(&[], &[]) };
    let seen = play_at("held", &platform, &carrier, caller).await;
    assert!(seen.fault.is_none() && seen.gave_up, "{seen:?}");
    // Eleven seconds each: a pause, the music, and the time for a late key.
    assert_eq!(platform.told("held").len(), 3);
    assert_eq!(platform.told("key").len(), 0);
    assert_eq!(platform.told("status").len(), 1);
}

#[tokio::test]
async fn a_caller_on_hold_is_redirected_in_the_middle_of_the_music() {
    let platform = Platform::start().await;
    let carrier = Carrier::start(reqwest::Client::new(), SECOND).await.expect("a carrier");
    let sid = Exchange::default().place_call(1, "+18005550111").sid();
    let order = async |order: &[(&str, &str)]| {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{sid}.json", carrier.api_base_url());
        let request = reqwest::Client::new().post(url).basic_auth(ACCOUNT_SID, Some(AUTH_TOKEN));
        request.form(order).send().await.expect("an answer").status()
    };
    let redirected = async {
        while platform.told("held").is_empty() {
            tokio::time::sleep(SECOND).await;
        }
        assert_eq!(order(&[("Url", "x"), ("Method", "GET")]).await, StatusCode::BAD_REQUEST);
        order(&[("Url", &format!("{}/gathered", platform.url)), ("Method", "POST")]).await
    };
    let (seen, redirected) = tokio::join!(play_at("held", &platform, &carrier, caller(&[], &[])), redirected);
    assert_eq!(redirected, StatusCode::OK);
    assert!(seen.fault.is_none() && seen.was_held && !seen.gave_up, "{seen:?}");
    assert_eq!(seen.trail.last().map(String::as_str), Some("Lone Star Law 1:40"));
    assert_eq!(order(&[("Status", "completed")]).await, StatusCode::BAD_REQUEST, "the call is over");
}

#[tokio::test]
async fn every_form_carries_what_the_caller_is_and_did() {
    let platform = Platform::start().await;
    let carrier = Carrier::start(reqwest::Client::new(), SECOND).await.expect("a carrier");
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
        ("<Response><Play>a</Play><Pause length='1'/></Response>", Some(2)),
        ("<Response><Play loop='2'>a</Play></Response>", None),
        (
            "<Response><Gather input='dtmf' timeout='1' action='/x' method='POST'><Dial/></Gather></Response>",
            None,
        ),
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
