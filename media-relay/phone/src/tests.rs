//! Two phones, without anybody between them.

use std::{net::Ipv4Addr, time::Duration};

use crate::{Dialling, Ending, Line, Phone, Tone};

const CALLERS: Tone = Tone::of_tens_of_hertz(70);
const DESKS: Tone = Tone::of_tens_of_hertz(110);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

async fn phone(tone: Tone) -> Phone {
    Phone::plug_in(Ipv4Addr::LOCALHOST.into(), tone, &[CALLERS, DESKS]).await.expect("a port")
}

/// A call, from both sides; it rings.
async fn call(caller: &Phone, desk: &mut Phone) -> (Line, Line) {
    let dialling = Dialling { number: "desk", at: desk.address(), from: "+12145550123" };
    let mut out = caller.dial(dialling).await.expect("a call");
    let line = within(desk.rings()).await.expect("it rings");
    assert_eq!(line.caller(), "+12145550123");
    line.ring();
    assert!(within(out.rings()).await);
    (out, line)
}

async fn within<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, happens).await.expect("in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hears_the_other_and_who_hangs_up_ends_it_for_both() {
    let (caller, mut desk) = (phone(CALLERS).await, phone(DESKS).await);
    let (mut out, mut line) = call(&caller, &mut desk).await;
    line.answer();
    assert!(within(out.answered()).await && within(line.answered()).await);
    assert!(within(out.hears(DESKS, 3)).await && within(line.hears(CALLERS, 3)).await);
    // Keys are no voice: while they are sent, nothing is heard, and then the same again.
    out.press("12345");
    out.press_by_info('6');
    assert!(within(line.hears(CALLERS, 6)).await);
    assert_eq!(line.heard().tones().collect::<Vec<_>>(), [CALLERS]);
    out.hang_up();
    assert_eq!((within(out.ended()).await, within(line.ended()).await), (Ending::Ours, Ending::Theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_desk_a_caller_who_gives_up_and_a_line_that_is_dropped_are_told() {
    let (caller, mut desk) = (phone(CALLERS).await, phone(DESKS).await);
    let (mut out, line) = call(&caller, &mut desk).await;
    line.refuse();
    assert_eq!(within(out.ended()).await, Ending::Refused(486));
    assert!(!within(out.answered()).await && !within(out.hears(DESKS, 1)).await);

    let (mut out, mut line) = call(&caller, &mut desk).await;
    out.hang_up();
    assert_eq!((within(out.ended()).await, within(line.ended()).await), (Ending::Ours, Ending::Theirs));

    let (mut out, line) = call(&caller, &mut desk).await;
    line.answer();
    assert!(within(out.answered()).await && out.is_answered());
    drop(line);
    assert_eq!(within(out.ended()).await, Ending::Theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_has_any_number_of_calls_at_once() {
    let (caller, mut desk) = (phone(CALLERS).await, phone(DESKS).await);
    let mut lines = Vec::new();
    for _ in 0..20 {
        let (out, line) = call(&caller, &mut desk).await;
        line.answer();
        lines.push((out, line));
    }
    for (out, line) in &mut lines {
        assert!(within(out.hears(DESKS, 1)).await && within(line.hears(CALLERS, 1)).await);
    }
}
