//! What is shown of the burst: within a hundred columns.

use std::time::Duration;

use ringfall_domain::money::Money;

use super::{
    Evidence, Fate, TIMES_AS_FAST,
    evidence::Queue,
    seed::{BILLABLE_AFTER_SECONDS, LINES, MAX_WAIT_SECONDS, Side},
};
use crate::demo::{
    cast::{BURST, Desk},
    report::heading,
    screen::Screen,
};

/// What is about to happen.
pub(super) fn opening(screen: &Screen) {
    heading(screen, "A burst: the same calls with the queue off and with it on");
    let lines: u32 = LINES.iter().map(|(_, lines)| lines).sum();
    let of_desk = |(desk, lines): (Desk, u32)| {
        let states =
            if desk.states().is_empty() { "everybody".to_owned() } else { desk.states().join(" and ") };
        let price = Money::from_cents(desk.price_cents());
        format!("{} has {lines} for {states}, at {price}", desk.name())
    };
    screen.show(format!(
        "{} callers within two minutes, to buyers with {lines} lines in all, priced by the call:",
        BURST.len()
    ));
    screen.show(format!("{}.", LINES.map(of_desk).join("; ")));
    screen.show("Each side has its own account, carrier and lines. What turns the queue on:");
    screen.show(format!("  \"queue\": {{\"max_size\": 100, \"max_wait_seconds\": {MAX_WAIT_SECONDS}}}"));
    screen.show(format!("{TIMES_AS_FAST} times as fast as life: arrivals, rings, talk, patience and music alike. The platform's"));
    screen.show("own clock is not: here its figures of wait are given in the callers' time, its longest wait stands for");
    screen.show(format!(
        "{} minutes, and worth counts for more. From {BILLABLE_AFTER_SECONDS} seconds of talk on a call is billed.",
        MAX_WAIT_SECONDS * TIMES_AS_FAST / 60
    ));
    screen.show("");
    screen.show("  after     queue off            queue on");
}

/// How things stand.
pub(super) fn moment(screen: &Screen, seconds: u32, off: &Side, on: &Side, queue: &Queue) {
    let lines = |side: &Side| -> u32 {
        LINES.iter().map(|(desk, _)| side.carrier.exchange().line(desk.phone_number()).live).sum()
    };
    screen.show(format!(
        "  {}  {} lines in use       {} lines in use, {:>2} wait{}",
        clock(Duration::from_secs(seconds.into())),
        lines(off),
        lines(on),
        queue.waiting.len(),
        worth(queue)
    ));
}

/// In the order of service: how many, and what each is worth.
fn worth(queue: &Queue) -> String {
    let alike: Vec<&[_]> = queue.waiting.chunk_by(|one, other| one.value == other.value).collect();
    let worth: Vec<String> =
        alike.iter().map(|some| format!("{} at {}", some.len(), some[0].value)).collect();
    if worth.is_empty() { String::new() } else { format!(": {}", worth.join(", ")) }
}

/// What came of it.
pub(super) fn figures(screen: &Screen, off: &Evidence, on: &Evidence) {
    screen.show("");
    screen.show("                             queue off     queue on");
    let row = |name: &str, figure: &dyn Fn(&Evidence) -> String| {
        screen.show(format!("  {name:<24}  {:>10}   {:>10}", figure(off), figure(on)));
    };
    row("calls", &|side| side.total.calls.to_string());
    row("connected", &|side| side.total.connected.to_string());
    row("abandoned", &|side| side.total.abandoned.to_string());
    row("turned away", &|side| side.count(Fate::TurnedAway).to_string());
    row("connected-call rate", &|side| {
        side.total.connected_rate.map_or_else(none, |rate| format!("{:.1} %", rate * 100.0))
    });
    row("average wait", &|side| {
        side.average_wait().map_or_else(none, |wait| clock(wait * TIMES_AS_FAST).trim_start().to_owned())
    });
    row("revenue", &|side| side.total.revenue.to_string());
    row("profit", &|side| format!("{:.2}", side.total.profit));
}

fn none() -> String {
    "–".to_owned()
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{:>2}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}
