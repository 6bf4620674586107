//! Ends at every moment, and a platform that does not answer.

use super::*;

const CONNECT: &str = r#"[{"connect":{"targets":[{"destination":{"phone_number":"+12145550101"},"leg_answered":"http://p/screen",
    "progress":{"url":"http://p/leg"}}],"ring_timeout_seconds":20,"most_seconds":600,"then":"http://p/done"}}]"#;

#[test]
fn a_caller_who_gives_up_ends_all_and_the_platform_hears_of_each_end_once() {
    let mut scene = Scene::arrived();
    scene.orders(1, CONNECT).wanted();
    scene.wait(3).over(CALLER, Cause::Canceled);
    let over = "call Ended Some(Canceled)";
    let wanted = [
        "hang up 1".to_owned(),
        format!("tell /leg c1-1 Ended Canceled {over}"),
        format!("tell /done c1-1 Ended Canceled {over}"),
        format!("tell /end {over}"),
    ];
    assert_eq!(scene.wanted(), wanted);
    assert!(scene.call.is_done());
    scene.over(1, Cause::Canceled).over(CALLER, Cause::Canceled).handle(Event::End(CALLER));
    scene.handle(Event::Answered(1)).modify(r#"["hangup"]"#).wait(10_000);
    assert_eq!(scene.wanted(), [""; 0]);
}

#[test]
fn a_caller_who_leaves_at_any_moment_leaves_nothing_behind() {
    type Step = fn(&mut Scene);
    let steps: [Step; 8] = [
        |scene| {
            scene.orders(1, CONNECT);
        },
        |scene| {
            scene.handle(Event::Ringing(1));
        },
        |scene| {
            scene.handle(Event::Answered(1));
        },
        |scene| {
            scene.orders(2, r#"[{"say":{"text":"x"}}]"#);
        },
        |scene| {
            scene.handle(Event::Played(1, 1));
        },
        |scene| {
            scene.over(1, Cause::Completed);
        },
        |scene| {
            scene.orders(3, GATHER);
        },
        |scene| {
            scene.handle(Event::Played(CALLER, 2));
        },
    ];
    for moment in 0..=steps.len() {
        let mut scene = Scene::arrived();
        for step in &steps[..moment] {
            step(&mut scene);
        }
        let before = scene.wanted();
        scene.over(CALLER, Cause::Canceled);
        for step in &steps[moment..] {
            step(&mut scene);
        }
        scene.wait(10_000);
        let after = scene.wanted();
        let all: Vec<_> = before.iter().chain(&after).collect();
        let count = |start: &str| all.iter().filter(|line| line.starts_with(start)).count();
        assert!(scene.call.is_done() && scene.call.poll_timeout().is_none(), "{moment}");
        assert_eq!(count("tell /end"), 1, "{moment}: {all:?}");
        assert_eq!(count("tell /leg"), usize::from(moment > 0), "{moment}: {all:?}");
        assert_eq!(count("ask 3 /done") + count("tell /done"), usize::from(moment > 0), "{moment}: {all:?}");
        let asked_after = after.iter().filter(|line| line.starts_with("ask")).count();
        assert_eq!(asked_after, 0, "{moment}: {after:?}");
    }
}

const GATHER: &str =
    r#"[{"gather":{"prompt":{"text":"x"},"digits":3,"timeout_seconds":4,"then":"http://p/g"}}]"#;

#[test]
fn a_platform_that_does_not_answer_is_done_without() {
    let mut scene = Scene::arrived();
    scene.wanted();
    scene.handle(Event::Orders(Ask(1), Err(Unanswered)));
    assert_eq!(scene.wanted(), ["dial 1 +12145550199"]);
    scene.handle(Event::Answered(1));
    assert_eq!(scene.wanted(), ["answer", "bridge 1"]);
    scene.wait(60).over(1, Cause::Completed);
    assert_eq!(scene.wanted(), ["part 1", "hang up 0", "tell /end call Ended Some(Completed) 60 s"]);
}

#[test]
fn without_a_fallback_the_caller_is_refused_or_hears_that_something_is_wrong() {
    let mut scene = Scene::of(Call::arrived(Moment::default(), plan(false)));
    scene.wanted();
    scene.handle(Event::Orders(Ask(1), Err(Unanswered)));
    assert_eq!(scene.wanted(), ["refuse OutOfOrder", "tell /end call Ended Some(Failed)"]);
    let mut scene = Scene::of(Call::arrived(Moment::default(), plan(false)));
    scene.orders(1, r#"["answer",{"continue":{"then":"http://p/c"}}]"#).wanted();
    scene.handle(Event::Orders(Ask(2), Err(Unanswered)));
    assert_eq!(scene.wanted(), ["play 0 #1 OutOfOrder"]);
    scene.handle(Event::Played(CALLER, 1));
    assert_eq!(scene.wanted(), ["hang up 0", "tell /end call Ended Some(Completed) 0 s"]);
}

#[test]
fn callers_are_refused_as_they_are_told_to_be() {
    for (orders, refused) in [
        (r#"[{"reject":{"reason":"busy"}}]"#, "refuse Busy"),
        (r#"[{"reject":{"reason":"declined"}}]"#, "refuse Declined"),
        (r#"["hangup"]"#, "refuse Unavailable"),
        ("[]", "refuse Unavailable"),
    ] {
        let mut scene = Scene::arrived();
        scene.wanted();
        scene.orders(1, orders);
        assert_eq!(scene.wanted()[0], refused);
        assert!(scene.call.is_done());
    }
}

#[test]
fn a_call_that_is_placed_asks_when_it_is_answered_and_tells_its_end() {
    let mut scene = Scene::placed();
    assert_eq!(scene.wanted(), ["dial 0 +12145550123"]);
    scene.modify(r#"["hangup"]"#);
    assert_eq!(scene.wanted(), [""; 0], "there is nobody yet who could hear");
    scene.handle(Event::Ringing(CALLER)).handle(Event::Answered(CALLER));
    assert_eq!(scene.wanted(), ["ask 1 /voice"]);
    scene.orders(1, r#"[{"say":{"text":"hi"}}]"#).wait(2).over(CALLER, Cause::Completed);
    assert_eq!(scene.wanted(), ["play 0 #1 'hi'", "tell /end call Ended Some(Completed) 2 s"]);
}

#[test]
fn a_call_that_is_placed_and_not_answered_tells_why() {
    let mut scene = Scene::placed();
    scene.wanted();
    scene.wait(25);
    assert_eq!(scene.wanted(), ["hang up 0", "tell /end call Ended Some(NoAnswer)"]);
    let mut scene = Scene::placed();
    scene.over(CALLER, Cause::Busy);
    assert_eq!(scene.wanted()[1..], ["tell /end call Ended Some(Busy)"]);
}

#[test]
fn a_call_ends_after_its_longest_and_a_leg_when_it_is_told_to() {
    let mut scene = Scene::arrived();
    scene.orders(1, CONNECT).handle(Event::Answered(1)).wanted();
    scene.handle(Event::End(1));
    let wanted = ["hang up 1", "tell /leg c1-1 Ended Completed 0 s", "ask 3 /done c1-1 Ended Completed 0 s"];
    assert_eq!(scene.wanted(), wanted);
    scene.wait(3_600);
    assert_eq!(scene.wanted()[..1], ["refuse Unavailable"]);
    assert!(scene.call.is_done());
}
