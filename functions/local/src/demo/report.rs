//! What is shown: within a hundred columns.

use std::{fmt::Write, path::Path, time::Duration};

use serde_json::Value;
use url::Url;

use super::{
    carrier::Seen,
    checks::Check,
    evidence::{Call, Candidate, Evidence, Report, Row, Sums},
    screen::Screen,
    seed::{Agency, BILLABLE_AFTER_SECONDS, PAYOUT_PERCENT},
};

/// What is about to happen.
pub(super) fn opening(screen: &Screen, url: &Url) {
    let url = url.as_str().trim_end_matches('/');
    screen
        .show(format!("Ringfall takes calls at {url}. An agency was set up through its API: an injury-law"));
    screen.show("campaign with a menu, four buyers, two publishers.");
}

/// The second part.
pub(super) fn of_carrier(screen: &Screen) {
    heading(screen, "The same agency with a carrier that speaks webhooks, a hundred times as fast as life");
    screen.show("A small carrier places calls, signs its webhooks as Twilio does, and does what it is told.");
    screen.show(format!(
        "A conversation of {BILLABLE_AFTER_SECONDS} seconds or more is billed; {PAYOUT_PERCENT} % of that goes to the publisher."
    ));
}

/// A scene begins.
pub(super) fn scene(screen: &Screen, title: &str) {
    screen.show("");
    screen.show(title);
}

/// A call is over.
pub(super) fn progress(screen: &Screen, elapsed: Duration, call: &Seen) {
    let Seen { number, caller, trail, fault, .. } = call;
    let fault = if fault.is_some() { " · FAULT" } else { "" };
    screen.show(format!(
        "{:6.2} s {number:4}  {:<5} {}  {}{fault}",
        elapsed.as_secs_f64(),
        caller.name,
        caller.place.state,
        trail.join(" · "),
    ));
}

/// Where each call went, and why.
pub(super) fn calls(screen: &Screen, evidence: &Evidence, agency: &Agency, seen: &[Seen]) {
    heading(screen, "Where each call went, and why");
    screen
        .show("   #  caller                  outcome      buyer            talk  revenue   payout   profit");
    for seen in seen {
        match evidence.call(&seen.sid) {
            Some(call) => {
                screen.show(call_line(seen, call, agency));
                for candidate in call.decision.candidates.iter().filter(|line| line.outcome != "connected") {
                    screen.show(format!("        {}", reason_line(candidate, agency)));
                }
            }
            None => screen
                .show(format!("{:4}  {:<5} is not known to the platform", seen.number, seen.caller.name)),
        }
    }
}

fn call_line(seen: &Seen, call: &Call, agency: &Agency) -> String {
    let connected = call.connected();
    let buyer = connected.map_or("–", |leg| name_of(&leg.target_id, agency));
    let talk = connected.and_then(|leg| leg.connected_seconds);
    let talk = talk.map_or_else(String::new, |seconds| format!("{}:{:02}", seconds / 60, seconds % 60));
    let (number, caller) = (seen.number, seen.caller);
    format!(
        "{number:4}  {:<5} {} {}  {:<11}  {buyer:<15}  {talk:>5} {:>8} {:>8} {:>8.3}",
        caller.name,
        caller.number,
        caller.place.state,
        call.disposition,
        call.revenue,
        call.payout,
        call.profit,
    )
}

fn reason_line(candidate: &Candidate, agency: &Agency) -> String {
    let mut line = format!("{}: {}", name_of(&candidate.target_id, agency), candidate.reason.code);
    for (index, (name, figure)) in candidate.reason.figures.iter().enumerate() {
        let figure = match figure {
            Value::String(text) => name_of(text, agency).to_owned(),
            other => other.to_string(),
        };
        // Writing into a string does not fail.
        let _ = write!(line, "{}{name}: {figure}", if index == 0 { " {" } else { ", " });
    }
    if !candidate.reason.figures.is_empty() {
        line.push('}');
    }
    line
}

/// A target's name; whatever is no target's id stays as it is.
fn name_of<'a>(id: &'a str, agency: &Agency) -> &'a str {
    agency.targets.get(id).map_or(id, |desk| desk.name())
}

/// Profit and loss, by campaign and by publisher.
pub(super) fn profit_and_loss(screen: &Screen, evidence: &Evidence, agency: &Agency) {
    heading(screen, "Profit and loss");
    screen.show(
        "                   calls  connected  converted  abandoned  revenue   payout  telephony    profit",
    );
    let campaign =
        |row: &Row| if row.key == agency.campaign { "Auto injury".to_owned() } else { row.key.clone() };
    sums(screen, &evidence.by_campaign, campaign);
    let publisher = |row: &Row| {
        agency
            .publishers
            .get(&row.key)
            .map_or_else(|| row.key.clone(), |publisher| publisher.name().to_owned())
    };
    sums(screen, &evidence.by_publisher, publisher);
}

fn sums(screen: &Screen, report: &Report, name: impl Fn(&Row) -> String) {
    for row in &report.rows {
        let Sums { calls, connected, converted, abandoned, revenue, payout, telephony_cost, profit } =
            &row.sums;
        screen.show(format!(
            "  {:<15} {calls:>6} {connected:>10} {converted:>10} {abandoned:>10} {revenue:>8} {payout:>8} \
             {telephony_cost:>10.3} {profit:>9.3}",
            name(row)
        ));
    }
}

/// What was checked.
pub(super) fn checks(screen: &Screen, checks: &[Check]) {
    heading(screen, "Checked against the phones' and the carriers' own books");
    for Check { what, problem } in checks {
        match problem {
            None => screen.show(format!("  ok    {what}")),
            Some(problem) => screen.show(format!("  FAIL  {what}: {problem}")),
        }
    }
}

/// How it came out.
pub(super) fn verdict(screen: &Screen, checks: &[Check]) {
    screen.show("");
    match checks.iter().filter(|check| !check.holds()).count() {
        0 => screen.show(format!("All {} checks hold.", checks.len())),
        failed => screen.show(format!("{failed} of {} checks FAILED.", checks.len())),
    }
}

/// The data is gone.
pub(super) fn nothing_is_kept(screen: &Screen) {
    screen.show("Nothing is kept. For a closer look:  ringfall demo --data-dir FOLDER");
}

/// Where the data is, and the keys to it: that of the agency, and the operator's if it was made just now.
pub(super) fn what_is_kept(screen: &Screen, path: &Path, agency_key: &str, made_key: Option<&str>) {
    screen.show(format!("For a closer look:  ringfall serve --data-dir {}", path.display()));
    screen.show(format!("  the agency's API key  {agency_key}"));
    if let Some(key) = made_key {
        screen.show(format!("  the operator's        {key}"));
    }
}

/// A part begins.
pub(super) fn heading(screen: &Screen, text: &str) {
    screen.show("");
    screen.show(text);
    screen.show("");
}
