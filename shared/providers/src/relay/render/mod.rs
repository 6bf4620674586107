//! From instructions to the relay's orders.

mod dial;
#[cfg(test)]
mod tests;

use ringfall_control::{
    Order, Orders,
    limits::{
        MOST_DIGITS, MOST_MESSAGE_SECONDS, MOST_ORDERS, MOST_SILENCE_SECONDS, MOST_SPEECH_CHARACTERS,
        MOST_SPEECHES,
    },
    order,
    text::HttpUrl,
};
use ringfall_domain::{
    call::instructions::{Continuation, GatherInput, HoldStep, Instruction, RejectReason, Sound, Speech},
    config::QueuePolicy,
    ids::CallId,
};

pub(super) use self::dial::destination;
use crate::callback::Callbacks;

/// Writes instructions as orders. None at all lets the call go on: it ends, or, for the person who answered, the bridge follows.
pub(super) fn orders(instructions: &[Instruction], call: CallId, callbacks: &Callbacks) -> Orders {
    let writer = Writer { call, callbacks };
    let orders = instructions.iter().filter_map(|instruction| writer.order(instruction));
    Orders { instructions: orders.take(MOST_ORDERS).collect() }
}

/// What every order may need.
struct Writer<'a> {
    call: CallId,
    callbacks: &'a Callbacks,
}

impl Writer<'_> {
    /// None of what cannot be said: a text without a word, or a public base URL that is too long for the relay to call back.
    fn order(&self, instruction: &Instruction) -> Option<Order> {
        Some(match instruction {
            Instruction::Say(speech) => Order::Say(say(speech)?),
            Instruction::Gather { prompt, input, timeout_seconds, then } => {
                self.gather(prompt, *input, *timeout_seconds, then)?
            }
            Instruction::Hold(step) => self.hold(step)?,
            Instruction::Record { most_seconds, then } => Order::Record {
                most_seconds: (*most_seconds).clamp(1, MOST_MESSAGE_SECONDS),
                then: self.url(then)?,
            },
            Instruction::Connect(dial) => self.connect(dial)?,
            Instruction::Bridge => Order::Bridge,
            Instruction::Continue(then) => Order::Continue { then: self.url(then)? },
            Instruction::Reject(RejectReason::Busy) => Order::Reject { reason: order::Reason::Busy },
            Instruction::Reject(RejectReason::Declined) => Order::Reject { reason: order::Reason::Declined },
            Instruction::Hangup => Order::Hangup,
        })
    }

    fn url(&self, then: &Continuation) -> Option<HttpUrl> {
        self.callbacks.url(self.call, then).parse().ok()
    }

    /// The relay recognises no speech: a question that takes nothing else is asked, and counts as not answered.
    fn gather(
        &self,
        prompt: &Speech,
        input: GatherInput,
        timeout_seconds: u32,
        then: &Continuation,
    ) -> Option<Order> {
        Some(Order::Gather(order::Gather {
            prompt: say(prompt),
            digits: input.digits.map(|digits| u32::from(digits).clamp(1, MOST_DIGITS)),
            timeout_seconds: timeout_seconds.clamp(1, MOST_SILENCE_SECONDS),
            then: self.url(then)?,
        }))
    }

    fn hold(&self, step: &HoldStep) -> Option<Order> {
        Some(Order::Hold(order::Hold {
            spoken: step.spoken.iter().filter_map(say).take(MOST_SPEECHES).collect(),
            sound: sound(&step.sound),
            takes_key: step.takes_key,
            then: self.url(&step.then)?,
        }))
    }
}

/// Of a file whose address is too long for the relay, our own music is left.
fn sound(sound: &Sound) -> order::Sound {
    let own_music = || order::Sound::OwnMusic { seconds: QueuePolicy::OWN_MUSIC_SECONDS };
    match sound {
        Sound::OwnMusic => own_music(),
        Sound::File(url) => {
            url.to_string().parse().map_or_else(|_| own_music(), |url| order::Sound::File { url })
        }
        Sound::Silence { seconds } => {
            order::Sound::Silence { seconds: (*seconds).clamp(1, MOST_SILENCE_SECONDS) }
        }
    }
}

/// None for a text without a word.
fn say(speech: &Speech) -> Option<order::Speech> {
    let is_sayable = |character: &char| !character.is_control() || character.is_whitespace();
    let text: String = speech.text.chars().filter(is_sayable).take(MOST_SPEECH_CHARACTERS).collect();
    (!text.trim().is_empty()).then(|| order::Speech { text, language: speech.language.clone() })
}
