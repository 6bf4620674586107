//! Walks and answers by example.

use serde_json::json;

use super::{WEDNESDAY, at, digits, flow, hangup, id, intake};
use crate::{
    call::event::Input,
    flow::{Answer, Flow, Stop, Walk},
    tags::{TagName, TagValue, Tags},
};

fn texts(walk: &Walk) -> Vec<&str> {
    walk.spoken.iter().map(|spoken| spoken.text.as_str()).collect()
}

#[test]
fn a_walk_passes_what_needs_no_caller_and_collects_what_is_said() {
    let walked = flow(&json!({
        "start": {"type": "say", "say": "Welcome.", "language": "en-US", "next": "hours"},
        "hours": {
            "type": "hours", "open": "texan", "closed": "closed",
            "hours": {"time_zone": "Europe/Berlin", "open": [{"days": ["wed"], "from": "08:00", "to": "18:30"}]},
        },
        "texan": {
            "type": "condition", "then": "buyers", "else": "ask",
            "if": {"field": "tags.state", "op": "eq", "value": "TX"},
        },
        "ask": {"type": "gather", "say": "State?", "speech": true, "tag": "state", "next": "buyers"},
        "buyers": {"type": "route", "otherwise": "desk"},
        "desk": {"type": "forward", "say": "One moment.", "phone_number": "+12145550100"},
        "closed": {"type": "hangup", "say": "We are closed."},
    }));
    assert_eq!(walked.check(), []);
    let mut texan = Tags::default();
    texan.insert(tag("state"), value("tx")).expect("room");
    let stranger = Tags::default();
    let start = id("start");
    for (from, facts, now, said, stop) in [
        ("start", &texan, WEDNESDAY, &["Welcome."][..], Stop::Route { node: id("buyers") }),
        ("start", &stranger, WEDNESDAY, &["Welcome."], Stop::Ask { node: id("ask") }),
        (
            "start",
            &texan,
            "2026-01-14T17:30:00Z",
            &["Welcome.", "We are closed."],
            Stop::Hangup { node: id("closed") },
        ),
        ("desk", &texan, WEDNESDAY, &["One moment."], Stop::Forward { node: id("desk") }),
        ("ask", &texan, WEDNESDAY, &[], Stop::Ask { node: id("ask") }),
        ("gone", &texan, WEDNESDAY, &[], Stop::Lost { node: id("gone") }),
    ] {
        let walk = walked.walk(&id(from), facts, at(now));
        assert_eq!((texts(&walk), &walk.stop), (said.to_vec(), &stop), "{from} {now}");
    }
    let walk = walked.walk(&start, &texan, at(WEDNESDAY));
    assert_eq!(walk.spoken[0].language.as_ref().map(|language| language.as_str()), Some("en-US"));
}

#[test]
fn a_walk_ends_even_where_the_flow_was_never_checked() {
    let say = |next: &str| json!({"type": "say", "say": "x", "next": next});
    let walk = flow(&json!({"start": say("a"), "a": say("start")})).walk(
        &id("start"),
        &Tags::default(),
        at(WEDNESDAY),
    );
    assert_eq!((walk.spoken.len(), walk.stop), (2, Stop::Lost { node: id("start") }));
    let lost = flow(&json!({"start": say("gone")})).walk(&id("start"), &Tags::default(), at(WEDNESDAY));
    assert_eq!((lost.spoken.len(), lost.stop), (1, Stop::Lost { node: id("gone") }));
}

fn tag(name: &str) -> TagName {
    name.parse().expect("a tag's name")
}

fn value(text: &str) -> TagValue {
    text.parse().expect("a tag's value")
}

fn speech(text: &str) -> Input {
    Input::Speech(text.to_owned())
}

fn next(node: &str, tagged: Option<(&str, &str)>) -> Answer {
    let tag = tagged.map(|(name, text)| (tag(name), value(text)));
    Answer::Next { node: id(node), tag }
}

#[track_caller]
fn check_answers(flow: &Flow, node: &str, rows: &[(u8, Input, Answer)]) {
    for (visit, input, expected) in rows {
        assert_eq!(flow.answer(&id(node), *visit, input), *expected, "{visit} {input:?}");
    }
}

