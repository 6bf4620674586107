//! Whether the platform's books agree with the phones'.

use std::collections::BTreeMap;

use ringfall_domain::money::Money;

use super::{
    BILLABLE_AFTER_SECONDS, Called,
    books::{Books, Rung},
    sounds,
};
use crate::demo::{
    cast::{Answer, Desk, LIVE, Phone},
    checks::Check,
    evidence::{Call, Evidence},
};

/// Checks everything. `relay`: what it tells at `/metrics`.
pub(super) fn check(
    evidence: &Evidence,
    targets: &BTreeMap<String, Desk>,
    called: &[Called],
    books: &Books,
    relay: &str,
) -> Vec<Check> {
    let checks = of_calls(evidence, called)
        .into_iter()
        .chain(of_audio(called, books))
        .chain(of_desks(evidence, targets, called, books))
        .chain(of_money(evidence, &books.rung()))
        .chain([of_relay(relay)]);
    checks.map(|check| Check { what: format!("SIP: {}", check.what), ..check }).collect()
}

fn call_of<'a>(evidence: &'a Evidence, called: &Called) -> Option<&'a Call> {
    evidence.calls.iter().find(|call| call.caller == called.caller.number)
}

fn of_calls(evidence: &Evidence, called: &[Called]) -> Vec<Check> {
    let fault = called
        .iter()
        .find_map(|called| Some(format!("call {}: {:#}", called.number, called.fault.as_ref()?)));
    let ended = |called: &&Called| call_of(evidence, called).is_some_and(|call| call.state == "ended");
    let pressed = |called: &&Called| called.caller.answers.contains(&Answer::ZipCode);
    let understood = |called: &&Called| {
        let zip = call_of(evidence, called).and_then(|call| call.tags.get("zip"));
        zip.is_some_and(|zip| zip == called.caller.place.zip)
    };
    vec![
        Check::new("every caller was answered, asked, and served or turned away", fault),
        Check::equal("each call is known once", evidence.calls.len(), LIVE.len()),
        Check::equal("all of them have ended", called.iter().filter(ended).count(), LIVE.len()),
        Check::equal(
            "every zip code that was pressed was understood",
            called.iter().filter(pressed).filter(understood).count(),
            called.iter().filter(pressed).count(),
        ),
    ]
}

/// Each conversation by both its phones: they heard each other's tone, and nobody else's.
fn of_audio(called: &[Called], books: &Books) -> Vec<Check> {
    let talked: Vec<(&Called, Desk)> =
        called.iter().filter_map(|called| Some((called, called.talked_with?))).collect();
    let caller_heard = |(called, desk): &&(&Called, Desk)| {
        let others = Desk::ALL.into_iter().filter(|other| other != desk);
        called.heard.tenths_of(sounds::of_desk(*desk)) > 0
            && others.map(sounds::of_desk).all(|tone| called.heard.tenths_of(tone) == 0)
    };
    let desk_heard = |(called, desk): &&(&Called, Desk)| {
        books.talk_of(called.caller.number).is_some_and(|rung| {
            let own = [called.tone, sounds::SCREENING_TONE];
            rung.desk == *desk
                && rung.heard.tenths_of(called.tone) > 0
                && rung.heard.tones().all(|tone| own.contains(&tone))
        })
    };
    let conversations = books.rung().iter().filter(|rung| rung.talk.is_some()).count();
    vec![
        Check::equal(
            format!("in {conversations} conversations the caller heard the desk, and no other"),
            talked.iter().filter(caller_heard).count(),
            conversations,
        ),
        Check::equal(
            "and the desk the caller, and nobody else",
            talked.iter().filter(desk_heard).count(),
            conversations,
        ),
    ]
}

fn of_desks(
    evidence: &Evidence,
    targets: &BTreeMap<String, Desk>,
    called: &[Called],
    books: &Books,
) -> Vec<Check> {
    let (desk, rung) = (Desk::LoneStar, books.rung());
    let most = desk.concurrency().unwrap_or_default() as usize;
    let what = format!("{} had {most} calls at once, and never more", desk.name());
    let connected_to = |called: &Called| {
        let leg = call_of(evidence, called).and_then(Call::connected);
        leg.and_then(|leg| targets.get(&leg.target_id)).copied()
    };
    let agree = called.iter().filter(|called| connected_to(called) == called.talked_with).count();
    let refused = |phone| {
        let is_so = |rung: &&Rung| {
            let caller = LIVE.iter().find(|caller| caller.number == rung.caller);
            caller.is_some_and(|caller| caller.phone(Some(rung.desk)) == phone)
        };
        rung.iter().filter(is_so).count()
    };
    vec![
        Check::equal(what, books.line(desk).peak, most),
        Check::equal("platform and phones agree on who talked with whom", agree, called.len()),
        Check::equal(
            "a busy desk and one who pressed 2 were rung once each",
            refused(Phone::Busy) + refused(Phone::Declined),
            2,
        ),
    ]
}

fn of_money(evidence: &Evidence, rung: &[Rung]) -> Vec<Check> {
    let entries = |kind: &'static str| evidence.ledger.iter().filter(move |entry| entry.kind == kind);
    let sum = |kind| entries(kind).map(|entry| entry.amount).sum::<Money>();
    let is_billable =
        |rung: &&Rung| rung.talk.is_some_and(|talk| talk.as_secs() >= u64::from(BILLABLE_AFTER_SECONDS));
    let billable: Vec<&Rung> = rung.iter().filter(is_billable).collect();
    let prices = billable.iter().map(|rung| Money::from_cents(rung.desk.price_cents())).sum();
    let profit = sum("revenue") - sum("payout") - sum("telephony");
    let what = format!(
        "{} calls talked {BILLABLE_AFTER_SECONDS} s or longer, and each is billed once",
        billable.len()
    );
    vec![
        Check::equal(what, entries("revenue").count(), billable.len()),
        Check::equal("and at its buyer's price", sum("revenue"), prices),
        Check::equal("the report's profit is the ledger's", evidence.by_campaign.total.profit, profit),
    ]
}

/// Nothing is left of the calls.
fn of_relay(metrics: &str) -> Check {
    let in_use: Vec<&str> = ["ringfall_relay_live_calls", "ringfall_relay_port_pairs_in_use"]
        .into_iter()
        .filter(|name| !metrics.lines().any(|line| line == format!("{name} 0")))
        .collect();
    let problem = (!in_use.is_empty()).then(|| in_use.join(", "));
    Check::new("the relay has no call left, and has given back every port", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_that_keeps_a_port_is_found() {
        let metrics = "ringfall_relay_live_calls 0\nringfall_relay_port_pairs_in_use 2\n";
        assert_eq!(of_relay(metrics).problem.as_deref(), Some("ringfall_relay_port_pairs_in_use"));
        assert!(of_relay(&metrics.replace('2', "0")).holds());
        assert!(!of_relay("").holds());
    }
}
