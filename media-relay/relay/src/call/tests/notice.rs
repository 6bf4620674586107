//! Recordings of which both are told first.

use super::*;

const RECORDED: &str = r#"[{"connect":{"targets":[{"destination":{"phone_number":"+12145550101"}}],"ring_timeout_seconds":20,"record":true,
    "recording_notice":{"text":"this call is recorded"},"most_seconds":600,"then":"http://p/done"}}]"#;

fn joined() -> Scene {
    let mut scene = Scene::arrived();
    scene.orders(1, RECORDED).handle(Event::Answered(1));
    assert_eq!(scene.wanted()[2..], ["answer", "bridge 1"]);
    scene.handle(Event::Joined(1));
    assert_eq!(scene.wanted(), ["play 0 #1 'this call is recorded'", "play 1 #2 'this call is recorded'"]);
    scene
}

#[test]
fn a_recording_begins_when_both_have_heard_of_it() {
    let mut scene = joined();
    scene.handle(Event::Played(1, 2)).handle(Event::Played(1, 2));
    assert_eq!(scene.wanted(), [""; 0]);
    scene.handle(Event::Played(CALLER, 1));
    assert_eq!(scene.wanted(), ["record #1 Some(1)"]);
    // They may be parted and joined again for another codec: it is not said twice.
    scene.handle(Event::Joined(1)).over(1, Cause::Completed);
    assert_eq!(scene.wanted(), ["part 1", "stop recording #1"]);
}

#[test]
fn nothing_is_recorded_where_one_of_them_has_not_heard_of_it() {
    type Spoil = fn(&mut Scene);
    let spoils: [Spoil; 3] = [
        |scene| {
            scene.handle(Event::Unheard(1, 2));
        },
        |scene| {
            scene.handle(Event::Unheard(CALLER, 1));
        },
        |scene| {
            scene.handle(Event::Joined(1));
        },
    ];
    for spoil in spoils {
        let mut scene = joined();
        spoil(&mut scene);
        scene.handle(Event::Played(CALLER, 1)).handle(Event::Played(1, 2));
        assert_eq!(scene.wanted(), [""; 0]);
        scene.over(1, Cause::Completed);
        let told = "ask 2 /done c1-1 Ended Completed 0 s bridged problem Recording";
        assert_eq!(scene.wanted(), ["part 1", told]);
    }
}

#[test]
fn who_leaves_during_the_notice_is_not_recorded() {
    let mut scene = joined();
    scene.handle(Event::Played(CALLER, 1)).over(CALLER, Cause::Completed).handle(Event::Played(1, 2));
    assert!(!scene.wanted().iter().any(|line| line.contains("record")));
    assert!(scene.call.is_done());
}

#[test]
fn without_a_recording_there_is_nothing_to_tell_of() {
    let mut scene = Scene::arrived();
    scene
        .orders(1, &RECORDED.replace(r#""record":true"#, r#""record":false"#))
        .handle(Event::Answered(1))
        .wanted();
    scene.handle(Event::Joined(1));
    assert_eq!(scene.wanted(), [""; 0]);
}
