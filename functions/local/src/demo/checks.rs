//! Whether the platform's books agree with the carrier's.

use std::{collections::BTreeMap, fmt::Display};

use reqwest::StatusCode;
use ringfall_domain::money::Money;

use super::{
    carrier::{Exchange, Seen},
    cast::{Desk, Mishap},
    evidence::{Call, Evidence, Posting, Report},
    seed::BILLABLE_AFTER_SECONDS,
};

/// One thing that must be so.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// What must be so.
    pub(super) what: String,
    /// What is otherwise, if anything.
    pub(super) problem: Option<String>,
}

impl Check {
    /// Whether it is so.
    pub(super) const fn holds(&self) -> bool {
        self.problem.is_none()
    }

    pub(super) fn new(what: impl Into<String>, problem: Option<String>) -> Self {
        Self { what: what.into(), problem }
    }

    pub(super) fn equal<T: PartialEq + Display + Copy>(
        what: impl Into<String>,
        found: T,
        expected: T,
    ) -> Self {
        let problem = (found != expected).then(|| format!("{found} instead of {expected}"));
        Self::new(what, problem)
    }
}

/// Checks everything. `targets`: the desks, by the ids that the platform gave them.
pub(super) fn check(
    evidence: &Evidence,
    targets: &BTreeMap<String, Desk>,
    exchange: &Exchange,
    seen: &[Seen],
    forged: StatusCode,
) -> Vec<Check> {
    let mut checks = of_calls(evidence, targets, seen);
    checks.extend(Desk::ALL.into_iter().filter_map(|desk| of_concurrency(desk, exchange)));
    checks.extend(Desk::ALL.into_iter().filter_map(|desk| of_daily_cap(desk, evidence, exchange)));
    checks.extend(of_slots(evidence, exchange));
    checks.extend(of_money(evidence, exchange));
    checks.extend(of_mishaps(evidence, exchange, seen));
    let what = "a webhook with a guessed signature was refused";
    checks.push(Check::equal(what, forged, StatusCode::FORBIDDEN));
    checks
}

fn of_calls(evidence: &Evidence, targets: &BTreeMap<String, Desk>, seen: &[Seen]) -> Vec<Check> {
    let fault =
        seen.iter().find_map(|call| Some(format!("call {}: {:#}", call.number, call.fault.as_ref()?)));
    let ended = |call: &&Seen| evidence.call(&call.sid).is_some_and(|call| call.state == "ended");
    let is_explained = |call: &Call| {
        let explained =
            |target: &String| call.decision.candidates.iter().any(|line| line.target_id == *target);
        targets.keys().all(explained)
    };
    let routed = || evidence.calls.iter().filter(|call| call.was_routed());
    vec![
        Check::new("every webhook was answered with a document that a carrier can follow", fault),
        Check::equal(
            format!("all {} calls ended, in the platform's books as at the carrier", seen.len()),
            seen.iter().filter(ended).count(),
            seen.len(),
        ),
        Check::equal(
            format!(
                "of {} calls that looked for a buyer, each tells what became of all four",
                routed().count()
            ),
            routed().filter(|call| is_explained(call)).count(),
            routed().count(),
        ),
    ]
}

fn of_concurrency(desk: Desk, exchange: &Exchange) -> Option<Check> {
    let most = desk.concurrency()?;
    let what = format!("{} had {most} calls at once, and never more", desk.name());
    Some(Check::equal(what, exchange.line(desk.phone_number()).peak, most))
}

fn of_daily_cap(desk: Desk, evidence: &Evidence, exchange: &Exchange) -> Option<Check> {
    let most = desk.daily()?;
    let what = format!("{} had {most} calls that day, and was passed over for the next", desk.name());
    let billed = billed_at(desk, exchange);
    let mut reasons =
        evidence.calls.iter().flat_map(|call| &call.decision.candidates).map(|line| &line.reason);
    if !reasons.any(|reason| reason.code == "at_daily_cap") {
        return Some(Check::new(what, Some("nobody was passed over for it".to_owned())));
    }
    Some(Check::equal(what, billed, most as usize))
}

