//! What the platform tells the relay to do with a call: provider-neutral, carried out in turn.
//!
//! What makes a sound, or takes one, answers the call first; a connect alone does not: the caller hears ringing until somebody is joined.
//! A gather, hold, record or connect with a `then` is the last order that is carried out: what comes next is the answer of `then`. At the end
//! of the orders a call ends; on a leg that was rung, the caller is joined.

use serde::{Deserialize, Serialize};

use crate::{
    bounded,
    limits::{
        MOST_CALL_SECONDS, MOST_DIGITS, MOST_MESSAGE_SECONDS, MOST_ORDERS, MOST_RING_SECONDS,
        MOST_SILENCE_SECONDS, MOST_SPEECH_CHARACTERS, MOST_SPEECHES, MOST_TARGETS,
    },
    text::{HttpUrl, PhoneNumber, SipUri},
};

/// The answer to a notice. No instructions, or an empty 204: for the end of a call or the progress of a leg, nothing to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// In the order in which they are carried out.
    #[serde(default, deserialize_with = "bounded::list::<MOST_ORDERS, _, _>")]
    pub instructions: Vec<Order>,
}

/// One thing to do. In JSON a word (`"answer"`) or an object with one member (`{"say": {"text": "Hello"}}`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Answers the call, if that is not done yet.
    Answer,
    /// Refuses a call that was not answered yet; ends one that was.
    Reject {
        /// What the caller's side is told.
        reason: Reason,
    },
    /// Speaks a text.
    Say(Speech),
    /// Plays a file once.
    Play {
        /// WAV or MP3.
        url: HttpUrl,
    },
    /// Speaks, collects digits meanwhile and after it, and asks `then`, also when nothing was entered.
    Gather(Gather),
    /// Lets the caller wait for one step, then asks `then`.
    Hold(Hold),
    /// Takes a message, then asks `then`.
    Record {
        /// At most so long.
        #[serde(deserialize_with = "bounded::number::<1, MOST_MESSAGE_SECONDS, _>")]
        most_seconds: u32,
        /// Told the recording's URL, or none if nothing was said. A `#` ends the message.
        then: HttpUrl,
    },
    /// Rings somebody and joins them with the caller.
    Connect(Connect),
    /// On a leg that was rung: joins the caller now.
    Bridge,
    /// Asks this URL what to do instead.
    Continue {
        /// Answered with orders.
        then: HttpUrl,
    },
    /// Ends the call; on a leg that was rung, declines: the caller stays.
    Hangup,
}

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// 486 Busy Here.
    Busy,
    /// 603 Decline.
    Declined,
}

/// A text with the language it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speech {
    /// At most 4,096 characters.
    #[serde(deserialize_with = "speakable")]
    pub text: String,
    /// A BCP 47 tag such as `en-US`; the relay's default where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

fn speakable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.chars().count() <= MOST_SPEECH_CHARACTERS {
        Ok(text)
    } else {
        let message = format_args!("expected at most {MOST_SPEECH_CHARACTERS} characters").to_string();
        Err(serde::de::Error::custom(message))
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// Spoken first; the first digit breaks it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Speech>,
    /// Ends the entry once so many are entered. Where it is 1, `#` is a digit like any other; where it is more, `#` ends the entry.
    /// None where no digit is taken: `then` is asked after the prompt.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "bounded::optional_number::<1, MOST_DIGITS, _>"
    )]
    pub digits: Option<u32>,
    /// Silence after the prompt, or after a digit, that ends the entry.
    #[serde(deserialize_with = "bounded::number::<1, MOST_SILENCE_SECONDS, _>")]
    pub timeout_seconds: u32,
    /// Told what was entered.
    pub then: HttpUrl,
}

/// One step of a wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Spoken first.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "bounded::list::<MOST_SPEECHES, _, _>"
    )]
    pub spoken: Vec<Speech>,
    /// Heard then; the step ends with it.
    pub sound: Sound,
    /// Whether a key breaks the step off and is told.
    #[serde(default)]
    pub takes_key: bool,
    /// Told the key, or none.
    pub then: HttpUrl,
}

/// What somebody who waits hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// The relay's own music, for so long. It goes on from step to step where it was.
    OwnMusic {
        /// Of one step.
        #[serde(deserialize_with = "bounded::number::<1, MOST_SILENCE_SECONDS, _>")]
        seconds: u32,
    },
    /// A file, once.
    File {
        /// WAV or MP3.
        url: HttpUrl,
    },
    /// Nothing, for so long.
    Silence {
        /// Of one step.
        #[serde(deserialize_with = "bounded::number::<1, MOST_SILENCE_SECONDS, _>")]
        seconds: u32,
    },
}

/// Somebody to ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connect {
    /// Who is rung: 1 to 10.
    #[serde(deserialize_with = "targets")]
    pub targets: Vec<Target>,
    /// How several are rung.
    #[serde(default)]
    pub order: RingOrder,
    /// How long each may ring.
    #[serde(deserialize_with = "bounded::number::<1, MOST_RING_SECONDS, _>")]
    pub ring_timeout_seconds: u32,
    /// The number shown to them; the caller's own where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<PhoneNumber>,
    /// Whether the joined call is recorded, each side on a channel of its own.
    #[serde(default)]
    pub record: bool,
    /// The joined call ends after this long at the latest.
    #[serde(deserialize_with = "bounded::number::<1, MOST_CALL_SECONDS, _>")]
    pub most_seconds: u32,
    /// Said to both once they are joined, and before the recording begins; nothing is recorded of a call in which it could not be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_notice: Option<Speech>,
    /// Told the outcome of the leg that was joined, else of the one that came furthest, also when the caller has left. The call ends with the
    /// connect where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<HttpUrl>,
}

fn targets<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Target>, D::Error> {
    let targets: Vec<Target> = bounded::list::<MOST_TARGETS, _, _>(deserializer)?;
    if targets.is_empty() {
        Err(serde::de::Error::custom("expected one target at least"))
    } else {
        Ok(targets)
    }
}

/// How several targets are rung.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RingOrder {
    /// All at once: the first to be joined has the call.
    #[default]
    Parallel,
    /// One after the other.
    InTurn,
}

/// One to ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Where.
    pub destination: Destination,
    /// Asked for orders, which are carried out on the leg, once it is answered; the caller is joined when they run out or say `bridge`, and not
    /// if they say `hangup` or cannot be had. Joined at once where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg_answered: Option<HttpUrl>,
    /// Told of the leg. No orders are expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// Who is told of a leg, and of what: always of its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Where.
    pub url: HttpUrl,
    /// Also of its answer.
    #[serde(default)]
    pub answered: bool,
}

/// A phone number, dialled over the trunk's `outbound`, or a SIP URI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// In E.164 form.
    PhoneNumber(PhoneNumber),
    /// `sip:` or `sips:`.
    SipUri(SipUri),
}

#[cfg(test)]
mod tests;
