//! What is done with a caller who cannot be held, or not any longer.

use super::{CallbackQuestion, Voice};
use crate::{
    call::{
        Call, FinishKind, Leg,
        instructions::{Continuation, DialPurpose, GatherInput, Instruction, Instructions, Speech},
        step::dial_to,
    },
    config::{Overflow, VoicemailGreeting},
    flow::{NodeId, Wording},
    plan::Plan,
};

/// What is to be done next with a caller who overflows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spill {
    /// Ask these tiers; if nobody there takes the caller, go on behind this overflow.
    Tiers {
        /// Counted from 1.
        tiers: Vec<u8>,
        /// Which overflow it is, counted from 0.
        index: u8,
    },
    /// Tell the provider this, and wait for its next webhook.
    Reply(Instructions),
    /// The call ends so: keep why, then tell the provider this.
    Finish(FinishKind, Instructions),
    /// Nothing of the policy is left: the flow goes on behind the `route` node.
    Otherwise,
}

/// The overflow at that place of the policy, counted from 0.
pub fn spill(plan: &Plan, call: &Call, node: &NodeId, index: u8) -> Spill {
    let Some(policy) = &plan.queue else { return Spill::Otherwise };
    let voice = Voice::for_caller(call, &policy.announcements);
    match policy.overflow.get(usize::from(index)) {
        None => Spill::Otherwise,
        Some(Overflow::Tiers { tiers }) => Spill::Tiers { tiers: tiers.clone(), index },
        Some(Overflow::Forward { phone_number, ring_timeout_seconds }) => {
            let purpose = DialPurpose::Overflow { node: node.clone(), index };
            let dial = dial_to(plan, call, phone_number, *ring_timeout_seconds, purpose);
            Spill::Finish(FinishKind::Forwarded, vec![dial])
        }
        Some(Overflow::Callback) => {
            Spill::Reply(ask(node, Some(index), CallbackQuestion::Offer, voice.callback_offer()))
        }
        Some(Overflow::Voicemail(greeting)) => {
            Spill::Finish(FinishKind::Message, voicemail(call, node, index, greeting, &voice))
        }
        Some(Overflow::Hangup { say }) => {
            let said = said_or(call, say.as_ref(), || voice.call_again());
            Spill::Finish(FinishKind::NoTarget, vec![Instruction::Say(said), Instruction::Hangup])
        }
    }
}

/// Where a caller who has overflowed at a `route` node goes on when that node would seek a target for them again: with the tiers of which
/// somebody was asked since, for others of them may not have been. None for a caller who has not.
pub fn resumed_spill(plan: &Plan, call: &Call, node: &NodeId) -> Option<u8> {
    let overflowed = call.overflowed.as_ref().filter(|overflowed| overflowed.node == *node)?;
    let policy = plan.queue.as_ref()?;
    let since = |leg: &&Leg| leg.node == *node && leg.reserved_at >= overflowed.at;
    let Some(leg) = call.legs.last().filter(since) else { return Some(0) };
    let is_of = |overflow: &Overflow| match overflow {
        Overflow::Tiers { tiers } => plan.tiers.iter().any(|tier| {
            tiers.contains(&tier.number)
                && tier.places.iter().any(|place| plan.targets[place.target].id == leg.target)
        }),
        _ => false,
    };
    let index = policy.overflow.iter().position(is_of).unwrap_or(policy.overflow.len());
    Some(u8::try_from(index).unwrap_or(u8::MAX))
}

fn voicemail(
    call: &Call,
    node: &NodeId,
    index: u8,
    greeting: &VoicemailGreeting,
    voice: &Voice,
) -> Instructions {
    let then = Continuation::MessageLeft { node: node.clone(), index };
    vec![
        Instruction::Say(said_or(call, greeting.say.as_ref(), || voice.leave_a_message())),
        Instruction::Record { most_seconds: greeting.max_seconds, then },
    ]
}

fn said_or(call: &Call, wording: Option<&Wording>, own: impl FnOnce() -> Speech) -> Speech {
    wording.map_or_else(own, |wording| wording.spoken_to(call.language(), None).into())
}

/// How long somebody may think about being called back.
const ANSWER_TIMEOUT_SECONDS: u32 = 6;

/// A question on being called back.
pub(super) fn ask(
    node: &NodeId,
    index: Option<u8>,
    question: CallbackQuestion,
    prompt: Speech,
) -> Instructions {
    let digits = if matches!(question, CallbackQuestion::Enter { .. }) { 10 } else { 1 };
    vec![Instruction::Gather {
        prompt,
        input: GatherInput { digits: Some(digits), speech: false },
        timeout_seconds: ANSWER_TIMEOUT_SECONDS,
        then: Continuation::CallbackAsked { node: node.clone(), index, question },
    }]
}
