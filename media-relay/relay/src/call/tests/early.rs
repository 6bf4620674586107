//! What callers hear before the answer.

use super::*;

const TWO: &str = r#"[{"connect":{"targets":[{"destination":{"phone_number":"+12145550101"}},
    {"destination":{"sip_uri":"sip:desk@d"},"leg_answered":"http://p/screen"}],
    "order":"parallel","ring_timeout_seconds":20,"most_seconds":600,"then":"http://p/done"}}]"#;

fn dialling(orders: &str) -> Scene {
    let mut scene = Scene::arrived();
    scene.orders(1, orders).wanted();
    scene
}

#[test]
fn a_leg_that_has_audio_before_its_answer_is_heard_once_it_really_speaks() {
    let mut scene = dialling(TWO);
    scene.handle(Event::Ringing(1)).handle(Event::Early(1)).handle(Event::Ringing(1));
    assert_eq!(scene.wanted(), ["ring", "early", "play 0 #1 Ringback"]);
    scene.handle(Event::Heard(1)).handle(Event::Early(1));
    assert_eq!(scene.wanted(), ["listen 1"]);
    scene.handle(Event::Answered(1));
    assert_eq!(scene.wanted(), ["hang up 2", "answer", "bridge 1"]);
    // Nothing of it is left for the end.
    scene.over(1, Cause::Completed);
    assert_eq!(scene.wanted(), ["part 1", "ask 2 /done c1-1 Ended Completed 0 s bridged"]);
}

#[test]
fn after_early_audio_no_ringing_is_told_and_an_answered_caller_needs_none() {
    let mut scene = dialling(TWO);
    scene.handle(Event::Early(2)).handle(Event::Ringing(1)).handle(Event::Ringing(2));
    assert_eq!(scene.wanted(), ["early", "play 0 #1 Ringback"]);
    let mut scene = dialling(&TWO.replacen('[', r#"["answer","#, 1));
    scene.handle(Event::Early(1)).handle(Event::Ringing(1));
    assert_eq!(scene.wanted(), [""; 0], "the ringing that the connect began with goes on");
    scene.handle(Event::Heard(1));
    assert_eq!(scene.wanted(), ["listen 1"]);
}

#[test]
fn of_two_that_speak_the_first_is_heard_and_when_it_is_over_the_other() {
    let mut scene = dialling(TWO);
    for leg in [2, 1] {
        scene.handle(Event::Early(leg)).handle(Event::Heard(leg));
    }
    assert_eq!(scene.wanted(), ["early", "play 0 #1 Ringback", "listen 2"]);
    scene.over(2, Cause::Busy);
    assert_eq!(scene.wanted(), ["part 2", "listen 1"]);
    scene.over(1, Cause::Busy);
    assert_eq!(scene.wanted(), ["part 1", "play 0 #2 Ringback", "ask 2 /done c1-2 Ended Busy"]);
    // Still unanswered, still with audio: the next connect rings by our own tone.
    scene.orders(2, TWO);
    assert_eq!(scene.wanted()[0], "play 0 #3 Ringback");
    scene.handle(Event::Early(3));
    scene.over(3, Cause::Busy).over(4, Cause::Busy).orders(3, r#"[{"say":{"text":"busy"}}]"#);
    assert_eq!(scene.wanted(), ["ask 3 /done c1-4 Ended Busy", "answer", "play 0 #4 'busy'"]);
}

#[test]
fn a_leg_that_is_screened_is_not_heard_meanwhile() {
    let mut scene = dialling(TWO);
    scene.handle(Event::Early(2)).handle(Event::Heard(2)).wanted();
    scene.handle(Event::Answered(2));
    assert_eq!(scene.wanted(), ["part 2", "play 0 #2 Ringback", "ask 2 /screen c1-2 Answered"]);
    scene.handle(Event::Heard(2)).handle(Event::Early(2)).orders(2, "[]");
    assert_eq!(scene.wanted(), ["hang up 1", "answer", "bridge 2"]);
}

#[test]
fn audio_that_comes_too_late_or_cannot_be_taken_changes_nothing() {
    let mut scene = dialling(TWO);
    scene.handle(Event::Heard(1)).handle(Event::Heard(CALLER)).handle(Event::Early(7));
    assert_eq!(scene.wanted(), [""; 0], "nothing is agreed on with it");
    scene.over(1, Cause::Failed).wanted();
    scene.handle(Event::Early(1)).handle(Event::Heard(1));
    assert_eq!(scene.wanted(), [""; 0]);
    // A caller without an offer cannot be sent any audio before the answer.
    let plan = Plan { takes_early_audio: false, ..plan(true) };
    let mut scene = Scene::of(Call::arrived(Moment::default(), plan));
    scene.orders(1, TWO).wanted();
    scene.handle(Event::Early(1)).handle(Event::Ringing(1)).handle(Event::Heard(1));
    assert_eq!(scene.wanted(), ["ring"]);
}

#[test]
fn a_change_or_an_end_stops_what_is_heard() {
    let mut scene = dialling(TWO);
    scene.handle(Event::Early(1)).handle(Event::Heard(1)).wanted();
    scene.modify(r#"[{"say":{"text":"x"}}]"#);
    assert_eq!(scene.wanted(), ["part 1", "hang up 1", "hang up 2", "silence 0", "answer", "play 0 #2 'x'"]);
    let mut scene = dialling(TWO);
    scene.handle(Event::Early(1)).handle(Event::Heard(1)).wanted();
    scene.over(CALLER, Cause::Canceled);
    let over = "call Ended Some(Canceled)";
    let wanted = [
        "hang up 1".to_owned(),
        "part 1".to_owned(),
        "hang up 2".to_owned(),
        format!("tell /done c1-2 Ended Canceled {over}"),
        format!("tell /end {over}"),
    ];
    assert_eq!(scene.wanted(), wanted);
}
