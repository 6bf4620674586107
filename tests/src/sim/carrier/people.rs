//! What people do: callers who lose patience, answerers who press the wrong key.

use std::time::Duration;

use ringfall_domain::call::{event::Input, instructions::GatherInput};

use super::super::chance::Chance;

/// How a target's line takes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Busy,
    Fails,
    NobodyThere,
    Answers { after: Duration },
}

/// Whoever has said enough hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ender {
    Caller,
    Answerer,
}

/// How long a caller stays, whatever happens; none stays to the end.
pub(super) fn patience(chance: &Chance) -> Option<Duration> {
    chance.happens(350).then(|| chance.milliseconds(500..=90_000))
}

/// What a caller enters when asked, and after how long. Silence takes as long as it is waited for.
pub(super) fn entry(chance: &Chance, asked: GatherInput, timeout_seconds: u32) -> (Input, Duration) {
    if chance.happens(60) {
        return (Input::Nothing, Duration::from_secs(u64::from(timeout_seconds)));
    }
    let wanted = usize::from(asked.digits.unwrap_or(1));
    let digits = match wanted {
        1 => (*chance.one_of(&["1", "1", "1", "1", "1", "1", "2", "9"])).to_owned(),
        _ if chance.happens(100) => "42".to_owned(),
        _ => format!("{}{}", chance.within(1..=9), "5".repeat(wanted - 1)),
    };
    (Input::Digits(digits), chance.milliseconds(300..=6_000))
}

/// How long a caller holds the line; none hangs up never.
pub(super) fn patience_on_hold(chance: &Chance) -> Option<Duration> {
    let most = *chance.one_of(&[20_000, 60_000, 240_000]);
    chance.happens(550).then(|| chance.milliseconds(500..=most))
}

/// The key that a caller presses while they hear a step of the hold, and when; none for most.
pub(super) fn key_in_hold(chance: &Chance, length: Duration) -> Option<(Input, Duration)> {
    let length = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let key = || (*chance.one_of(&["1", "1", "1", "9", "#"])).to_owned();
    chance.happens(80).then(|| (Input::Digits(key()), chance.milliseconds(0..=length)))
}

/// How long a message is; none if nothing is said.
pub(super) fn message(chance: &Chance, most_seconds: u32) -> Option<Duration> {
    chance.happens(700).then(|| chance.milliseconds(1_000..=u64::from(most_seconds).max(1) * 1_000))
}

/// Whether it is voicemail that answers somebody who is called back.
pub(super) fn is_voicemail(chance: &Chance) -> bool {
    chance.happens(200)
}

/// How a line takes a call that may ring so long.
pub(super) fn line(chance: &Chance, ring_timeout_seconds: u32) -> Line {
    match chance.weighted(&[10, 3, 12, 75]) {
        0 => Line::Busy,
        1 => Line::Fails,
        2 => Line::NobodyThere,
        _ => Line::Answers { after: chance.milliseconds(400..=u64::from(ring_timeout_seconds) * 1_100) },
    }
}

/// What an answerer does who is asked to press a key: one, nothing, or hang up.
pub(super) fn screening(
    chance: &Chance,
    right: Option<char>,
    timeout_seconds: u32,
) -> (Option<Input>, Duration) {
    let think = chance.milliseconds(300..=4_000);
    match (chance.weighted(&[80, 7, 8, 5]), right) {
        (0, Some(key)) => (Some(Input::Digits(key.to_string())), think),
        (0 | 1, _) => (Some(Input::Digits("7".to_owned())), think),
        (2, _) => (Some(Input::Nothing), Duration::from_secs(u64::from(timeout_seconds))),
        _ => (None, think),
    }
}

/// How long two talk when a call counts from so many seconds: often just about so long.
pub(super) fn talk(chance: &Chance, billable_after_seconds: u64) -> Duration {
    let billable = billable_after_seconds * 1_000;
    match chance.weighted(&[25, 20, 45, 8, 2]) {
        0 => chance.milliseconds(0..=billable.max(1)),
        1 => chance.milliseconds(billable.saturating_sub(2_500)..=billable + 2_500),
        2 => chance.milliseconds(billable..=billable + 120_000),
        3 => chance.milliseconds(180_000..=600_000),
        _ => chance.milliseconds(600_000..=1_500_000),
    }
}

/// Who ends a talk.
pub(super) fn ender(chance: &Chance) -> Ender {
    if chance.happens(500) { Ender::Caller } else { Ender::Answerer }
}

/// How long a text takes to say.
pub(super) fn speaking(text: &str) -> Duration {
    Duration::from_millis(60 * u64::try_from(text.len()).unwrap_or(0))
}
