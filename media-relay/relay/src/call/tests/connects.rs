//! Callers who are connected, or nearly.

use super::*;

/// Two targets with their progress told; the second is screened.
fn connect(order: &str, record: bool) -> String {
    format!(
        r#"[{{"connect":{{"targets":[
            {{"destination":{{"phone_number":"+12145550101"}},"progress":{{"url":"http://p/leg1","answered":true}}}},
            {{"destination":{{"sip_uri":"sip:desk@d"}},"leg_answered":"http://p/screen","progress":{{"url":"http://p/leg2"}}}}],
            "order":"{order}","ring_timeout_seconds":20,"record":{record},"most_seconds":600,"then":"http://p/done"}}}}]"#
    )
}

fn dialling(order: &str) -> Scene {
    let mut scene = Scene::arrived();
    scene.orders(1, &connect(order, false));
    scene
}

#[test]
fn the_caller_hears_ringing_once_and_is_answered_at_the_bridge() {
    let mut scene = dialling("in_turn");
    assert_eq!(scene.wanted()[1..], ["dial 1 +12145550101"]);
    scene.handle(Event::Ringing(1)).handle(Event::Ringing(1));
    assert_eq!(scene.wanted(), ["ring"]);
    scene.wait(5).handle(Event::Answered(1)).handle(Event::Answered(1));
    assert_eq!(scene.wanted(), ["tell /leg1 c1-1 Answered", "answer", "bridge 1"]);
    scene.wait(30).over(1, Cause::Completed);
    let ended = "c1-1 Ended Completed 30 s bridged";
    assert_eq!(
        scene.wanted(),
        [format!("tell /leg1 {ended}"), "part 1".to_owned(), format!("ask 2 /done {ended}")]
    );
    scene.orders(2, "[]");
    assert_eq!(scene.wanted(), ["hang up 0", "tell /end call Ended Some(Completed) 30 s"]);
}

#[test]
fn one_after_the_other_is_rung_each_for_its_time() {
    let mut scene = dialling("in_turn");
    scene.wanted();
    scene.wait(20);
    assert_eq!(scene.wanted(), ["hang up 1", "tell /leg1 c1-1 Ended NoAnswer", "dial 2 sip:desk@d"]);
    // An answer that crossed the cancel changes nothing.
    scene.handle(Event::Answered(1)).over(1, Cause::Completed);
    assert_eq!(scene.wanted(), [""; 0]);
    scene.over(2, Cause::Busy);
    assert_eq!(scene.wanted(), ["tell /leg2 c1-2 Ended Busy", "ask 2 /done c1-1 Ended NoAnswer"]);
}

