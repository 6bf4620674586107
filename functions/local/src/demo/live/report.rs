//! What is shown of the calls by SIP: within a hundred columns.

use std::{net::SocketAddr, time::Duration};

use super::{BILLABLE_AFTER_SECONDS, Called, books::Books};
use crate::demo::{
    cast::{LIVE, Phone},
    report::heading,
    screen::Screen,
    seed::PAYOUT_PERCENT,
};

/// What is about to happen.
pub(super) fn opening(screen: &Screen, sip: SocketAddr) {
    heading(screen, "Real calls: SIP phones on this machine, through the relay, in real time");
    screen.show(format!(
        "The relay takes SIP at {sip}. {} callers' phones dial in at once; four desks' phones are rung.",
        LIVE.len()
    ));
    screen.show("Keys are pressed by RFC 4733. Everybody says a tone of their own, so that each can tell whom they hear.");
    screen.show(format!(
        "A conversation of {BILLABLE_AFTER_SECONDS} seconds or more is billed; {PAYOUT_PERCENT} % of that goes to the publisher."
    ));
    screen.show("");
}

/// A call is over.
pub(super) fn progress(screen: &Screen, elapsed: Duration, called: &Called, books: &Books) {
    let Called { number, caller, trail, fault, .. } = called;
    let fault = fault.as_ref().map_or_else(String::new, |fault| format!(" · FAULT: {fault:#}"));
    let (last, before) = trail.split_last().map_or((None, &[][..]), |(last, before)| (Some(last), before));
    let parts = before.iter().cloned().chain(rung(called, books)).chain(heard(called)).chain(last.cloned());
    screen.show(format!(
        "{:6.2} s {number:4}  {:<5} {}  {}{fault}",
        elapsed.as_secs_f64(),
        caller.name,
        caller.place.state,
        parts.collect::<Vec<_>>().join(" · "),
    ));
}

/// What the desks did that did not take the call.
fn rung(called: &Called, books: &Books) -> Vec<String> {
    let others = books.rung().into_iter().filter(|rung| rung.caller == called.caller.number);
    let others = others.filter(|rung| Some(rung.desk) != called.talked_with);
    let does = |phone| match phone {
        Phone::Busy => "busy",
        Phone::Declined => "presses 2",
        Phone::Voicemail => "voicemail",
        Phone::Taken | Phone::NoAnswer | Phone::CallerGivesUp => "rings",
    };
    others
        .map(|rung| format!("{} {}", rung.desk.name(), does(called.caller.phone(Some(rung.desk)))))
        .collect()
}

/// Whom the caller has heard, and for how long.
fn heard(called: &Called) -> Option<String> {
    let desk = called.talked_with?;
    let tone = super::sounds::of_desk(desk);
    let tenths = called.heard.tenths_of(tone);
    Some(format!("hears {} ({} Hz) for {}.{} s", desk.name(), tone.hertz(), tenths / 10, tenths % 10))
}
