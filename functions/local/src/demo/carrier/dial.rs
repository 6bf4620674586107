//! A leg to a desk: rung, perhaps answered, perhaps asked for a key, perhaps connected.

use anyhow::anyhow;
use reqwest::StatusCode;
use tokio::time::Instant;

use super::{
    ACCOUNT_SID,
    call::{InboundCall, Over, SECONDS_PER_ANSWER},
    exchange::Entry,
    twiml::{Dial, Document, Number, Verb},
    webhook::{Fields, Webhooks},
};
use crate::demo::cast::{Desk, Mishap, Phone};

/// How long a desk lets it ring before somebody answers.
const SECONDS_TO_ANSWER: u32 = 4;
/// After how long a caller gives up whom nobody answers.
const SECONDS_OF_PATIENCE: u32 = 8;

/// A desk that is asked for a key more often than this is asked for ever.
const MOST_QUESTIONS: u32 = 5;

/// How a leg came out.
#[derive(Clone, Copy)]
struct Outcome {
    /// In Twilio's words.
    status: &'static str,
    /// Seconds from the answer.
    seconds: u32,
    /// Whether it was connected with the caller.
    bridged: bool,
    /// Whether the caller is gone.
    caller_left: bool,
}

impl Outcome {
    const fn unanswered(status: &'static str) -> Self {
        Self { status, seconds: 0, bridged: false, caller_left: false }
    }
}

