//! Where a buyer's calls go, and which of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caps, Document, Limits, MoneyCaps, Skills, amount};
use crate::{
    bounded,
    filter::Filter,
    flow::Wording,
    ids::BuyerId,
    money::{Amount, Money},
    problem::Problem,
    schedule::Schedule,
    target::Destination,
    text::{Key, LanguageTag, Name},
};

/// One phone number or SIP URI of a buyer, with what it takes and pays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Who pays.
    pub buyer_id: BuyerId,
    /// What people call it.
    pub name: Name,
    /// Who is rung.
    pub destination: Destination,
    /// What a converted call costs the buyer.
    #[serde(deserialize_with = "amount::not_negative")]
    #[schema(value_type = Amount)]
    pub price: Money,
    /// Limits on its calls, within those of the buyer.
    #[serde(default)]
    pub caps: Caps,
    /// Limits on the money that they cost, within those of the buyer.
    #[serde(default)]
    pub money_caps: MoneyCaps,
    /// The least time between two calls to it, whether they are answered or not.
    #[serde(
        default,
        deserialize_with = "bounded::optional_number::<1, 86_400, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(minimum = 1, maximum = 86_400)]
    pub minimum_seconds_between_calls: Option<u32>,
    /// Which of the buyer's groups it is in, and shares the limits of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Name>,
    /// When it takes calls, within the hours of its buyer; always where none are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Schedule>,
    /// Which calls it takes; all where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// What its people can do; nothing is asked of calls where none are given.
    #[serde(default, skip_serializing_if = "Skills::is_empty")]
    pub skills: Skills,
    /// How long it may ring.
    #[serde(default = "default_ring_timeout_seconds", deserialize_with = "bounded::number::<5, 120, _, _>")]
    #[schema(default = 20, minimum = 5, maximum = 120)]
    pub ring_timeout_seconds: u32,
    /// How the person who answers takes the call; at once where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screening: Option<Screening>,
    /// What is said to the person who answers before the caller is put through, and before a key is asked for; with screening, the
    /// campaign's name where none is given. By language: of the caller, whom its people are to greet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whisper: Option<Wording>,
    /// In which language its people are spoken to: the whisper and the screening for callers of any other language than theirs name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// The number that the target sees.
    #[serde(default)]
    pub caller_id: CallerIdShown,
    /// Connected seconds that a call needs beyond the campaign's minimum, such as for a greeting of the target's own.
    #[serde(default, deserialize_with = "bounded::number::<0, 3_600, _, _>")]
    #[schema(default = 0, minimum = 0, maximum = 3_600)]
    pub timer_offset_seconds: u32,
    /// Takes no calls for now.
    #[serde(default)]
    pub paused: bool,
}

/// The number that a target sees when it is rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallerIdShown {
    /// The caller's own; the tracking number where the caller has none.
    #[default]
    Caller,
    /// The tracking number that was dialled.
    TrackingNumber,
}

const fn default_ring_timeout_seconds() -> u32 {
    20
}

/// The person who answers must press a key to take the call, so that no voicemail is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Screening {
    /// Which key.
    #[serde(default = "default_key")]
    #[schema(default = "1")]
    pub press: Key,
    /// How the key is asked for; the platform's own words where none are given. By language: of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<Wording>,
}

fn default_key() -> Key {
    "1".parse().expect("a digit is a key")
}

impl Target {
    /// Its own limits.
    pub const fn limits(&self) -> Limits {
        Limits {
            caps: self.caps,
            money_caps: self.money_caps,
            minimum_seconds_between_calls: self.minimum_seconds_between_calls,
        }
    }
}

impl Document for Target {
    fn check(&self) -> Vec<Problem> {
        let hours = self.hours.iter().flat_map(Schedule::check).map(|problem| problem.under("hours"));
        let skills = self.skills.check().into_iter().map(|problem| problem.under("skills"));
        hours.chain(skills).collect()
    }

    fn warnings(&self) -> Vec<Problem> {
        self.limits().warnings(self.price)
    }
}
