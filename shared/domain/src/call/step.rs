//! What is done next with a call, decided from the plan, the call's facts and the event that just came.

use jiff::Timestamp;

use super::{
    Call, Finish, FinishKind, KnownCaller, Leg, MOST_CALL_SECONDS,
    event::{EventKind, Input},
    greeting::greeting,
    instructions::{
        Continuation, Dial, DialPurpose, GatherInput, Greeting, HoldStep, Instruction, Instructions,
        RejectReason, Sound, Speech,
    },
};
use crate::{
    config::{CallerIdShown, Skills},
    flow::{Answer, Node, NodeId, Stop, Walk},
    phone::PhoneNumber,
    plan::Plan,
    queue::{CallbackQuestion, Told},
    tags::TagValue,
    target::Destination,
};

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Tell the provider this, and wait for its next webhook.
    Reply(Instructions),
    /// The flow ends the call: keep why, then tell the provider this.
    Finish(Finish, Instructions),
    /// Find a target for the caller.
    Route {
        /// The `route` node that asks.
        node: NodeId,
    },
    /// The caller waits: serve them if it is their turn, else let them wait on.
    Wait {
        /// The `route` node for whose targets they wait.
        node: NodeId,
        /// What they have been told so far.
        told: Told,
        /// What they pressed.
        input: Input,
    },
    /// The caller cannot be held, or not any longer: do the first of the queue's overflows that comes about.
    Overflow {
        /// The `route` node for whose targets they would wait.
        node: NodeId,
        /// The first overflow that is left, counted from 0.
        from: u8,
    },
    /// The caller was asked something about being called back.
    Callback {
        /// The `route` node for whose targets they wait.
        node: NodeId,
        /// Which overflow offers it; none if they asked for it while waiting.
        index: Option<u8>,
        /// What was asked.
        question: CallbackQuestion,
        /// What was entered.
        input: Input,
    },
    /// Nothing: the event was only for the record.
    Nothing(Ignored),
}

/// Why an event changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// It reports progress; nobody waits for instructions.
    ForTheRecord,
    /// It speaks of an attempt that was never made.
    UnknownAttempt,
}

/// Decides what is done next. `call` holds the facts of this event already.
pub fn step(plan: &Plan, call: &Call, event: &EventKind, at: Timestamp) -> Next {
    match event {
        EventKind::LegProgress { .. } | EventKind::CallProgress(_) | EventKind::CallbackProgress { .. } => {
            Next::Nothing(Ignored::ForTheRecord)
        }
        EventKind::LegAnswered { attempt, .. } => answered(plan, call, *attempt, at),
        EventKind::Screened { attempt, .. } => screened(call, *attempt),
        EventKind::Arrived(_)
        | EventKind::Gathered { .. }
        | EventKind::Said { .. }
        | EventKind::Held { .. }
        | EventKind::Offered { .. }
        | EventKind::DialEnded { .. }
        | EventKind::ForwardEnded { .. }
        | EventKind::OverflowForwardEnded { .. }
        | EventKind::CallbackAsked { .. }
            if call.ended.is_some() =>
        {
            Next::Reply(vec![Instruction::Hangup])
        }
        EventKind::Arrived(_) => resume(plan, call, at, || begin(plan, call, at)),
        EventKind::Gathered { node, visit, input } => {
            resume(plan, call, at, || match plan.flow.answer(node, *visit, input) {
                Answer::Again { visit } => Next::Reply(ask(plan, call, node, visit, Vec::new())),
                Answer::Next { node, .. } => enter(plan, call, &node, at),
                Answer::Lost => begin(plan, call, at),
            })
        }
        EventKind::Said { node } => resume(plan, call, at, || enter(plan, call, node, at)),
        EventKind::Held { node, told, input } => match call.live_leg() {
            // The order to call them off came late: it has broken off the dial of this very attempt. That is rung once; they go on once its
            // end is known.
            Some(leg) if told.is_called_off() => Next::Reply(vec![keep_waiting(leg)]),
            _ => resume(plan, call, at, || Next::Wait {
                node: node.clone(),
                told: told.clone(),
                input: input.clone(),
            }),
        },
        EventKind::Offered { attempt } => offered(plan, call, *attempt, at),
        // The call's own report may still be on its way: without it, the next target would be rung for nobody.
        EventKind::DialEnded { report, .. } if report.caller_is_gone => {
            Next::Reply(vec![Instruction::Hangup])
        }
        EventKind::DialEnded { attempt, .. } => dial_ended(plan, call, *attempt, at),
        EventKind::ForwardEnded { node, answered } => forward_ended(plan, call, node, *answered, at),
        EventKind::OverflowForwardEnded { answered: true, .. }
        | EventKind::MessageLeft { .. }
        | EventKind::CallbackAnswered { .. } => Next::Reply(vec![Instruction::Hangup]),
        // Who pressed the key has the place that was kept for them, and waits there for the targets of that node.
        EventKind::CallbackAccepted { .. } => resume(plan, call, at, || match &call.queued {
            Some(queued) => Next::Route { node: queued.node.clone() },
            None => Next::Reply(vec![Instruction::Hangup]),
        }),
        EventKind::OverflowForwardEnded { node, index, answered: false } => {
            Next::Overflow { node: node.clone(), from: index.saturating_add(1) }
        }
        EventKind::CallbackAsked { node, index, question, input } => {
            resume(plan, call, at, || Next::Callback {
                node: node.clone(),
                index: *index,
                question: question.clone(),
                input: input.clone(),
            })
        }
    }
}

