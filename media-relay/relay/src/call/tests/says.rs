//! What callers hear and enter.

use super::*;

#[test]
fn a_call_is_told_of_before_anything_else() {
    assert_eq!(Scene::arrived().wanted(), ["ask 1 /voice arrival"]);
}

#[test]
fn texts_and_files_follow_each_other_without_a_gap() {
    let mut scene = Scene::arrived();
    scene.wanted();
    scene.orders(
        1,
        r#"[{"say":{"text":"a"}},{"play":{"url":"http://p/b.wav"}},{"continue":{"then":"http://p/c"}}]"#,
    );
    assert_eq!(scene.wanted(), ["answer", "play 0 #1 'a' /b.wav"]);
    scene.handle(Event::Played(CALLER, 1));
    assert_eq!(scene.wanted(), ["ask 2 /c"]);
}

const GATHER: &str =
    r#"[{"gather":{"prompt":{"text":"zip?"},"digits":5,"timeout_seconds":4,"then":"http://p/zip"}}]"#;

#[test]
fn an_entry_ends_with_its_last_digit_with_a_hash_or_with_silence() {
    for (keys, wait, expected) in [
        ("75201", 0, "ask 2 /zip input 75201"),
        ("12#", 0, "ask 2 /zip input 12"),
        ("12", 4, "ask 2 /zip input 12"),
        ("#", 0, "ask 2 /zip"),
    ] {
        let mut scene = Scene::arrived();
        scene.orders(1, GATHER).wanted();
        scene.press(CALLER, keys).wait(wait);
        assert_eq!(scene.wanted(), ["silence 0", expected], "{keys}");
    }
}

#[test]
fn silence_counts_from_the_prompts_end_and_from_each_key() {
    let mut scene = Scene::arrived();
    scene.orders(1, GATHER).wait(60).wanted();
    scene.handle(Event::Played(CALLER, 1)).wait(3);
    scene.press(CALLER, "7").wait(3).press(CALLER, "5").wait(3);
    assert_eq!(scene.wanted(), [""; 0]);
    scene.wait(1);
    assert_eq!(scene.wanted(), ["ask 2 /zip input 75"]);
    scene.press(CALLER, "1");
    assert_eq!(scene.wanted(), [""; 0], "a key after its question");
}

#[test]
fn where_one_digit_is_taken_a_hash_is_one() {
    let mut scene = Scene::arrived();
    scene.orders(1, r#"[{"gather":{"digits":1,"timeout_seconds":4,"then":"http://p/k"}}]"#).wanted();
    scene.press(CALLER, "#");
    assert_eq!(scene.wanted(), ["ask 2 /k input #"]);
}

#[test]
fn a_step_of_a_hold_ends_with_its_sound_or_with_a_key_that_is_taken() {
    let hold = |takes: bool| {
        format!(
            r#"[{{"hold":{{"spoken":[{{"text":"you are 2nd"}}],"sound":{{"own_music":{{"seconds":20}}}},"takes_key":{takes},"then":"http://p/held"}}}}]"#
        )
    };
    let mut scene = Scene::arrived();
    scene.orders(1, &hold(false)).press(CALLER, "1").handle(Event::Played(CALLER, 1));
    let wanted = ["ask 1 /voice arrival", "answer", "play 0 #1 'you are 2nd' music 20", "ask 2 /held"];
    assert_eq!(scene.wanted(), wanted);
    scene.orders(2, &hold(true)).press(CALLER, "1");
    assert_eq!(scene.wanted(), ["play 0 #2 'you are 2nd' music 20", "silence 0", "ask 3 /held input 1"]);
}

#[test]
fn a_message_is_taken_after_a_tone_and_told_with_its_recording() {
    let mut scene = Scene::arrived();
    scene.orders(1, r#"[{"record":{"most_seconds":60,"then":"http://p/left"}}]"#).wanted();
    scene.handle(Event::Played(CALLER, 1)).press(CALLER, "5#");
    assert_eq!(scene.wanted(), ["record #1 None", "stop recording #1"]);
    scene.handle(Event::Recorded { recording: 1, url: Some(url("/r.wav")) });
    assert_eq!(scene.wanted(), ["ask 2 /left recording /r.wav"]);
}

#[test]
fn a_message_of_a_caller_who_hangs_up_is_told_all_the_same() {
    let mut scene = Scene::arrived();
    scene.orders(1, r#"[{"record":{"most_seconds":60,"then":"http://p/left"}}]"#);
    scene.handle(Event::Played(CALLER, 1)).wanted();
    scene.over(CALLER, Cause::Completed);
    assert_eq!(scene.wanted(), ["stop recording #1"]);
    scene.handle(Event::Recorded { recording: 1, url: Some(url("/r.wav")) });
    let over = "call Ended Some(Completed) 0 s";
    assert_eq!(scene.wanted(), [format!("tell /left {over} recording /r.wav"), format!("tell /end {over}")]);
    assert!(scene.call.is_done());
}

#[test]
fn what_could_not_be_heard_is_told_with_the_next_notice_and_not_again() {
    let mut scene = Scene::arrived();
    scene.orders(1, r#"[{"say":{"text":"a"}},{"continue":{"then":"http://p/c"}}]"#).wanted();
    scene.handle(Event::Problem(ProblemKind::Speech, "no voice".to_owned()));
    scene.handle(Event::Played(CALLER, 1));
    assert_eq!(scene.wanted(), ["ask 2 /c problem Speech"]);
    scene.orders(2, r#"["hangup"]"#);
    assert_eq!(scene.wanted(), ["hang up 0", "tell /end call Ended Some(Completed) 0 s"]);
}
