use jiff::Timestamp;
use ringfall_domain::{
    call::instructions::{HoldStep, Sound},
    queue::Told,
};

use super::*;

/// What the callback URLs of these steps end with.
const THEN: &str = "{held?}node=buyers&amp;steps=2&amp;told_at=2026-11-21T04%3A05%3A06Z&amp;position=3";
const MUSIC: &str = "<Play>https://calls.example.com/media/hold-music.wav</Play>";

fn hold(spoken: Vec<Speech>, sound: Sound, takes_key: bool) -> Instruction {
    let at: Timestamp = "2026-11-21T04:05:06Z".parse().expect("a time");
    let told = Told { steps: 2, at: Some(at), position: Some(3), ..Told::default() };
    Instruction::Hold(HoldStep {
        spoken,
        sound,
        takes_key,
        then: Continuation::Held { node: node("buyers"), told },
    })
}

#[test]
fn a_step_of_the_hold_plays_and_comes_back() {
    let redirect = format!(r#"<Redirect method="POST">{THEN}</Redirect>"#);
    let spoken = || vec![english("You are number 3."), plain(""), plain("Please hold.")];
    let said = r#"<Say language="en-US">You are number 3.</Say><Say>Please hold.</Say>"#;
    check(&[hold(Vec::new(), Sound::OwnMusic, false)], &format!("{MUSIC}{redirect}"));
    check(&[hold(spoken(), Sound::OwnMusic, false)], &format!("{said}{MUSIC}{redirect}"));
    let gather = format!(
        r#"<Gather input="dtmf" numDigits="1" finishOnKey="" timeout="1" action="{THEN}" method="POST">"#
    );
    check(&[hold(spoken(), Sound::OwnMusic, true)], &format!("{gather}{said}{MUSIC}</Gather>{redirect}"));
}

#[test]
fn a_file_is_played_and_silence_lasts_a_second_at_least() {
    let redirect = format!(r#"<Redirect method="POST">{THEN}</Redirect>"#);
    let url = "https://cdn.example.com/hold.mp3?a=1&b=%3C".parse().expect("a URL");
    check(
        &[hold(Vec::new(), Sound::File(url), false)],
        &format!("<Play>https://cdn.example.com/hold.mp3?a=1&amp;b=%3C</Play>{redirect}"),
    );
    for (seconds, length) in [(0, 1), (15, 15)] {
        check(
            &[hold(Vec::new(), Sound::Silence { seconds }, false)],
            &format!(r#"<Pause length="{length}"/>{redirect}"#),
        );
    }
}

#[test]
fn a_message_is_taken_and_its_end_is_told_also_where_nothing_was_said() {
    for (most_seconds, length) in [(120, 120), (0, 1), (u32::MAX, 14_400)] {
        let then = Continuation::MessageLeft { node: node("buyers"), index: 1 };
        check(
            &[Instruction::Record { most_seconds, then }],
            &format!(
                r##"<Record action="{{message-left?}}node=buyers&amp;index=1" method="POST" maxLength="{length}" playBeep="true" finishOnKey="#"/><Redirect method="POST">{{message-left?}}node=buyers&amp;index=1</Redirect>"##
            ),
        );
    }
}

#[test]
fn a_forward_of_an_overflow_reports_its_end_only() {
    check(
        &[Instruction::Connect(dial(DialPurpose::Overflow { node: node("buyers"), index: 0 }))],
        r#"<Dial method="POST" action="{overflow-ended?}node=buyers&amp;index=0" timeout="20" timeLimit="3600" answerOnBridge="true"><Number>+12145550100</Number></Dial>"#,
    );
}