/// A caller for whom an attempt is under way is told of that attempt again, whichever webhook was repeated; one who was served is
/// done. While the caller of an attempt is being redirected to its dial, nobody else is told to dial: the redirect would break it off.
fn resume(plan: &Plan, call: &Call, at: Timestamp, go_on: impl FnOnce() -> Next) -> Next {
    match call.live_leg() {
        Some(leg) => Next::Reply(vec![reconnect(plan, call, leg, at)]),
        None if call.served_leg().is_some() => Next::Reply(vec![Instruction::Hangup]),
        None => go_on(),
    }
}

/// A caller who is turned away is refused before the call is answered, or goes where the campaign wants them.
fn begin(plan: &Plan, call: &Call, at: Timestamp) -> Next {
    match &call.suppression {
        None => enter(plan, call, &plan.flow.start, at),
        Some(suppression) => match suppression.node(plan) {
            Some(node) => enter(plan, call, node, at),
            None => Next::Reply(vec![Instruction::Reject(RejectReason::Declined)]),
        },
    }
}

/// Goes on from a node of the flow until the caller is asked, routed, forwarded or hung up on.
pub fn enter(plan: &Plan, call: &Call, node: &NodeId, at: Timestamp) -> Next {
    let Walk { spoken, stop } = plan.flow.walk(node, &KnownCaller::of(call), at);
    let spoken: Vec<Speech> = spoken.into_iter().map(Speech::from).collect();
    match stop {
        Stop::Ask { node } => Next::Reply(ask(plan, call, &node, 1, spoken)),
        Stop::Route { node } if spoken.is_empty() => Next::Route { node },
        Stop::Route { node } => Next::Reply(say_first(spoken, node)),
        Stop::Forward { node } => forward(plan, call, &node, spoken),
        Stop::Hangup { node } => finish(call, node, spoken),
        Stop::Lost { node } => lost(plan, call, node, spoken),
    }
}

/// What stands before a `route` is said before a target is sought: a dial that waited behind speech would reach the provider long
/// after the watchdog had given its slot back, and would hold the slot of a caller who is only listening.
fn say_first(spoken: Vec<Speech>, node: NodeId) -> Instructions {
    let said = spoken.into_iter().map(Instruction::Say);
    said.chain([Instruction::Continue(Continuation::Said { node })]).collect()
}

