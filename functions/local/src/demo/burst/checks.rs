//! Whether the platform's books of one side agree with its carrier's.

use ringfall_domain::money::Money;

use super::{
    Evidence, Fate,
    seed::{BILLABLE_AFTER_SECONDS, LINES, Side},
};
use crate::demo::{
    carrier::{Entry, Exchange, Seen},
    cast::Desk,
    checks::Check,
};

/// Checks everything.
pub(super) fn check(side: &Side, evidence: &Evidence, seen: &[Seen]) -> Vec<Check> {
    let exchange = side.carrier.exchange();
    let of_side = if side.holds { "queue on" } else { "queue off" };
    let checks = of_calls(evidence, exchange, seen)
        .into_iter()
        .chain(LINES.map(|(desk, lines)| of_lines(desk, lines, exchange)))
        .chain(of_ends(evidence, exchange))
        .chain(of_money(evidence, exchange))
        .chain(side.holds.then(|| of_wait(evidence)));
    checks.map(|check| Check { what: format!("{of_side}: {}", check.what), ..check }).collect()
}

fn of_calls(evidence: &Evidence, exchange: &Exchange, seen: &[Seen]) -> Vec<Check> {
    let fault =
        seen.iter().find_map(|call| Some(format!("call {}: {:#}", call.number, call.fault.as_ref()?)));
    let alike = |call: &&Seen| {
        let shown = evidence.calls.iter().find(|shown| shown.provider_call_id == call.sid);
        let said = shown.and_then(|shown| Fate::of_disposition(&shown.disposition));
        said == Some(Fate::of_books(exchange, call))
    };
    let legs = exchange.legs();
    let joined =
        |call: &&Seen| legs.iter().filter(|leg| leg.call == call.number && is_joined(leg)).count() > 1;
    vec![
        Check::new("every document could be followed", fault),
        Check::equal("each call is known once", evidence.calls.len(), seen.len()),
        Check::equal(
            format!(
                "all {} callers were connected, hung up or were turned away, by both books alike",
                seen.len()
            ),
            seen.iter().filter(alike).count(),
            seen.len(),
        ),
        Check::equal("the report counts as many calls", evidence.total.calls, seen.len()),
        Check::equal("as many connected", evidence.total.connected, evidence.count(Fate::Connected)),
        Check::equal("as many abandoned", evidence.total.abandoned, evidence.count(Fate::Abandoned)),
        Check::equal("nobody was connected twice", seen.iter().filter(joined).count(), 0),
    ]
}

fn of_lines(desk: Desk, lines: u32, exchange: &Exchange) -> Check {
    let what = format!("{} had {lines} calls at once, and never more", desk.name());
    Check::equal(what, exchange.line(desk.phone_number()).peak, lines)
}

fn of_ends(evidence: &Evidence, exchange: &Exchange) -> Vec<Check> {
    let live: u32 = LINES.iter().map(|(desk, _)| exchange.line(desk.phone_number()).live).sum();
    vec![
        Check::equal("every line was given back", live + evidence.live, 0),
        Check::equal("nobody was left in the queue", evidence.waiting, 0),
    ]
}

fn of_money(evidence: &Evidence, exchange: &Exchange) -> Vec<Check> {
    let entries = |kind: &'static str| evidence.ledger.iter().filter(move |entry| entry.kind == kind);
    let sum = |kind| entries(kind).map(|entry| entry.amount).sum::<Money>();
    let legs = exchange.legs();
    let is_billable =
        |leg: &&Entry| is_joined(leg) && leg.end.is_some_and(|end| end.seconds >= BILLABLE_AFTER_SECONDS);
    let billable: Vec<&Entry> = legs.iter().filter(is_billable).collect();
    let prices = billable.iter().filter_map(|leg| Desk::at(&leg.to)).map(Desk::price_cents);
    let what = format!(
        "{} calls talked {BILLABLE_AFTER_SECONDS} s or longer, and each is billed once",
        billable.len()
    );
    vec![
        Check::equal(what, entries("revenue").count(), billable.len()),
        Check::equal("and at its buyer's price", evidence.total.revenue, prices.map(Money::from_cents).sum()),
        Check::equal(
            "the report's profit is the ledger's",
            evidence.total.profit,
            sum("revenue") - sum("payout") - sum("telephony"),
        ),
    ]
}

/// The report counts whole seconds of each wait, and of their average.
fn of_wait(evidence: &Evidence) -> Check {
    let wait = evidence.average_wait();
    let said = evidence.total.average_wait_seconds;
    let agree = wait.zip(said).is_some_and(|(wait, said)| {
        let seconds = wait.as_secs_f64();
        (seconds - 2.0..=seconds).contains(&std::time::Duration::from_secs(said).as_secs_f64())
    });
    let problem = (!agree).then(|| format!("{said:?} s instead of {wait:?}"));
    Check::new("the report's average wait is that of the calls", problem)
}

fn is_joined(leg: &Entry) -> bool {
    leg.end.is_some_and(|end| end.bridged)
}

#[cfg(test)]
mod tests;
