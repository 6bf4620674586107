//! The facts about a call, each written once: the first report of a thing stands, later ones change nothing.

use jiff::{SignedDuration, Timestamp};

use super::event::{EndCause, EventKind, Input, LegReport, LegStatus};
use crate::{
    flow::{Answer, NodeId},
    ids::CallId,
    plan::Plan,
    queue::{Overflowed, Queued},
    tags::{TagName, TagValue},
};

/// When something happened: by our clock always, by the provider's where it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When the report arrived.
    pub arrived_at: Timestamp,
    /// The provider's own time of it.
    pub occurred_at: Option<Timestamp>,
}

impl Stamp {
    /// The earlier of the two: a late report must not make a call longer.
    pub fn earliest(self) -> Timestamp {
        self.occurred_at.map_or(self.arrived_at, |occurred_at| occurred_at.min(self.arrived_at))
    }
}

/// One thing that is known of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The caller answered a question.
    Tag(TagName, TagValue),
    /// Something about an attempt.
    Leg(u8, LegFact),
    /// The caller was sold before, by the campaign that now has them again.
    DuplicateOf(CallId),
    /// The caller has come into a queue.
    Queued(Queued),
    /// The caller could not be held, or not any longer.
    Overflowed(Overflowed),
    /// The caller has left a message, which is to be had there.
    MessageUrl(String),
    /// The flow ended the call.
    Finished(Finish),
    /// The call is over.
    Ended(CallEnd),
}

/// One thing that is known of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegFact {
    /// The provider's id of the leg.
    ProviderLegId(String),
    /// The target's line was answered.
    Answered(Stamp),
    /// The answerer was asked and pressed a key, or none.
    Screened(KeyPress),
    /// The provider says whether caller and target were joined.
    Bridged(Bridging),
    /// Where the recording is.
    RecordingUrl(String),
    /// It is over.
    Ended(LegEnd),
}

/// What the answerer pressed when asked to take the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPress {
    /// When they were asked.
    pub asked_at: Option<Timestamp>,
    /// The first key; none if there was none.
    pub key: Option<char>,
    /// When we learned of it.
    pub at: Timestamp,
}

/// What the provider says of the joining of caller and target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bridging {
    /// Whether they were joined.
    pub joined: bool,
    /// When we learned of it.
    pub at: Timestamp,
}

/// How and when an attempt ended. Written as one, so that what a call is billed for never changes afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegEnd {
    /// When.
    pub stamp: Stamp,
    /// How.
    pub cause: EndCause,
    /// Seconds from the answer to the end by the provider's count, where it tells.
    pub duration_seconds: Option<u32>,
}

impl LegEnd {
    /// Reports that were overtaken by that of the end count for this long.
    const GRACE: SignedDuration = SignedDuration::from_secs(60);
    /// A report that arrived in time is written by then: its handler has its own deadline, and clocks differ by some seconds.
    const WRITTEN_WITHIN: SignedDuration = SignedDuration::from_secs(15);

    /// After this nothing that is learnt can make the attempt billable.
    pub fn final_at(&self) -> Timestamp {
        self.stamp.arrived_at + Self::GRACE
    }

    /// Whoever reads the attempt after this has read every report that counts.
    pub fn settled_at(&self) -> Timestamp {
        self.final_at() + Self::WRITTEN_WITHIN
    }
}

/// How and when a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallEnd {
    /// When.
    pub stamp: Stamp,
    /// Seconds from our answer to the end by the provider's count, where it tells.
    pub duration_seconds: Option<u32>,
}

/// How the flow ended a call that no target took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// The node that ended it.
    pub node: NodeId,
    /// Why.
    pub kind: FinishKind,
}

/// Why the flow ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishKind {
    /// The caller did not qualify: no target was asked.
    Unqualified,
    /// Targets were judged, and none took the call.
    NoTarget,
    /// It was passed to a fixed number.
    Forwarded,
    /// The caller was turned away on arrival.
    Suppressed,
    /// The caller was asked for a message.
    Message,
    /// The caller is to be called back.
    Callback,
}