fn answered(plan: &Plan, call: &Call, attempt: u8, at: Timestamp) -> Next {
    let Some(leg) = call.leg(attempt) else {
        return Next::Nothing(Ignored::UnknownAttempt);
    };
    // A leg whose end is known has given its capacity back: it must not be bridged any more.
    if leg.ended.is_some() || call.ended.is_some() {
        return Next::Reply(vec![Instruction::Hangup]);
    }
    Next::Reply(greeting(plan, call, leg, at))
}

fn screened(call: &Call, attempt: u8) -> Next {
    match call.leg(attempt) {
        None => Next::Nothing(Ignored::UnknownAttempt),
        Some(leg) if leg.ended.is_none() && call.ended.is_none() && leg.was_accepted() => {
            Next::Reply(vec![Instruction::Bridge])
        }
        Some(_) => Next::Reply(vec![Instruction::Hangup]),
    }
}

fn dial_ended(plan: &Plan, call: &Call, attempt: u8, at: Timestamp) -> Next {
    let Some(leg) = call.leg(attempt) else {
        return Next::Nothing(Ignored::UnknownAttempt);
    };
    let node = leg.node.clone();
    resume(plan, call, at, || Next::Route { node })
}

/// The redirect of a held caller has come through.
fn offered(plan: &Plan, call: &Call, attempt: u8, at: Timestamp) -> Next {
    match call.leg(attempt) {
        None => Next::Nothing(Ignored::UnknownAttempt),
        Some(leg) if leg.ended.is_none() => Next::Reply(vec![connect(plan, call, leg)]),
        Some(_) => dial_ended(plan, call, attempt, at),
    }
}

/// What a caller is told to whom an attempt belongs that is not over: to dial, as the first copy of the webhook was. But not while their
/// redirect to it is under way; nor where the leg is known already, since an attempt is rung once: what asks then was called off its dial
/// by another order, and goes on once the leg's end is known.
pub fn reconnect(plan: &Plan, call: &Call, leg: &Leg, at: Timestamp) -> Instruction {
    if leg.is_being_fetched(at) || leg.provider_leg_id.is_some() {
        keep_waiting(leg)
    } else {
        connect(plan, call, leg)
    }
}

/// A caller whose redirect is under way hears a little silence: it is cut short.
fn keep_waiting(leg: &Leg) -> Instruction {
    Instruction::Hold(HoldStep {
        spoken: Vec::new(),
        sound: Sound::Silence { seconds: Leg::FETCHED_WITHIN_SECONDS },
        takes_key: false,
        then: Continuation::Held { node: leg.node.clone(), told: Told::default() },
    })
}

fn forward_ended(plan: &Plan, call: &Call, node: &NodeId, answered: bool, at: Timestamp) -> Next {
    let otherwise = match plan.flow.nodes.get(node) {
        Some(Node::Forward(forward)) => forward.otherwise.as_ref(),
        _ => None,
    };
    match otherwise {
        Some(otherwise) if !answered => enter(plan, call, otherwise, at),
        _ => Next::Reply(vec![Instruction::Hangup]),
    }
}

fn ask(plan: &Plan, call: &Call, node: &NodeId, visit: u8, spoken: Vec<Speech>) -> Instructions {
    let Some(question) = plan.flow.question(node, &KnownCaller::of(call)) else {
        return vec![Instruction::Hangup];
    };
    let mut instructions: Instructions = spoken.into_iter().map(Instruction::Say).collect();
    instructions.push(Instruction::Gather {
        prompt: question.spoken.into(),
        input: GatherInput { digits: question.digits, speech: question.speech },
        timeout_seconds: question.timeout_seconds,
        then: Continuation::Gathered { node: node.clone(), visit },
    });
    instructions
}

