use super::*;
use crate::{
    fixtures::{call, later, node},
    queue::seconds_between,
};

fn policy(more: &serde_json::Value) -> QueuePolicy {
    let mut document = serde_json::json!({"max_size": 10, "max_wait_seconds": 300});
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    serde_json::from_value(document).expect("a policy")
}

fn standing(position: u32, wait_seconds: u32, seconds: i64) -> Standing {
    Standing { position, place: place(), wait_seconds, entered_at: later(0), at: later(seconds) }
}

fn place() -> Place {
    "00-01763697906123".parse().expect("a place")
}

fn texts(step: &HoldStep) -> Vec<&str> {
    step.spoken.iter().map(|speech| speech.text.as_str()).collect()
}

fn told(step: &HoldStep) -> Told {
    match &step.then {
        Continuation::Held { told, .. } => told.clone(),
        other => panic!("a step of a hold leads to the next: {other:?}"),
    }
}

#[test]
fn figures_are_told_on_entry_and_only_when_they_become_better() {
    let (policy, call, node) = (policy(&serde_json::json!({})), call(), node("buyers"));
    let hold = Hold::new(&policy, &call, &node);
    let first = hold.step(&Told::default(), standing(3, 130, 0), |_| true);
    assert_eq!(
        texts(&first),
        [
            "Everybody who can help you is on another call. Please stay on the line.",
            "You are number 3 in line.",
            "Your estimated wait is 2 to 3 minutes."
        ]
    );
    let soon = hold.step(&told(&first), standing(2, 90, 24), |_| true);
    assert_eq!(texts(&soon), [] as [&str; 0], "a minute has not passed");
    let overtaken = hold.step(&told(&soon), standing(4, 200, 72), |_| true);
    assert_eq!(texts(&overtaken), [] as [&str; 0], "what has become worse is not told");
    let better = hold.step(&told(&overtaken), standing(1, 100, 140), |_| true);
    assert_eq!(texts(&better), ["You are next in line.", "Your estimated wait is 1 to 2 minutes."]);
    assert_eq!(told(&better).steps, 4);
}

#[test]
fn a_playlist_goes_round_and_what_cannot_be_had_is_replaced_by_speech() {
    let (one, other) = ("https://cdn.example.com/1.mp3", "https://cdn.example.com/2.mp3");
    let policy = policy(
        &serde_json::json!({"audio": [one, other], "announcements": {"position": false, "estimated_wait": false}}),
    );
    let (call, node) = (call(), node("buyers"));
    let hold = Hold::new(&policy, &call, &node);
    let mut last = Told::default();
    for expected in [one, other, one] {
        let step = hold.step(&last, standing(1, 60, 0), |_| true);
        assert_eq!(step.sound, Sound::File(expected.parse().expect("a URL")));
        last = told(&step);
    }
    let lost = hold.step(&last, standing(1, 60, 0), |url| url.as_str() != other);
    assert_eq!(lost.sound, Sound::Silence { seconds: 20 });
    assert!(texts(&lost).iter().any(|text| text.starts_with("Please stay on the line.")));
}

#[test]
fn our_own_music_is_not_played_beyond_the_longest_wait() {
    let (policy, call, node) = (policy(&serde_json::json!({})), call(), node("buyers"));
    let hold = Hold::new(&policy, &call, &node);
    for (seconds, sound) in [
        (0, Sound::OwnMusic),
        (276, Sound::OwnMusic),
        (277, Sound::Silence { seconds: 23 }),
        (299, Sound::Silence { seconds: 1 }),
        (400, Sound::Silence { seconds: 1 }),
    ] {
        assert_eq!(hold.step(&Told::default(), standing(1, 60, seconds), |_| true).sound, sound, "{seconds}");
    }
}

#[test]
fn only_a_step_that_may_outlast_the_wait_needs_something_else_to_end_it() {
    let (own, call, node) = (policy(&serde_json::json!({})), call(), node("buyers"));
    let hold = Hold::new(&own, &call, &node);
    let outlasts = |hold: &Hold<'_>, told: &Told, seconds| {
        let standing = standing(1, 60, seconds);
        hold.may_outlast_wait(told, &hold.step(told, standing, |_| true), standing)
    };
    let silent = Told { steps: 3, at: Some(later(260)), ..Told::default() };
    for (seconds, expected) in [(0, false), (261, false), (275, false), (276, true), (290, true), (301, true)]
    {
        assert_eq!(outlasts(&hold, &silent, seconds), expected, "{seconds} s without a word");
    }
    let speaks = Told { at: Some(later(0)), ..silent };
    assert!(outlasts(&hold, &speaks, 272), "what is said takes its time too");
    let files = policy(&serde_json::json!({"audio": ["https://cdn.example.com/1.mp3"]}));
    let hold = Hold::new(&files, &call, &node);
    assert!(outlasts(&hold, &Told::default(), 0), "nobody knows how long a file is");
    assert!(!outlasts(&hold, &Told { steps: 1, ..Told::default() }, 290), "it was seen to");
}

#[test]
fn a_callback_is_offered_by_key_from_when_the_policy_says() {
    let policy = policy(&serde_json::json!({"callback": {"offer_after_seconds": 30, "key": "#"}}));
    let (call, node) = (call(), node("buyers"));
    let hold = Hold::new(&policy, &call, &node);
    let early = hold.step(&Told::default(), standing(2, 60, 29), |_| true);
    assert!(!early.takes_key && !texts(&early).iter().any(|text| text.contains("pound")));
    let offered = hold.step(&Told::default(), standing(2, 60, 30), |_| true);
    assert!(offered.takes_key && texts(&offered).iter().any(|text| text.ends_with("press pound.")));
    assert_eq!(seconds_between(later(5), later(3)), 0);
}
