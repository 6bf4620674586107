//! One call: what happens to it ([`event`]), what is known of it ([`Call`], [`Leg`], kept as [`fact`]s that are each written
//! once), what is done next ([`step`]) and what the provider is told ([`instructions`]).
//!
//! Facts, not transitions: `answered`, `ended`, … are each written only if absent, and every state is derived. The
//! order and number of webhooks then cannot matter.

pub mod disposition;
pub mod event;
pub mod fact;
pub mod instructions;
pub mod leg;
pub mod step;

mod caller;
mod greeting;
mod whereabouts;

use jiff::Timestamp;

use self::event::CallerFacts;
pub use self::{
    caller::KnownCaller,
    disposition::{CallState, Disposition},
    fact::{Bridging, CallEnd, Fact, Finish, FinishKind, KeyPress, LegEnd, LegFact, Stamp},
    leg::{DuplicateTerms, Leg, Standing, Terms},
    whereabouts::{Known, Source, Values, Whereabouts},
};
use crate::{
    caller::Suppression,
    config::Skills,
    ids::{AccountId, CallId, CampaignId, ConnectionId, NumberId, PublisherId},
    money::Money,
    phone::{CallerNumber, PhoneNumber},
    queue::{Overflowed, Queued},
    tags::{TagValue, Tags},
};

/// No bridged call is longer: every dial carries this limit.
pub const MOST_CALL_SECONDS: u32 = 4 * 3_600;

/// A call is offered to at most this many targets.
pub const MOST_ATTEMPTS: u8 = 50;

/// What is known of one inbound call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its id.
    pub id: CallId,
    /// The agency.
    pub account: AccountId,
    /// Where it came from and what it was answered with.
    pub origin: Origin,
    /// What the caller has said of themselves, and what the number set.
    pub tags: Tags,
    /// The attempts, in order: the attempt `n` is at index `n - 1`.
    pub legs: Vec<Leg>,
    /// Whether targets were ever judged for it.
    pub routed: bool,
    /// Why its caller is turned away, if so.
    pub suppression: Option<Suppression>,
    /// The earlier call of which it is a duplicate, if no target was found for it.
    pub turned_away_as_duplicate_of: Option<CallId>,
    /// Where it waits, or waited, in a queue.
    pub queued: Option<Queued>,
    /// Why it could not be held, or not any longer.
    pub overflowed: Option<Overflowed>,
    /// The call whose callback this one is.
    pub callback_of: Option<CallId>,
    /// Where the message is to be had that the caller has left.
    pub message_url: Option<String>,
    /// How the flow ended it, if it did.
    pub finished: Option<Finish>,
    /// Its end, if the provider has reported it.
    pub ended: Option<CallEnd>,
}

/// Where a call came from: fixed when it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The provider's account it came through.
    pub connection: ConnectionId,
    /// The provider's id of it.
    pub provider_call_id: String,
    /// The campaign of the number at that moment.
    pub campaign: CampaignId,
    /// The publisher of the number at that moment.
    pub publisher: PublisherId,
    /// The tracking number's id.
    pub number: NumberId,
    /// The tracking number that was dialled.
    pub dialled: PhoneNumber,
    /// Who calls.
    pub caller: CallerNumber,
    /// What the provider says of the caller.
    pub caller_facts: CallerFacts,
    /// What the provider charged for telephony at that moment.
    pub rates: TelephonyRates,
    /// When its first webhook arrived.
    pub arrived_at: Timestamp,
}

/// What a provider charges the agency for begun minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TelephonyRates {
    /// For the caller's leg.
    pub inbound_per_minute: Money,
    /// For each leg to a target.
    pub outbound_per_minute: Money,
}

impl Call {
    /// A call of which only the arrival is known.
    pub fn new(id: CallId, account: AccountId, origin: Origin, tags: Tags) -> Self {
        Self {
            id,
            account,
            origin,
            tags,
            legs: Vec::new(),
            routed: false,
            suppression: None,
            turned_away_as_duplicate_of: None,
            queued: None,
            overflowed: None,
            callback_of: None,
            message_url: None,
            finished: None,
            ended: None,
        }
    }

    /// The attempt of that number.
    pub fn leg(&self, attempt: u8) -> Option<&Leg> {
        self.legs.get(usize::from(attempt).checked_sub(1)?)
    }

    /// The latest attempt, if it is not over: there is never more than one.
    pub fn live_leg(&self) -> Option<&Leg> {
        self.legs.last().filter(|leg| leg.ended.is_none())
    }

    /// The last attempt that reached somebody who took the call. There are several only if the earlier ones gave a second chance.
    pub fn connected_leg(&self) -> Option<&Leg> {
        self.legs.iter().rev().find(|leg| leg.was_accepted())
    }

    /// The attempt that served the caller: somebody took the call, and did not hang up so early that the caller goes on.
    pub fn served_leg(&self) -> Option<&Leg> {
        self.connected_leg().filter(|leg| !leg.gives_second_chance())
    }

    /// How often the caller has gone on after a target hung up early.
    pub fn second_chances(&self) -> usize {
        self.legs.iter().filter(|leg| leg.gives_second_chance()).count()
    }

    /// The earlier call of the same caller of which this one is a duplicate for its campaign, once it was routed.
    pub fn duplicate_of(&self) -> Option<CallId> {
        let sold = self.legs.iter().find_map(|leg| leg.terms.duplicate).map(|duplicate| duplicate.of);
        sold.or(self.turned_away_as_duplicate_of)
    }

    /// Whether the flow has told the caller that nobody will take the call: no copy of a webhook may offer them after that.
    pub fn was_turned_away(&self) -> bool {
        self.finished.as_ref().is_some_and(|finish| match finish.kind {
            FinishKind::Unqualified
            | FinishKind::NoTarget
            | FinishKind::Suppressed
            | FinishKind::Message
            | FinishKind::Callback => true,
            FinishKind::Forwarded => false,
        })
    }

    /// The caller's language, as the number or a menu has it.
    pub fn language(&self) -> Option<&str> {
        self.tags.get(Skills::LANGUAGE).map(TagValue::as_str)
    }

    /// Whether the caller waits in a queue, as far as the call itself tells.
    pub fn is_waiting(&self) -> bool {
        let is_over = self.ended.is_some() || self.was_turned_away() || self.overflowed.is_some();
        self.queued.is_some() && !is_over && self.live_leg().is_none() && self.served_leg().is_none()
    }

    /// Whether it has come into a queue and will never be in one again. A call that is being offered may come back.
    pub fn has_left_queue(&self) -> bool {
        let is_over = self.ended.is_some() || self.overflowed.is_some() || self.was_turned_away();
        self.queued.is_some() && (is_over || self.served_leg().is_some())
    }

    /// The number of the next attempt; none once the caller was offered often enough.
    pub fn next_attempt(&self) -> Option<u8> {
        u8::try_from(self.legs.len() + 1).ok().filter(|attempt| *attempt <= MOST_ATTEMPTS)
    }
}