/// The dial of an attempt. The same for every copy of a webhook, since the leg holds what was agreed.
pub fn connect(plan: &Plan, call: &Call, leg: &Leg) -> Instruction {
    let target = plan.target(leg.target);
    let whispers = target.is_some_and(|target| target.whisper.is_some());
    Instruction::Connect(Dial {
        destination: leg.destination.clone(),
        ring_timeout_seconds: leg.ring_timeout_seconds,
        caller_id: caller_id(call, target.map(|target| target.caller_id).unwrap_or_default()),
        record: plan.record,
        recording_notice: recording_notice(plan, call),
        most_seconds: MOST_CALL_SECONDS,
        purpose: DialPurpose::Attempt {
            attempt: leg.attempt,
            greeting: match leg.screening_key {
                Some(_) => Greeting::Screening,
                None if whispers => Greeting::Whisper,
                None => Greeting::None,
            },
        },
    })
}

fn recording_notice(plan: &Plan, call: &Call) -> Option<Speech> {
    let wording = plan.recording_notice.as_ref().filter(|_| plan.record)?;
    let language = call.tags.get(Skills::LANGUAGE).map(TagValue::as_str);
    Some(wording.spoken_to(language, None).into())
}

/// None lets the provider pass the caller's own number on, which it can only where there is one.
fn caller_id(call: &Call, shown: CallerIdShown) -> Option<PhoneNumber> {
    match (shown, call.origin.caller.known()) {
        (CallerIdShown::Caller, Some(_)) => None,
        (CallerIdShown::Caller, None) | (CallerIdShown::TrackingNumber, _) => {
            Some(call.origin.dialled.clone())
        }
    }
}

fn forward(plan: &Plan, call: &Call, id: &NodeId, spoken: Vec<Speech>) -> Next {
    let Some(Node::Forward(forward)) = plan.flow.nodes.get(id) else {
        return lost(plan, call, id.clone(), spoken);
    };
    let mut instructions: Instructions = spoken.into_iter().map(Instruction::Say).collect();
    let purpose = DialPurpose::Forward(id.clone());
    instructions.push(dial_to(plan, call, &forward.phone_number, forward.ring_timeout_seconds, purpose));
    Next::Finish(Finish { node: id.clone(), kind: FinishKind::Forwarded }, instructions)
}

/// A dial of a fixed number.
pub fn dial_to(
    plan: &Plan,
    call: &Call,
    number: &PhoneNumber,
    ring_timeout_seconds: u32,
    purpose: DialPurpose,
) -> Instruction {
    Instruction::Connect(Dial {
        destination: Destination::PhoneNumber(number.clone()),
        ring_timeout_seconds,
        caller_id: caller_id(call, CallerIdShown::Caller),
        record: plan.record,
        recording_notice: recording_notice(plan, call),
        most_seconds: MOST_CALL_SECONDS,
        purpose,
    })
}

/// The last resort of a platform that cannot decide: a fixed number, so that the caller still reaches someone.
pub fn fallback(number: &PhoneNumber) -> Instructions {
    vec![Instruction::Connect(Dial {
        destination: Destination::PhoneNumber(number.clone()),
        ring_timeout_seconds: 60,
        caller_id: None,
        record: false,
        recording_notice: None,
        most_seconds: MOST_CALL_SECONDS,
        purpose: DialPurpose::Fallback,
    })]
}

fn finish(call: &Call, node: NodeId, spoken: Vec<Speech>) -> Next {
    let kind = if call.routed { FinishKind::NoTarget } else { FinishKind::Unqualified };
    let mut instructions: Instructions = spoken.into_iter().map(Instruction::Say).collect();
    instructions.push(Instruction::Hangup);
    Next::Finish(Finish { node, kind }, instructions)
}

/// The flow was changed while the caller was in it, and the node is gone: the fallback number, else a polite end.
fn lost(plan: &Plan, call: &Call, node: NodeId, mut spoken: Vec<Speech>) -> Next {
    match &plan.fallback_number {
        Some(number) => {
            let mut instructions: Instructions = spoken.into_iter().map(Instruction::Say).collect();
            instructions.extend(fallback(number));
            Next::Finish(Finish { node, kind: FinishKind::Forwarded }, instructions)
        }
        None => {
            spoken.push(Speech {
                text: "We are sorry, your call cannot be completed. Please call again.".to_owned(),
                language: None,
            });
            finish(call, node, spoken)
        }
    }
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