/// By the carrier's books.
fn billed_at(desk: Desk, exchange: &Exchange) -> usize {
    let legs = exchange.legs();
    let to_desk = legs.iter().filter(|leg| leg.to == desk.phone_number());
    let ends = to_desk.filter_map(|leg| leg.end);
    ends.filter(|end| end.bridged && end.seconds >= BILLABLE_AFTER_SECONDS).count()
}

fn of_slots(evidence: &Evidence, exchange: &Exchange) -> Vec<Check> {
    let live: u32 = Desk::ALL.into_iter().map(|desk| exchange.line(desk.phone_number()).live).sum();
    let candidates = &evidence.dry_run.candidates;
    let full = candidates.iter().filter(|line| line.reason.code == "at_concurrency_cap").count();
    vec![Check::equal("every slot was given back", live as usize + full, 0)]
}

fn of_money(evidence: &Evidence, exchange: &Exchange) -> Vec<Check> {
    let entries = |kind: &'static str| evidence.ledger.iter().filter(move |entry| entry.kind == kind);
    let sum = |kind| entries(kind).map(|entry| entry.amount).sum::<Money>();
    let billed = |desk| billed_at(desk, exchange);
    let count: usize = Desk::ALL.into_iter().map(billed).sum();
    let is_balanced =
        |postings: &[Posting]| postings.iter().map(|posting| posting.amount).sum::<Money>() == Money::ZERO;
    let prices =
        Desk::ALL.into_iter().flat_map(|desk| vec![Money::from_cents(desk.price_cents()); billed(desk)]);
    let profit = sum("revenue") - sum("payout") - sum("telephony");
    let of_calls: Money = evidence.calls.iter().map(|call| call.profit).sum();
    let of = |report: &Report| report.total.profit;
    vec![
        Check::equal(
            format!("{count} calls talked {BILLABLE_AFTER_SECONDS} s or longer, and each is billed once"),
            entries("revenue").count(),
            count,
        ),
        Check::equal("and at its buyer's price", sum("revenue"), prices.sum()),
        Check::equal(
            format!("all {} entries of the ledger balance", evidence.ledger.len()),
            evidence.ledger.iter().filter(|entry| is_balanced(&entry.postings)).count(),
            evidence.ledger.len(),
        ),
        Check::equal("the calls' profits sum up to the ledger's", of_calls, profit),
        Check::equal("and so does the report by campaign", of(&evidence.by_campaign), profit),
        Check::equal("and the report by publisher", of(&evidence.by_publisher), profit),
    ]
}

fn of_mishaps(evidence: &Evidence, exchange: &Exchange, seen: &[Seen]) -> Vec<Check> {
    let with = |mishap| seen.iter().filter(move |call| call.caller.mishap == Some(mishap));
    let twice: Vec<bool> =
        with(Mishap::AnswersPostedTwice).flat_map(|call| call.twice_alike.clone()).collect();
    let alike = twice.iter().filter(|alike| **alike).count();
    let lost = with(Mishap::EndNeverReported);
    let billed = |call: &&Seen| evidence.call(&call.sid).is_some_and(|call| call.disposition == "converted");
    let asked = (exchange.questions() == 0).then(|| "the platform did not ask".to_owned());
    let found = lost.clone().filter(billed).count();
    let expected = lost.count();
    vec![
        Check::equal(
            format!("{} webhooks were posted twice at once, and answered alike", twice.len()),
            alike,
            twice.len().max(1),
        ),
        Check::new(
            "an end that was never reported was asked for, and billed",
            asked.or_else(|| (found != expected).then(|| format!("{found} instead of {expected}"))),
        ),
    ]
}

#[cfg(test)]
mod tests;