#[test]
fn a_menu_takes_its_keys_and_asks_again_until_its_attempts_are_used_up() {
    let again = || Answer::Again { visit: 2 };
    let none = || next("end", None);
    check_answers(
        &intake(),
        "start",
        &[
            (1, digits("1"), next("zip", Some(("injured", "yes")))),
            (2, digits("1"), next("zip", Some(("injured", "yes")))),
            (9, digits("1"), next("zip", Some(("injured", "yes")))),
            (1, digits("*"), next("end", Some(("injured", "*")))),
            (1, digits("3"), again()),
            (1, digits("11"), again()),
            (1, digits(""), again()),
            (1, speech("one"), again()),
            (1, Input::Nothing, again()),
            (2, digits("3"), none()),
            (2, Input::Nothing, none()),
            (u8::MAX, Input::Nothing, none()),
        ],
    );
}

#[test]
fn a_gather_takes_exactly_the_digits_that_it_asks_for() {
    let again = || Answer::Again { visit: 2 };
    let long = "7".repeat(100_000);
    check_answers(
        &intake(),
        "zip",
        &[
            (1, digits("75201"), next("end", Some(("zip", "75201")))),
            (1, digits("75201#"), next("end", Some(("zip", "75201")))),
            (1, digits("7520"), again()),
            (1, digits("752011"), again()),
            (1, digits("7520*"), again()),
            (1, digits("٧٥٢٠١"), again()),
            (1, digits(&long), again()),
            (1, speech("seven five two"), again()),
            (1, Input::Nothing, again()),
            (2, Input::Nothing, next("end", None)),
        ],
    );
}

#[test]
fn a_gather_takes_speech_and_cleans_it() {
    let gathered = flow(&json!({
        "start": {"type": "gather", "say": "Name?", "speech": true, "tag": "name", "attempts": 1, "next": "end", "otherwise": "rude"},
        "rude": hangup(), "end": hangup(),
    }));
    let long = "é".repeat(100_000);
    check_answers(
        &gathered,
        "start",
        &[
            (1, speech(" Ann\r\nLee\u{0} "), next("end", Some(("name", "Ann Lee")))),
            (1, speech(&long), next("end", Some(("name", &"é".repeat(256))))),
            (1, speech(" \u{7} "), next("rude", None)),
            (1, digits("12345"), next("rude", None)),
            (1, Input::Nothing, next("rude", None)),
        ],
    );
}

#[test]
fn an_answer_to_a_question_that_is_gone_is_lost() {
    check_answers(&intake(), "gone", &[(1, digits("1"), Answer::Lost)]);
    check_answers(&intake(), "end", &[(1, digits("1"), Answer::Lost)]);
}

#[test]
fn a_question_says_what_may_be_entered() {
    let menu = intake().question(&id("start"), &Tags::default()).expect("a question");
    assert_eq!((menu.digits, menu.speech, menu.timeout_seconds), (Some(1), false, 5));
    let gather = intake().question(&id("zip"), &Tags::default()).expect("a question");
    assert_eq!((gather.digits, gather.speech, gather.spoken.text.as_str()), (Some(5), false, "Your ZIP?"));
    assert_eq!(gather.spoken.language.map(|language| language.to_string()), Some("en-US".to_owned()));
    assert_eq!(intake().question(&id("end"), &Tags::default()), None);
}

#[test]
fn what_is_said_and_asked_is_in_the_language_that_a_menu_has_set() {
    let greeting = json!({"default": "Welcome.", "es-MX": "Bienvenido."});
    let flow = flow(&json!({
        "start": {"type": "menu", "say": "Press 1 for English, 2 for Spanish.", "tag": "language", "otherwise": "hello",
                  "choices": {"1": {"value": "en", "next": "hello"}, "2": {"value": "es", "next": "hello"}}},
        "hello": {"type": "say", "say": greeting, "language": "en-US", "next": "zip"},
        "zip": {"type": "gather", "say": {"default": "Your ZIP?", "es": "Su código postal?"}, "digits": 5, "tag": "zip",
                "next": "end"},
        "end": {"type": "hangup"},
    }));
    assert_eq!(flow.check(), []);
    for (key, hello, language, zip) in
        [("1", "Welcome.", "en-US", "Your ZIP?"), ("2", "Bienvenido.", "es-MX", "Su código postal?")]
    {
        let Answer::Next { node, tag: Some((name, value)) } = flow.answer(&id("start"), 1, &digits(key))
        else {
            panic!("an answer");
        };
        let mut tags = Tags::default();
        tags.insert(name, value).expect("room");
        let walk = flow.walk(&node, &tags, at(WEDNESDAY));
        let said = walk.spoken[0].language.as_ref().map(|language| language.to_string());
        assert_eq!((walk.spoken[0].text.as_str(), said.as_deref()), (hello, Some(language)));
        assert_eq!(flow.question(&id("zip"), &tags).expect("a question").spoken.text.as_str(), zip);
    }
}
