//! Webhooks and instructions in few words, for the trace.

use std::fmt;

use ringfall_domain::call::{
    event::{EventKind, Input, LegReport},
    instructions::{Continuation, DialPurpose, Instruction},
};
use ringfall_domain::queue::Told;

use super::super::world::address;

/// Instructions in one line.
pub(super) struct Shown<'a>(pub(super) &'a [Instruction]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, instruction) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            match instruction {
                Instruction::Say(speech) => write!(f, "say {:?}", speech.text)?,
                Instruction::Gather { then, .. } => write!(f, "ask for {then:?}")?,
                Instruction::Hold(step) => {
                    let spoken = step.spoken.iter().map(|speech| speech.text.as_str());
                    write!(f, "hold: {:?}, then {:?}", spoken.collect::<Vec<_>>(), step.sound)?;
                }
                Instruction::Record { .. } => f.write_str("take a message")?,
                Instruction::Connect(dial) => {
                    let to = address(&dial.destination);
                    match &dial.purpose {
                        DialPurpose::Attempt { attempt, .. } => write!(f, "attempt {attempt} at {to}")?,
                        DialPurpose::Forward(node) => write!(f, "forward {node} to {to}")?,
                        DialPurpose::Overflow { index, .. } => write!(f, "overflow {index} to {to}")?,
                        DialPurpose::Fallback => write!(f, "fall back to {to}")?,
                    }
                }
                Instruction::Bridge => f.write_str("bridge")?,
                Instruction::Continue(then) => write!(f, "continue with {then:?}")?,
                Instruction::Reject(reason) => write!(f, "reject as {reason:?}")?,
                Instruction::Hangup => f.write_str("hang up")?,
            }
        }
        f.write_str(if self.0.is_empty() { "nothing" } else { "" })
    }
}

/// A webhook in one line.
pub(super) struct Letterhead<'a>(pub(super) &'a EventKind);

impl fmt::Display for Letterhead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self.0))
    }
}

fn shown(kind: &EventKind) -> String {
    match kind {
        EventKind::Arrived(_) => "a call".to_owned(),
        EventKind::Gathered { node, visit, input } => format!("{node} ({visit}): {}", entered(input)),
        EventKind::Said { node } => format!("ready for {node}"),
        EventKind::LegAnswered { attempt, .. } => format!("attempt {attempt} asks what to say"),
        EventKind::Screened { attempt, input, .. } => format!("attempt {attempt} pressed {}", entered(input)),
        EventKind::LegProgress { attempt, report } => format!("attempt {attempt} {}", reported(report)),
        EventKind::DialEnded { attempt, report } => format!("dial {attempt} over, {}", reported(report)),
        EventKind::ForwardEnded { node, answered } => {
            format!("forward {node} over, {}", if *answered { "answered" } else { "not answered" })
        }
        EventKind::Held { node, told: Told { steps, .. }, input } => {
            format!("held for {node} ({steps}): {}", entered(input))
        }
        EventKind::Offered { attempt } => format!("redirected to attempt {attempt}"),
        EventKind::OverflowForwardEnded { index, answered, .. } => {
            format!("overflow {index} over, {}", if *answered { "answered" } else { "not answered" })
        }
        EventKind::MessageLeft { recording_url, .. } => {
            format!("{} message", if recording_url.is_some() { "a" } else { "no" })
        }
        EventKind::CallbackAsked { question, input, .. } => format!("{question:?}: {}", entered(input)),
        EventKind::CallbackAnswered { of, attempt, .. } => format!("callback {attempt} of {of} answered"),
        EventKind::CallbackAccepted { of, attempt, input, .. } => {
            format!("callback {attempt} of {of} pressed {}", entered(input))
        }
        EventKind::CallbackProgress { of, attempt, report } => {
            format!("callback {attempt} of {of}: {:?}", report.cause)
        }
        EventKind::CallProgress(report) => {
            format!("the call {}", if report.ended { "is over" } else { "goes on" })
        }
    }
}

fn entered(input: &Input) -> String {
    match input {
        Input::Digits(digits) => digits.clone(),
        Input::Speech(speech) => format!("{speech:?}"),
        Input::Nothing => "nothing".to_owned(),
    }
}

fn reported(report: &LegReport) -> String {
    format!("{:?} after {:?} s", report.status, report.duration_seconds)
}

/// What a webhook carries that the carrier sends when a call of its own is to go on somewhere.
pub(super) fn event_of(then: &Continuation, input: Input, call_sid: &str) -> Option<EventKind> {
    Some(match then {
        Continuation::Gathered { node, visit } => {
            EventKind::Gathered { node: node.clone(), visit: *visit, input }
        }
        Continuation::Said { node } => EventKind::Said { node: node.clone() },
        Continuation::Screened { attempt, asked_at } => {
            let (attempt, asked_at) = (*attempt, Some(*asked_at));
            EventKind::Screened { attempt, asked_at, provider_leg_id: None, input }
        }
        Continuation::Held { node, told } => {
            EventKind::Held { node: node.clone(), told: told.clone(), input }
        }
        Continuation::Offered { attempt } => EventKind::Offered { attempt: *attempt },
        Continuation::CallbackAsked { node, index, question } => {
            let (node, index, question) = (node.clone(), *index, question.clone());
            EventKind::CallbackAsked { node, index, question, input }
        }
        Continuation::CallbackAnswered { of, attempt } => {
            let provider_call_id = call_sid.to_owned();
            EventKind::CallbackAnswered { of: *of, attempt: *attempt, provider_call_id }
        }
        Continuation::CallbackAccepted { of, attempt } => {
            let provider_call_id = call_sid.to_owned();
            EventKind::CallbackAccepted { of: *of, attempt: *attempt, provider_call_id, input }
        }
        Continuation::LegAnswered { .. }
        | Continuation::DialEnded { .. }
        | Continuation::LegProgress { .. }
        | Continuation::ForwardEnded { .. }
        | Continuation::OverflowForwardEnded { .. }
        | Continuation::MessageLeft { .. }
        | Continuation::CallbackProgress { .. } => return None,
    })
}