impl InboundCall<'_> {
    /// Rings a number, and connects whoever takes the call with the caller.
    pub(super) async fn dial(&mut self, dial: &Dial) -> Result<Option<Document>, Over> {
        let leg = self.carrier.exchange.place_leg(self.entry.call, &dial.number.address);
        let rung = self.ring(dial, &leg).await;
        let unanswered = Outcome::unanswered(self.broken_off(&leg));
        // The leg ends with the call, whatever went wrong.
        let outcome = match &rung {
            Ok(outcome) => *outcome,
            Err(Over::GaveUp) => Outcome { caller_left: true, ..unanswered },
            Err(Over::HungUp | Over::Redirected(_) | Over::Fault(_)) => unanswered,
        };
        self.carrier.exchange.end(&leg, outcome.status, outcome.seconds, outcome.bridged);
        let left = match rung {
            Ok(_) => Over::HungUp,
            Err(Over::GaveUp) => Over::GaveUp,
            Err(over) => return Err(over),
        };
        if outcome.bridged && self.caller.mishap == Some(Mishap::EndNeverReported) {
            self.note("its end is never reported");
            return Err(Over::HungUp);
        }
        let duration = [("CallDuration", outcome.seconds.to_string())];
        self.report(&dial.number, &leg, outcome.status, duration);
        let Some(action) = &dial.action else {
            return if outcome.caller_left { Err(left) } else { Ok(None) };
        };
        let result = leg_result(&leg, &outcome);
        if outcome.caller_left {
            self.tell_when_over(action, result).await?;
            return Err(left);
        }
        self.ask(action, result).await.map(Some)
    }

    /// How a leg has ended that was broken off.
    fn broken_off(&self, leg: &Entry) -> &'static str {
        if self.carrier.exchange.is_answered(leg) { "completed" } else { "canceled" }
    }

    async fn ring(&mut self, dial: &Dial, leg: &Entry) -> Result<Outcome, Over> {
        let desk = Desk::at(&dial.number.address);
        let name = desk.map_or(dial.number.address.as_str(), |desk| desk.name());
        self.report(&dial.number, leg, "initiated", []);
        let phone = self.caller.phone(desk);
        if phone != Phone::Busy {
            self.report(&dial.number, leg, "ringing", []);
        }
        match phone {
            Phone::Busy => {
                self.note(format!("{name} is busy"));
                Ok(Outcome::unanswered("busy"))
            }
            Phone::NoAnswer => {
                self.pass(dial.timeout).await?;
                self.note(format!("{name} does not answer"));
                Ok(Outcome::unanswered("no-answer"))
            }
            Phone::CallerGivesUp => {
                self.pass(SECONDS_OF_PATIENCE.min(dial.timeout)).await?;
                self.note(format!("hangs up while {name} rings"));
                Ok(Outcome { caller_left: true, ..Outcome::unanswered("canceled") })
            }
            Phone::Taken | Phone::Voicemail | Phone::Declined => {
                self.pass(SECONDS_TO_ANSWER).await?;
                self.carrier.exchange.answer(leg);
                self.report(&dial.number, leg, "in-progress", []);
                self.answered(dial, leg, phone, name).await
            }
        }
    }

    async fn answered(
        &mut self,
        dial: &Dial,
        leg: &Entry,
        phone: Phone,
        name: &str,
    ) -> Result<Outcome, Over> {
        if !self.takes_the_call(&dial.number, leg, phone).await? {
            self.note(match phone {
                Phone::Voicemail => format!("{name}'s voicemail"),
                Phone::Declined => format!("{name} declines"),
                _ => format!("{name} is not let through"),
            });
            return Ok(Outcome::unanswered("completed"));
        }
        self.until_all_are_decided().await;
        let talked = self.talk(self.caller.talk_seconds.min(dial.time_limit), leg).await?;
        self.note(format!("{name} {}:{:02}", talked / 60, talked % 60));
        Ok(Outcome { status: "completed", seconds: talked, bridged: true, caller_left: false })
    }

    /// They talk, unless the platform hangs up. How long they did.
    async fn talk(&mut self, seconds: u32, leg: &Entry) -> Result<u32, Over> {
        let (carrier, began) = (self.carrier, Instant::now());
        tokio::select! {
            passed = self.pass(seconds) => passed.map(|()| seconds),
            _ = leg.orders.next() => Ok(carrier.seconds_since(began).min(seconds)),
        }
    }

    /// Does what the document for the desk says. Taken is a call unless that hangs up.
    async fn takes_the_call(&mut self, number: &Number, leg: &Entry, phone: Phone) -> Result<bool, Over> {
        let Some(url) = &number.url else { return Ok(true) };
        let fields = leg_fields(leg, "in-progress", []);
        let mut document = self.carrier.webhooks.ask(url, &fields).await?;
        for _ in 0..MOST_QUESTIONS {
            let gather = match document.verbs.iter().find(|verb| !matches!(verb, Verb::Say(_))) {
                None => return Ok(true),
                Some(Verb::Gather(gather)) => gather,
                Some(_) => return Ok(false),
            };
            let key = match phone {
                Phone::Taken => "1",
                Phone::Declined => "2",
                Phone::Voicemail | Phone::Busy | Phone::NoAnswer | Phone::CallerGivesUp => "",
            };
            self.pass(if key.is_empty() { gather.timeout } else { SECONDS_PER_ANSWER }).await?;
            let fields = leg_fields(leg, "in-progress", [("Digits", key.to_owned())]);
            document = self.carrier.webhooks.ask(&gather.action, &fields).await?;
        }
        Err(anyhow!("a desk is asked again and again").into())
    }

    /// Reports a leg's progress by the side: nobody waits for it, and it may come late.
    fn report(
        &mut self,
        number: &Number,
        leg: &Entry,
        status: &str,
        more: impl IntoIterator<Item = (&'static str, String)>,
    ) {
        let Some(url) = number.status_callback.clone() else { return };
        let fields = leg_fields(leg, status, more);
        self.reports.spawn(told(self.carrier.webhooks.clone(), url, fields));
    }
}

async fn told(webhooks: Webhooks, url: String, fields: Fields) -> anyhow::Result<()> {
    let (status, answer) = webhooks.post(&url, &fields).await?;
    anyhow::ensure!(status == StatusCode::OK, "{url} answered {status}: {answer}");
    Ok(())
}

/// The leg's part of every form.
fn leg_fields(leg: &Entry, status: &str, more: impl IntoIterator<Item = (&'static str, String)>) -> Fields {
    let own = [
        ("AccountSid", ACCOUNT_SID.to_owned()),
        ("CallSid", leg.sid()),
        ("CallStatus", status.to_owned()),
        ("To", leg.to.clone()),
    ];
    let parent = leg.parent_sid().map(|sid| ("ParentCallSid", sid));
    own.into_iter().chain(parent).chain(more).collect()
}

/// What a dial's action is told of its leg.
fn leg_result(leg: &Entry, outcome: &Outcome) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("DialCallSid", leg.sid()),
        ("DialCallStatus", outcome.status.to_owned()),
        ("DialBridged", outcome.bridged.to_string()),
    ];
    if outcome.status == "completed" {
        fields.push(("DialCallDuration", outcome.seconds.to_string()));
    }
    fields
}
