use super::*;
use crate::{limits::MOST_BODY_BYTES, read, write};

fn orders(instructions: &str) -> Result<Vec<Order>, String> {
    let body = format!(r#"{{"instructions": [{instructions}]}}"#);
    let read: Result<Orders, _> = read(body.as_bytes(), MOST_BODY_BYTES);
    read.map(|orders| orders.instructions).map_err(|error| error.to_string())
}

fn url(text: &str) -> HttpUrl {
    text.parse().expect("a URL")
}

#[test]
fn each_order_is_written_as_documented_and_read_back() {
    let then = || url("http://127.0.0.1/then");
    let speech = || Speech { text: "Hello".to_owned(), language: Some("en-US".to_owned()) };
    for (order, expected) in [
        (Order::Answer, r#""answer""#),
        (Order::Bridge, r#""bridge""#),
        (Order::Hangup, r#""hangup""#),
        (Order::Reject { reason: Reason::Busy }, r#"{"reject":{"reason":"busy"}}"#),
        (Order::Say(speech()), r#"{"say":{"text":"Hello","language":"en-US"}}"#),
        (
            Order::Play { url: url("https://a.example/b.mp3") },
            r#"{"play":{"url":"https://a.example/b.mp3"}}"#,
        ),
        (
            Order::Gather(Gather { prompt: None, digits: Some(5), timeout_seconds: 4, then: then() }),
            r#"{"gather":{"digits":5,"timeout_seconds":4,"then":"http://127.0.0.1/then"}}"#,
        ),
        (
            Order::Hold(Hold {
                spoken: vec![speech()],
                sound: Sound::OwnMusic { seconds: 30 },
                takes_key: true,
                then: then(),
            }),
            r#"{"hold":{"spoken":[{"text":"Hello","language":"en-US"}],"sound":{"own_music":{"seconds":30}},"takes_key":true,"then":"http://127.0.0.1/then"}}"#,
        ),
        (
            Order::Record { most_seconds: 120, then: then() },
            r#"{"record":{"most_seconds":120,"then":"http://127.0.0.1/then"}}"#,
        ),
        (Order::Continue { then: then() }, r#"{"continue":{"then":"http://127.0.0.1/then"}}"#),
        (
            Order::Connect(Connect {
                targets: vec![Target {
                    destination: Destination::SipUri("sip:desk@127.0.0.1:5080".parse().expect("a URI")),
                    leg_answered: Some(then()),
                    progress: Some(Progress { url: then(), answered: true }),
                }],
                order: RingOrder::InTurn,
                ring_timeout_seconds: 20,
                caller_id: Some("+18005550111".parse().expect("a number")),
                record: false,
                most_seconds: 3600,
                recording_notice: Some(Speech { text: "We record.".to_owned(), language: None }),
                then: None,
            }),
            r#"{"connect":{"targets":[{"destination":{"sip_uri":"sip:desk@127.0.0.1:5080"},"leg_answered":"http://127.0.0.1/then","progress":{"url":"http://127.0.0.1/then","answered":true}}],"order":"in_turn","ring_timeout_seconds":20,"caller_id":"+18005550111","record":false,"most_seconds":3600,"recording_notice":{"text":"We record."}}}"#,
        ),
    ] {
        assert_eq!(write(&order), expected);
        assert_eq!(orders(expected), Ok(vec![order]));
    }
}

#[test]
fn what_may_be_left_out_has_its_default_and_what_is_unknown_is_ignored() {
    let read = orders(
        r#"{"connect": {"targets": [{"destination": {"phone_number": "+12145550100"}, "colour": "red"}], "ring_timeout_seconds": 20,
            "most_seconds": 60}}"#,
    );
    let read = read.expect("orders");
    let [Order::Connect(connect)] = read.as_slice() else {
        panic!("{read:?}");
    };
    assert_eq!((connect.order, connect.record, &connect.then), (RingOrder::Parallel, false, &None));
    assert_eq!(Orders::default(), crate::read(b"{}", 10).expect("nothing to do"));
}

#[test]
fn what_is_out_of_bounds_is_refused_by_name() {
    let connect = |targets: usize, ring: u32| {
        let target = r#"{"destination": {"sip_uri": "sip:a@b"}}"#;
        let targets = vec![target; targets].join(",");
        format!(
            r#"{{"connect": {{"targets": [{targets}], "ring_timeout_seconds": {ring}, "most_seconds": 60}}}}"#
        )
    };
    let say = |characters: usize| format!(r#"{{"say": {{"text": "{}"}}}}"#, "é".repeat(characters));
    assert!(orders(&connect(10, 600)).is_ok() && orders(&say(4096)).is_ok());
    for (instructions, field, problem) in [
        (say(4097), "instructions[0].say.text", "at most 4096 characters"),
        (connect(0, 5), "instructions[0].connect.targets", "one target at least"),
        (connect(11, 5), "instructions[0].connect.targets", "a list of at most 10 items"),
        (connect(1, 601), "instructions[0].connect.ring_timeout_seconds", "a whole number from 1 to 600"),
        (
            r#"{"gather": {"digits": 33, "timeout_seconds": 5, "then": "http://a"}}"#.to_owned(),
            "instructions[0].gather.digits",
            "a whole number from 1 to 32",
        ),
        (
            r#""answer", {"play": {"url": "file:///etc/passwd"}}"#.to_owned(),
            "instructions[1].play.url",
            "an http or https URL",
        ),
        (vec![r#""answer""#; 51].join(","), "instructions", "a list of at most 50 items"),
    ] {
        let refused = orders(&instructions).expect_err("refused");
        assert!(refused.starts_with(&format!("{field}: ")) && refused.contains(problem), "{refused}");
    }
}
