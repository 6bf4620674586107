//! What a caller's line does with its instructions.

use std::{sync::Arc, time::Duration};

use ringfall_domain::{
    call::{
        event::{EndCause, EventKind, Input, LegReport, LegStatus},
        instructions::{Continuation, Dial, DialPurpose, HoldStep, Instruction, Instructions, Sound},
    },
    config::QueuePolicy,
};
use tokio::time::sleep;

use super::{
    Carrier,
    call::{Line, Onward},
    instructions::event_of,
    people,
    wire::Document,
};

/// How long an agency's own file lasts.
const FILE: Duration = Duration::from_secs(30);
/// Nobody says anything for so long.
const SILENCE_ENDS_A_MESSAGE: Duration = Duration::from_secs(5);

impl Carrier {
    /// Does what it is told, one after the other.
    pub(super) async fn obey(self: &Arc<Self>, line: &Arc<Line>, document: &Document) -> Onward {
        for instruction in &document.instructions {
            match instruction {
                Instruction::Say(speech) => {
                    self.checker.heard(line.id, &speech.text);
                    sleep(people::speaking(&speech.text)).await;
                }
                Instruction::Gather { prompt, input, timeout_seconds, then } => {
                    let (entered, after) = if line.is_voicemail {
                        (Input::Nothing, Duration::from_secs(u64::from(*timeout_seconds)))
                    } else {
                        people::entry(&line.chance, *input, *timeout_seconds)
                    };
                    let speaking = people::speaking(&prompt.text);
                    // Who knows the question does not hear it out.
                    let heard_out = matches!(entered, Input::Nothing) || line.chance.happens(500);
                    sleep(if heard_out { speaking + after } else { after }).await;
                    return onward(line, document, then, entered);
                }
                Instruction::Hold(step) => {
                    let entered = self.hear(line, step).await;
                    return onward(line, document, &step.then, entered);
                }
                Instruction::Record { most_seconds, then } => {
                    return self.record(line, document, *most_seconds, then).await;
                }
                Instruction::Connect(dial) => return self.dial(line, document, dial).await,
                Instruction::Continue(then) => return onward(line, document, then, Input::Nothing),
                // An empty document: the call goes on to its end.
                Instruction::Bridge => {}
                Instruction::Reject(_) | Instruction::Hangup => return Onward::Over,
            }
        }
        Onward::Over
    }

    async fn dial(self: &Arc<Self>, line: &Arc<Line>, document: &Document, dial: &Dial) -> Onward {
        self.checker.dialled(line.id, dial);
        match &dial.purpose {
            DialPurpose::Attempt { attempt, .. } => {
                let report = self.attempt(line, document, dial, *attempt).await;
                // The answerer's hanging up takes a moment to be noticed.
                sleep(line.chance.milliseconds(20..=800)).await;
                let then = Continuation::DialEnded { attempt: *attempt };
                let kind = EventKind::DialEnded { attempt: *attempt, report };
                Onward::Ask { url: document.callbacks.url(document.call, &then), kind }
            }
            DialPurpose::Forward(node) => {
                let answered = self.forward(line, dial).await;
                let then = Continuation::ForwardEnded { node: node.clone() };
                let kind = EventKind::ForwardEnded { node: node.clone(), answered };
                Onward::Ask { url: document.callbacks.url(document.call, &then), kind }
            }
            DialPurpose::Overflow { node, index } => {
                let answered = self.forward(line, dial).await;
                let (node, index) = (node.clone(), *index);
                let then = Continuation::OverflowForwardEnded { node: node.clone(), index };
                let kind = EventKind::OverflowForwardEnded { node, index, answered };
                Onward::Ask { url: document.callbacks.url(document.call, &then), kind }
            }
            DialPurpose::Fallback => {
                self.forward(line, dial).await;
                Onward::Over
            }
        }
    }

    /// Rings a target and returns when that is over.
    async fn attempt(
        self: &Arc<Self>,
        line: &Arc<Line>,
        document: &Document,
        dial: &Dial,
        attempt: u8,
    ) -> LegReport {
        if line.chance.happens(15) {
            self.trace.count("leg: never placed");
            let status = Some(LegStatus::Ended(EndCause::Failed));
            return LegReport { status, ..LegReport::default() };
        }
        let leg = self.place(line, document, dial, attempt);
        leg.over().await;
        self.dial_report(line, &leg)
    }

    /// Rings a number that nothing is reported of but its end.
    async fn forward(&self, line: &Line, dial: &Dial) -> bool {
        let rings = Duration::from_secs(u64::from(dial.ring_timeout_seconds));
        match people::line(&line.chance, dial.ring_timeout_seconds) {
            people::Line::Answers { after } if after < rings => {
                sleep(after + line.chance.milliseconds(2_000..=60_000)).await;
                true
            }
            people::Line::Answers { .. } | people::Line::NobodyThere => {
                sleep(rings).await;
                false
            }
            people::Line::Busy | people::Line::Fails => {
                sleep(line.chance.milliseconds(200..=2_000)).await;
                false
            }
        }
    }

    /// A message, or none. What was recorded is to be had from the carrier.
    async fn record(
        &self,
        line: &Line,
        document: &Document,
        most_seconds: u32,
        then: &Continuation,
    ) -> Onward {
        let message = people::message(&line.chance, most_seconds);
        sleep(message.unwrap_or(SILENCE_ENDS_A_MESSAGE)).await;
        let recording_url = message.map(|_| format!("https://carrier.example.com/recordings/{}", line.sid));
        match then {
            Continuation::MessageLeft { node, index } => Onward::Ask {
                url: document.callbacks.url(document.call, then),
                kind: EventKind::MessageLeft { node: node.clone(), index: *index, recording_url },
            },
            _ => Onward::Over,
        }
    }

    /// A step of the hold, to its end or to a key.
    async fn hear(&self, line: &Line, step: &HoldStep) -> Input {
        let spoken: Duration = step.spoken.iter().map(|speech| people::speaking(&speech.text)).sum();
        let length = spoken
            + match &step.sound {
                Sound::OwnMusic => Duration::from_secs(u64::from(QueuePolicy::OWN_MUSIC_SECONDS)),
                Sound::File(_) => FILE,
                Sound::Silence { seconds } => Duration::from_secs(u64::from(*seconds)),
            };
        let key = if step.takes_key { people::key_in_hold(&line.chance, length) } else { None };
        let (entered, after) = key.unwrap_or((Input::Nothing, length));
        line.holds(after, &self.trace).await;
        entered
    }
}

/// Where a call goes on that asks for it itself.
fn onward(line: &Line, document: &Document, then: &Continuation, entered: Input) -> Onward {
    match event_of(then, entered, &line.sid) {
        Some(kind) => Onward::Ask { url: document.callbacks.url(document.call, then), kind },
        None => Onward::Over,
    }
}

/// Whether instructions let the person who answered through to the caller: without a hang-up, the bridge follows.
pub(super) fn lets_through(instructions: &Instructions) -> bool {
    instructions.iter().all(|instruction| matches!(instruction, Instruction::Say(_) | Instruction::Bridge))
}
