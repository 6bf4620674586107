//! The questions before somebody is called back: whether, and under which number.

use super::{CallbackQuestion, Voice, overflow::ask};
use crate::{
    call::{Call, event::Input, instructions::Instructions},
    config::QueuePolicy,
    flow::NodeId,
    phone::PhoneNumber,
};

/// What comes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Ask this next.
    Ask(Instructions),
    /// They want to be called at this number.
    Agreed(PhoneNumber),
    /// They do not, or did not answer.
    Declined,
}

/// A number is asked for at most so often.
const MOST_VISITS: u8 = 2;

/// The first question to one who asked for it while waiting: whether it is the number that they call from, where that is known.
pub fn first_question(policy: &QueuePolicy, call: &Call, node: &NodeId, index: Option<u8>) -> Instructions {
    let voice = Voice::for_caller(call, &policy.announcements);
    match call.origin.caller.known() {
        Some(number) => {
            let prompt = voice.callback_confirm(number);
            ask(node, index, CallbackQuestion::Confirm(number.clone()), prompt)
        }
        None => ask(node, index, CallbackQuestion::Enter { visit: 1 }, voice.callback_enter()),
    }
}

/// What comes of the answer to a question.
pub fn answer(
    policy: &QueuePolicy,
    call: &Call,
    node: &NodeId,
    index: Option<u8>,
    question: &CallbackQuestion,
    input: &Input,
) -> Asked {
    let voice = Voice::for_caller(call, &policy.announcements);
    let enter =
        |visit| Asked::Ask(ask(node, index, CallbackQuestion::Enter { visit }, voice.callback_enter()));
    let digits = match input {
        Input::Digits(digits) => digits.trim(),
        Input::Speech(_) | Input::Nothing => "",
    };
    match (question, digits) {
        (CallbackQuestion::Offer, "1") => Asked::Ask(first_question(policy, call, node, index)),
        (CallbackQuestion::Confirm(number), "1") => Asked::Agreed(number.clone()),
        (CallbackQuestion::Confirm(_), "2") => enter(1),
        (CallbackQuestion::Offer | CallbackQuestion::Confirm(_), _) => Asked::Declined,
        (CallbackQuestion::Enter { visit }, digits) => match north_american(digits) {
            // Read back: a wrong digit would ring a stranger.
            Some(number) => {
                let prompt = voice.callback_confirm(&number);
                Asked::Ask(ask(node, index, CallbackQuestion::Confirm(number), prompt))
            }
            None if *visit < MOST_VISITS => enter(visit + 1),
            None => Asked::Declined,
        },
    }
}

/// Ten digits as people of North America give them, area code first.
fn north_american(digits: &str) -> Option<PhoneNumber> {
    let digits = digits.trim_end_matches('#');
    let begins_well = |part: &str| part.bytes().next().is_some_and(|first| matches!(first, b'2'..=b'9'));
    let is_one = digits.len() == 10 && digits.is_ascii() && begins_well(digits) && begins_well(&digits[3..]);
    is_one.then(|| format!("+1{digits}").parse().ok()).flatten()
}