/// The facts that an event brings, in no particular order. What an event does not prove is not written. Only an answer needs
/// the plan: which question it answers.
pub fn facts_of(plan: Option<&Plan>, event: &EventKind, arrived_at: Timestamp) -> Vec<Fact> {
    match event {
        // What the answer at the target proves comes again: with the key where one is asked for, else with the leg's progress.
        EventKind::Arrived(_)
        | EventKind::Said { .. }
        | EventKind::Held { .. }
        | EventKind::Offered { .. }
        | EventKind::ForwardEnded { .. }
        | EventKind::OverflowForwardEnded { .. }
        | EventKind::CallbackAsked { .. }
        | EventKind::CallbackAnswered { .. }
        | EventKind::CallbackAccepted { .. }
        | EventKind::LegAnswered { .. } => Vec::new(),
        EventKind::MessageLeft { recording_url, .. } => {
            recording_url.clone().map(Fact::MessageUrl).into_iter().collect()
        }
        EventKind::Gathered { node, visit, input } => match plan
            .map(|plan| plan.flow.answer(node, *visit, input))
        {
            Some(Answer::Next { tag: Some((name, value)), .. }) => vec![Fact::Tag(name, value)],
            Some(Answer::Next { tag: None, .. } | Answer::Again { .. } | Answer::Lost) | None => Vec::new(),
        },
        EventKind::Screened { attempt, asked_at, provider_leg_id, input } => {
            let key = match input {
                Input::Digits(digits) => digits.chars().next(),
                Input::Speech(_) | Input::Nothing => None,
            };
            let mut facts = vec![LegFact::Screened(KeyPress { asked_at: *asked_at, key, at: arrived_at })];
            let answered = asked_at.map(|asked_at| Stamp { arrived_at: asked_at, occurred_at: None });
            facts.extend(answered.map(LegFact::Answered));
            facts.extend(provider_leg_id.clone().map(LegFact::ProviderLegId));
            of_leg(*attempt, facts)
        }
        EventKind::LegProgress { attempt, report } => of_leg(*attempt, facts_of_report(report, arrived_at)),
        EventKind::DialEnded { attempt, report } => {
            of_leg(*attempt, facts_of_report(&over(report), arrived_at))
        }
        EventKind::CallProgress(report) | EventKind::CallbackProgress { report, .. } if report.ended => {
            let stamp = Stamp { arrived_at, occurred_at: report.occurred_at };
            vec![Fact::Ended(CallEnd { stamp, duration_seconds: report.duration_seconds })]
        }
        EventKind::CallProgress(_) | EventKind::CallbackProgress { .. } => Vec::new(),
    }
}

fn of_leg(attempt: u8, facts: Vec<LegFact>) -> Vec<Fact> {
    facts.into_iter().map(|fact| Fact::Leg(attempt, fact)).collect()
}

/// A dial that is over is over, whatever word the provider has for it: taken as live, it would be dialled once more.
fn over(report: &LegReport) -> LegReport {
    let status = match report.status {
        Some(LegStatus::Ended(cause)) => LegStatus::Ended(cause),
        Some(LegStatus::Answered) => LegStatus::Ended(EndCause::Completed),
        Some(LegStatus::Ringing) | None if report.duration_seconds.is_some() => {
            LegStatus::Ended(EndCause::Completed)
        }
        Some(LegStatus::Ringing) | None => LegStatus::Ended(EndCause::Failed),
    };
    LegReport { status: Some(status), ..report.clone() }
}

/// The facts in a provider's report on a leg.
pub fn facts_of_report(report: &LegReport, arrived_at: Timestamp) -> Vec<LegFact> {
    let stamp = Stamp { arrived_at, occurred_at: report.occurred_at };
    let mut facts = Vec::new();
    facts.extend(report.provider_leg_id.clone().map(LegFact::ProviderLegId));
    facts.extend(report.recording_url.clone().map(LegFact::RecordingUrl));
    facts.extend(report.bridged.map(|joined| LegFact::Bridged(Bridging { joined, at: arrived_at })));
    match report.status {
        None | Some(LegStatus::Ringing) => {}
        Some(LegStatus::Answered) => facts.push(LegFact::Answered(stamp)),
        Some(LegStatus::Ended(cause)) => {
            facts.push(LegFact::Ended(LegEnd { stamp, cause, duration_seconds: report.duration_seconds }));
        }
    }
    facts
}