#[test]
fn of_several_at_once_the_first_to_be_joined_has_the_call() {
    let mut scene = dialling("parallel");
    assert_eq!(scene.wanted()[1..], ["dial 1 +12145550101", "dial 2 sip:desk@d"]);
    scene.handle(Event::Answered(2));
    assert_eq!(scene.wanted(), ["ask 2 /screen c1-2 Answered"]);
    scene.orders(2, r#"[{"say":{"text":"a call"}}]"#).handle(Event::Answered(1));
    let wanted = [
        "play 2 #1 'a call'",
        "tell /leg1 c1-1 Answered",
        "hang up 2",
        "tell /leg2 c1-2 Ended Completed 0 s",
        "answer",
        "bridge 1",
    ];
    assert_eq!(scene.wanted(), wanted);
    scene.handle(Event::Played(2, 1)).orders(2, r#"["bridge"]"#);
    assert_eq!(scene.wanted(), [""; 0], "the other came too late");
}

#[test]
fn a_screened_leg_is_joined_by_its_orders_or_by_their_end_and_not_if_they_cannot_be_had() {
    let screened = |then: &dyn Fn(&mut Scene)| {
        let mut scene = dialling("in_turn");
        scene.over(1, Cause::Busy).handle(Event::Answered(2)).wanted();
        then(&mut scene);
        scene.wanted()
    };
    let bridged = ["answer", "bridge 2"];
    assert_eq!(
        screened(&|scene| {
            scene.orders(2, r#"["bridge"]"#);
        }),
        bridged
    );
    assert_eq!(
        screened(&|scene| {
            scene.orders(2, "[]");
        }),
        bridged
    );
    let declined =
        ["hang up 2", "tell /leg2 c1-2 Ended Completed 0 s", "ask 3 /done c1-2 Ended Completed 0 s"];
    assert_eq!(
        screened(&|scene| {
            scene.orders(2, r#"["hangup"]"#);
        }),
        declined
    );
    assert_eq!(
        screened(&|scene| {
            scene.handle(Event::Orders(Ask(2), Err(Unanswered)));
        }),
        declined
    );
}

#[test]
fn who_is_spoken_to_for_ever_after_the_answer_is_let_go() {
    let mut scene = dialling("in_turn");
    scene.over(1, Cause::Busy).handle(Event::Answered(2)).wanted();
    scene.orders(2, r#"[{"say":{"text":"a long story"}}]"#).wait(599);
    assert_eq!(scene.wanted(), ["play 2 #1 'a long story'"]);
    scene.wait(1);
    let ended = "c1-2 Ended Completed 600 s";
    assert_eq!(
        scene.wanted(),
        ["hang up 2".to_owned(), format!("tell /leg2 {ended}"), format!("ask 3 /done {ended}")]
    );
    // Who is joined talks for as long as the connect allows.
    let mut scene = dialling("in_turn");
    scene.over(1, Cause::Busy).handle(Event::Answered(2)).wait(100).orders(2, r#"["bridge"]"#).wanted();
    scene.wait(599);
    assert_eq!(scene.wanted(), [""; 0]);
}

#[test]
fn a_screener_presses_a_key_on_their_own_leg() {
    let mut scene = dialling("in_turn");
    scene.over(1, Cause::Busy).handle(Event::Answered(2)).wanted();
    scene.orders(
        2,
        r#"[{"gather":{"prompt":{"text":"press 1"},"digits":1,"timeout_seconds":5,"then":"http://p/key"}}]"#,
    );
    scene.press(CALLER, "9").press(2, "1");
    assert_eq!(scene.wanted(), ["play 2 #1 'press 1'", "silence 2", "ask 3 /key input 1"]);
    scene.orders(3, r#"["bridge"]"#);
    assert_eq!(scene.wanted(), ["answer", "bridge 2"]);
}

#[test]
fn an_answered_caller_hears_ringing_from_us_and_the_connect_waits_for_its_recording() {
    let mut scene = Scene::arrived();
    let orders = connect("in_turn", true).replacen('[', r#"["answer","#, 1);
    scene.orders(1, &orders).handle(Event::Ringing(1)).handle(Event::Answered(1));
    let wanted = [
        "answer",
        "play 0 #1 Ringback",
        "dial 1 +12145550101",
        "tell /leg1 c1-1 Answered",
        "bridge 1",
        "record #1 Some(1)",
    ];
    assert_eq!(scene.wanted()[1..], wanted);
    scene.over(1, Cause::Completed);
    assert_eq!(scene.wanted()[1..], ["part 1", "stop recording #1"]);
    scene.handle(Event::Recorded { recording: 1, url: Some(url("/r.wav")) });
    assert_eq!(scene.wanted(), ["ask 2 /done c1-1 Ended Completed 0 s bridged recording /r.wav"]);
}

#[test]
fn the_recording_of_a_connect_without_a_then_is_told_with_the_end() {
    for caller_leaves in [false, true] {
        let mut scene = Scene::arrived();
        let orders = connect("in_turn", true).replace(r#","then":"http://p/done""#, "");
        scene.orders(1, &orders).handle(Event::Answered(1)).wanted();
        scene.over(if caller_leaves { CALLER } else { 1 }, Cause::Completed).wanted();
        scene.handle(Event::Recorded { recording: 1, url: Some(url("/r.wav")) });
        let end = "tell /end call Ended Some(Completed) 0 s recording /r.wav";
        assert_eq!(scene.wanted().last().map(String::as_str), Some(end), "{caller_leaves}");
    }
}

#[test]
fn a_recording_that_never_comes_is_not_waited_for_long() {
    let mut scene = Scene::arrived();
    scene.orders(1, &connect("in_turn", true)).handle(Event::Answered(1)).over(1, Cause::Completed).wanted();
    scene.wait(3);
    assert_eq!(scene.wanted(), ["ask 2 /done c1-1 Ended Completed 0 s bridged problem Recording"]);
}

#[test]
fn a_conversation_ends_after_its_longest() {
    let mut scene = dialling("in_turn");
    scene.handle(Event::Answered(1)).wanted();
    scene.wait(600);
    let ended = "c1-1 Ended Completed 600 s bridged";
    let wanted = [
        "hang up 1".to_owned(),
        format!("tell /leg1 {ended}"),
        "part 1".to_owned(),
        format!("ask 2 /done {ended}"),
    ];
    assert_eq!(scene.wanted(), wanted);
}

#[test]
fn without_a_then_the_call_ends_with_the_connect() {
    let mut scene = Scene::arrived();
    let orders = connect("in_turn", false).replace(r#","then":"http://p/done""#, "");
    scene.orders(1, &orders).over(1, Cause::Failed).wanted();
    scene.over(2, Cause::Failed);
    let wanted =
        ["tell /leg2 c1-2 Ended Failed", "refuse Unavailable", "tell /end call Ended Some(Canceled)"];
    assert_eq!(scene.wanted(), wanted);
}

#[test]
fn a_change_breaks_off_whatever_is_under_way() {
    let mut scene = dialling("parallel");
    scene.wanted();
    scene.modify(r#"[{"continue":{"then":"http://p/new"}}]"#);
    let wanted = [
        "hang up 1",
        "tell /leg1 c1-1 Ended Canceled",
        "hang up 2",
        "tell /leg2 c1-2 Ended Canceled",
        "ask 2 /new",
    ];
    assert_eq!(scene.wanted(), wanted);
    scene.modify(GATHER_NEW);
    assert_eq!(scene.wanted(), ["answer", "play 0 #1 'x'"]);
    scene.orders(2, r#"["hangup"]"#);
    assert_eq!(scene.wanted(), [""; 0], "orders that came too late");
    scene.press(CALLER, "1").modify(r#"["hangup"]"#).wait(10);
    assert_eq!(
        scene.wanted(),
        ["silence 0", "silence 0", "hang up 0", "tell /end call Ended Some(Completed) 0 s"]
    );
}

const GATHER_NEW: &str =
    r#"[{"gather":{"prompt":{"text":"x"},"digits":3,"timeout_seconds":4,"then":"http://p/g"}}]"#;
