//! What is done with callers who cannot be held, or not any longer.

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

use crate::{
    bounded,
    flow::{TierNumbers, Wording},
    phone::PhoneNumber,
    tagged::{Misfit, needed, refuse_unused},
};

/// One thing to do with callers who cannot be held, or not any longer. Where it comes to nothing, the next is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Overflow {
    /// Asks tiers of the routing that the `route` node did not ask. Nobody is held for them.
    Tiers {
        /// Counted from 1.
        #[schema(min_items = 1, max_items = 10)]
        tiers: Vec<u8>,
    },
    /// Rings a fixed number.
    Forward {
        /// The number.
        phone_number: PhoneNumber,
        /// How long it may ring.
        #[schema(default = 30, minimum = 5, maximum = 120, required = false)]
        ring_timeout_seconds: u32,
    },
    /// Offers to call back. Needs the queue's `callback`.
    Callback,
    /// Takes a message.
    Voicemail(VoicemailGreeting),
    /// Says why, and hangs up.
    Hangup {
        /// What is said.
        #[serde(skip_serializing_if = "Option::is_none")]
        say: Option<Wording>,
    },
}

/// How a message is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoicemailGreeting {
    /// What is said before the tone; a sentence of ours where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<Wording>,
    /// How long a message may be.
    #[schema(default = 120, minimum = 5, maximum = 600, required = false)]
    pub max_seconds: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Tiers,
    Forward,
    Callback,
    Voicemail,
    Hangup,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    r#type: Kind,
    tiers: Option<TierNumbers>,
    phone_number: Option<PhoneNumber>,
    #[serde(default, deserialize_with = "bounded::optional_number::<5, 120, _, _>")]
    ring_timeout_seconds: Option<u32>,
    say: Option<Wording>,
    #[serde(default, deserialize_with = "bounded::optional_number::<5, 600, _, _>")]
    max_seconds: Option<u32>,
}

impl<'de> Deserialize<'de> for Overflow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Members::deserialize(deserializer)?.into_overflow().map_err(de::Error::custom)
    }
}

impl Members {
    const DEFAULT_RING_TIMEOUT_SECONDS: u32 = 30;
    const DEFAULT_MAX_SECONDS: u32 = 120;

    fn into_overflow(mut self) -> Result<Overflow, Misfit> {
        let kind = self.r#type;
        let overflow = match kind {
            Kind::Tiers => Overflow::Tiers { tiers: needed(kind.phrase(), "tiers", &mut self.tiers)?.into() },
            Kind::Forward => Overflow::Forward {
                phone_number: needed(kind.phrase(), "phone_number", &mut self.phone_number)?,
                ring_timeout_seconds: self
                    .ring_timeout_seconds
                    .take()
                    .unwrap_or(Self::DEFAULT_RING_TIMEOUT_SECONDS),
            },
            Kind::Callback => Overflow::Callback,
            Kind::Voicemail => Overflow::Voicemail(VoicemailGreeting {
                say: self.say.take(),
                max_seconds: self.max_seconds.take().unwrap_or(Self::DEFAULT_MAX_SECONDS),
            }),
            Kind::Hangup => Overflow::Hangup { say: self.say.take() },
        };
        let left = [
            ("tiers", self.tiers.is_some()),
            ("phone_number", self.phone_number.is_some()),
            ("ring_timeout_seconds", self.ring_timeout_seconds.is_some()),
            ("say", self.say.is_some()),
            ("max_seconds", self.max_seconds.is_some()),
        ];
        refuse_unused(kind.phrase(), &left)?;
        Ok(overflow)
    }
}

impl Kind {
    const fn phrase(self) -> &'static str {
        match self {
            Self::Tiers => "an overflow to tiers",
            Self::Forward => "an overflow to a number",
            Self::Callback => "an overflow to a callback",
            Self::Voicemail => "an overflow to voicemail",
            Self::Hangup => "an overflow that hangs up",
        }
    }
}
