//! From instructions to TwiML.

mod dial;
mod hold;
#[cfg(test)]
mod tests;

use ringfall_domain::{
    call::instructions::{Continuation, Dial, DialPurpose, GatherInput, Instruction, RejectReason, Speech},
    ids::CallId,
};

use crate::{
    callback::Callbacks,
    xml::{Element, allowed},
};

/// Twilio's limit on the text of a `<Say>`.
const MOST_SAY_CHARACTERS: usize = 4096;
/// What [`GatherInput`] allows.
const MOST_DIGITS: u8 = 32;

/// Writes instructions as one TwiML document. An empty one lets the call go on: it ends, or, for the person who answered,
/// the bridge follows.
pub(super) fn twiml(instructions: &[Instruction], call: CallId, callbacks: &Callbacks) -> String {
    let twiml = Twiml { call, callbacks };
    let verbs = instructions.iter().flat_map(|instruction| twiml.verbs(instruction));
    Element::new("Response").children(verbs).into_document()
}

/// What every verb of a document may need.
struct Twiml<'a> {
    call: CallId,
    callbacks: &'a Callbacks,
}

impl Twiml<'_> {
    fn verbs(&self, instruction: &Instruction) -> Vec<Element> {
        match instruction {
            Instruction::Say(speech) => say(speech).into_iter().collect(),
            Instruction::Gather { prompt, input, timeout_seconds, then } => {
                vec![self.gather(prompt, *input, *timeout_seconds, then)]
            }
            Instruction::Hold(step) => self.hold(step),
            Instruction::Record { most_seconds, then } => self.record(*most_seconds, then),
            Instruction::Connect(dial) => notice(dial).into_iter().chain([self.dial(dial)]).collect(),
            Instruction::Bridge => Vec::new(),
            Instruction::Continue(then) => vec![self.redirect(then)],
            Instruction::Reject(reason) => {
                vec![Element::new("Reject").attribute("reason", reason_word(*reason))]
            }
            Instruction::Hangup => vec![Element::new("Hangup")],
        }
    }

    fn redirect(&self, then: &Continuation) -> Element {
        Element::new("Redirect").attribute("method", "POST").text(&self.url(then))
    }

    fn url(&self, then: &Continuation) -> String {
        self.callbacks.url(self.call, then)
    }

    /// Where one key is asked for, `#` is a key like any other. Where more may be entered, it ends the entry, as callers are used to.
    fn gather(
        &self,
        prompt: &Speech,
        input: GatherInput,
        timeout_seconds: u32,
        then: &Continuation,
    ) -> Element {
        let digits = input.digits.map(|digits| digits.clamp(1, MOST_DIGITS));
        let language = prompt.language.as_deref().filter(|_| input.speech);
        Element::new("Gather")
            .attribute("input", input_word(input))
            .attribute_if_some("numDigits", digits.map(|digits| digits.to_string()))
            .attribute_if_some("finishOnKey", digits.filter(|digits| *digits == 1).map(|_| ""))
            .attribute("timeout", timeout_seconds.max(1).to_string())
            .attribute_if_some("speechTimeout", input.speech.then_some("auto"))
            .attribute_if_some("language", language)
            .attribute("action", self.url(then))
            .attribute("method", "POST")
            .attribute("actionOnEmptyResult", "true")
            .children(say(prompt))
    }
}

/// What the caller is told of the recording: once, before anybody is rung. Twilio has no words for both at the moment of the bridge.
fn notice(dial: &Dial) -> Option<Element> {
    let is_first = match dial.purpose {
        DialPurpose::Attempt { attempt, .. } => attempt == 1,
        DialPurpose::Forward(_) | DialPurpose::Overflow { .. } => true,
        DialPurpose::Fallback => false,
    };
    dial.recording_notice.as_ref().filter(|_| is_first).and_then(say)
}

/// None for a text without a word, which Twilio would take for a mistake.
fn say(speech: &Speech) -> Option<Element> {
    let text: String = allowed(&speech.text).chars().take(MOST_SAY_CHARACTERS).collect();
    let say = Element::new("Say").attribute_if_some("language", speech.language.as_deref());
    (!text.trim().is_empty()).then(|| say.text(&text))
}

const fn input_word(input: GatherInput) -> &'static str {
    match (input.digits, input.speech) {
        (Some(_), true) => "dtmf speech",
        (None, true) => "speech",
        (Some(_) | None, false) => "dtmf",
    }
}

const fn reason_word(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::Busy => "busy",
        RejectReason::Declined => "rejected",
    }
}
