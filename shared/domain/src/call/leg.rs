//! One attempt: what was agreed when capacity was reserved for it, what became of it, and what that is worth.

use jiff::{SignedDuration, Timestamp};

use super::{
    event::EndCause,
    fact::{Bridging, KeyPress, LegEnd, LegFact, Stamp},
};
use crate::{
    capacity::Window,
    config::PayoutRule,
    flow::NodeId,
    ids::{BuyerId, CallId, TargetId},
    money::Money,
    target::Destination,
    text::Name,
};

/// One try of one target within a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Counted from 1.
    pub attempt: u8,
    /// Who is rung.
    pub target: TargetId,
    /// Who pays.
    pub buyer: BuyerId,
    /// The number or URI as it was when the attempt began.
    pub destination: Destination,
    /// The `route` node of the flow that asked for it: there the waterfall goes on.
    pub node: NodeId,
    /// How long it may ring.
    pub ring_timeout_seconds: u32,
    /// The key that takes the call, where the answerer is asked.
    pub screening_key: Option<char>,
    /// What the call will be billed by.
    pub terms: Terms,
    /// When capacity was reserved for it.
    pub reserved_at: Timestamp,
    /// Whether its dial is fetched by a caller who was held: their call was redirected for it. Nobody else is told to dial then.
    pub is_fetched: bool,
    /// The windows of the buyer in which it is counted, for giving the count back.
    pub counted_in: [Window; 4],
    /// The group of targets in which it is counted besides.
    pub group: Option<Name>,
    /// Whether it has a claim on the caller, which is settled when it is over.
    pub claims_caller: bool,
    /// The provider's id of the leg.
    pub provider_leg_id: Option<String>,
    /// When the line was answered.
    pub answered: Option<Stamp>,
    /// What the answerer pressed when asked to take the call, and when.
    pub screened: Option<KeyPress>,
    /// What the provider says of the joining of caller and target.
    pub bridged: Option<Bridging>,
    /// Where the recording is.
    pub recording_url: Option<String>,
    /// How it ended.
    pub ended: Option<LegEnd>,
}

/// What an attempt is billed by: frozen when capacity is reserved, whatever is changed during the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What the buyer pays for a conversion.
    pub price: Money,
    /// Connected seconds from which the call is a conversion, the target's timer offset included.
    pub billable_after_seconds: u32,
    /// What the publisher is paid for a conversion.
    pub payout: PayoutRule,
    /// The earlier call of the same caller, if this is a duplicate.
    pub duplicate: Option<DuplicateTerms>,
    /// Connected seconds before which the target's hanging up gives the caller a second chance; none if there is none.
    pub second_chance_before_seconds: Option<u32>,
}

/// What it means for the terms that the caller was sold before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateTerms {
    /// The earlier call.
    pub of: CallId,
    /// Whether the publisher is paid all the same.
    pub pays_publisher: bool,
}

/// How far what is known settles what an attempt is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is not over.
    Live,
    /// It is over and billable.
    Converted,
    /// It is over and not billable, whatever else may be reported.
    NotConverted,
    /// It is over; the report that makes it billable may still be on its way.
    Undecided {
        /// Whoever reads it after this knows all that counts.
        until: Timestamp,
    },
}

impl Leg {
    /// A redirected caller asks for the dial within this time, or the redirect was lost.
    pub const FETCHED_WITHIN_SECONDS: u32 = 15;

    /// Whether the caller is still on the way to the dial: their call was redirected just now.
    pub fn is_being_fetched(&self, at: Timestamp) -> bool {
        self.is_fetched && seconds_between(self.reserved_at, at) < Self::FETCHED_WITHIN_SECONDS
    }

    /// Takes up a fact, unless one of its kind is known already: the first report stands.
    pub fn learn(&mut self, fact: LegFact) {
        match fact {
            LegFact::ProviderLegId(id) => keep_first(&mut self.provider_leg_id, id),
            LegFact::Answered(stamp) => keep_first(&mut self.answered, stamp),
            LegFact::Screened(press) => keep_first(&mut self.screened, press),
            LegFact::Bridged(bridging) => keep_first(&mut self.bridged, bridging),
            LegFact::RecordingUrl(url) => keep_first(&mut self.recording_url, url),
            LegFact::Ended(end) => keep_first(&mut self.ended, end),
        }
    }

    /// Whether who answered was asked and pressed another key: they do not want this caller.
    pub fn was_refused(&self) -> bool {
        let pressed = self.screened.and_then(|press| press.key);
        self.screening_key.zip(pressed).is_some_and(|(wanted, pressed)| wanted != pressed)
    }

    /// Whether somebody at the target took the call. Where the answerer is asked, the key counts, or the provider's word on
    /// whether the two were joined, whichever came first; else a dial that completed.
    pub fn was_accepted(&self) -> bool {
        match (self.screening_key, self.ended) {
            (Some(wanted), _) => self.first_evidence(wanted).unwrap_or(false),
            (None, Some(end)) => end.cause == EndCause::Completed,
            (None, None) => self.answered.is_some(),
        }
    }

    fn first_evidence(&self, wanted: char) -> Option<bool> {
        let key = self.screened.filter(|press| !self.is_hollow(*press));
        let key = key.map(|press| (press.at, press.key == Some(wanted)));
        let joined = self.bridged.map(|bridging| (bridging.at, bridging.joined));
        let in_time = key.into_iter().chain(joined).filter(|(at, _)| self.is_in_time(*at));
        in_time.min_by_key(|(at, _)| *at).map(|(_, accepted)| accepted)
    }

    /// A key that we hear of after the end can have joined nobody, since we had not answered it; unless the leg lasted longer than one
    /// that is not joined ever does. Then only its report was overtaken.
    fn is_hollow(&self, press: KeyPress) -> bool {
        self.ended.is_some_and(|end| {
            let is_after_end = press.at > end.stamp.arrived_at || came_after_count(press, end);
            is_after_end && end.duration_seconds.is_none_or(|seconds| seconds < MOST_UNJOINED_SECONDS)
        })
    }

    /// The report of a key may be overtaken by that of the end and still counts, until the attempt is settled without it.
    fn is_in_time(&self, at: Timestamp) -> bool {
        self.ended.is_none_or(|end| {
            at <= end.stamp.arrived_at || (end.cause == EndCause::Completed && at <= end.final_at())
        })
    }

    /// Whether a report that arrived at this instant has brought the attempt nearer to being settled. True for one copy of a report
    /// only, since facts keep the time of arrival of the first; never for what comes when all is decided.
    pub fn was_moved_at(&self, at: Timestamp) -> bool {
        let before = Self {
            screened: self.screened.filter(|press| press.at != at),
            bridged: self.bridged.filter(|bridging| bridging.at != at),
            ended: self.ended.filter(|end| end.stamp.arrived_at != at),
            ..self.clone()
        };
        let was_settled = matches!(before.standing(), Standing::Converted | Standing::NotConverted);
        !was_settled && before != *self
    }

    /// False where no order of the reports could have left it undecided.
    pub fn may_have_been_undecided(&self) -> bool {
        self.ended.is_some_and(|end| {
            let is_told = self.screening_key.is_none() && end.duration_seconds.is_some();
            end.cause == EndCause::Completed && !is_told
        })
    }

    /// Whether a key may turn up that was pressed in time. That nobody was joined is no proof that there is none: the report of the key
    /// may have come before that word, and be written after it.
    fn may_have_been_pressed(&self, wanted: char) -> bool {
        match self.first_evidence(wanted) {
            None => true,
            Some(accepted) => !accepted && self.screened.is_none(),
        }
    }

    /// By the provider's count it is too short to be billed, whether a key turns up or not. A claim on the caller is waited with all the
    /// same: it is kept of who was put through, however briefly.
    fn is_too_short(&self, end: LegEnd) -> bool {
        !self.claims_caller
            && end.duration_seconds.is_some_and(|seconds| seconds < self.terms.billable_after_seconds)
    }

    /// How far what is known settles what the attempt is worth.
    pub fn standing(&self) -> Standing {
        let Some(end) = self.ended else { return Standing::Live };
        let is_asked = self.screening_key.is_some_and(|wanted| self.may_have_been_pressed(wanted));
        let is_untimed = end.duration_seconds.is_none() && self.answered.is_none();
        match end.cause {
            _ if self.is_converted() => Standing::Converted,
            EndCause::Completed if (is_asked && !self.is_too_short(end)) || is_untimed => {
                Standing::Undecided { until: end.settled_at() }
            }
            EndCause::Completed
            | EndCause::Busy
            | EndCause::NoAnswer
            | EndCause::Failed
            | EndCause::Canceled
            | EndCause::NeverDialled => Standing::NotConverted,
        }
    }

    /// Seconds that caller and target talked: none unless the call was taken and is over.
    ///
    /// Counted from the acceptance. The provider's own duration, from the answer, comes first; the time that the
    /// answerer took to press the key, measured between two of our own arrivals, is taken off it. Where a provider tells no
    /// duration, its own times come next, ours last; of an end's two times the earlier counts, so that a late
    /// or repeated webhook never lengthens a billed call. Further facts can only add to the figure.
    pub fn connected_seconds(&self) -> Option<u32> {
        let end = self.ended.filter(|end| end.cause == EndCause::Completed && self.was_accepted())?;
        let since_answer = end.duration_seconds.or_else(|| self.seconds_from_answer_to(end)).unwrap_or(0);
        Some(since_answer.saturating_sub(self.screening_seconds(end)))
    }

    fn seconds_from_answer_to(&self, end: LegEnd) -> Option<u32> {
        let answered = self.answered.filter(|answered| answered.arrived_at <= end.final_at())?;
        let end = end.stamp;
        match (answered.occurred_at, end.occurred_at) {
            (Some(answered), Some(ended)) => Some(seconds_between(answered, ended)),
            _ => Some(seconds_between(answered.arrived_at, end.earliest())),
        }
    }

    /// A key that we hear of only after the end came late, not slowly: it takes nothing off.
    fn screening_seconds(&self, end: LegEnd) -> u32 {
        let press = self.screened.filter(|press| press.at <= end.stamp.arrived_at);
        press.map_or(0, |press| press.asked_at.map_or(0, |asked_at| seconds_between(asked_at, press.at)))
    }

    /// Whether the call is billable: the conversion of this attempt.
    pub fn is_converted(&self) -> bool {
        self.connected_seconds().is_some_and(|seconds| seconds >= self.terms.billable_after_seconds)
    }

    /// Whether the caller goes on in the waterfall although the call was taken: it ended early and is not billable, whatever else may
    /// be reported. Whether the caller is still there is not the leg's to tell.
    pub fn gives_second_chance(&self) -> bool {
        let is_early = || {
            let seconds = self.connected_seconds()?;
            Some(seconds < self.terms.second_chance_before_seconds?)
        };
        self.standing() == Standing::NotConverted && is_early().unwrap_or(false)
    }

    /// The buyer's charge.
    pub fn revenue(&self) -> Money {
        if self.is_converted() { self.terms.price } else { Money::ZERO }
    }

    /// The publisher's pay.
    pub fn payout(&self) -> Money {
        if self.is_converted() && self.unpaid_duplicate_of().is_none() {
            self.terms.payout.amount_of(self.terms.price)
        } else {
            Money::ZERO
        }
    }

    /// The earlier call for whose sake the publisher is paid nothing.
    pub fn unpaid_duplicate_of(&self) -> Option<CallId> {
        self.terms.duplicate.filter(|duplicate| !duplicate.pays_publisher).map(|duplicate| duplicate.of)
    }
}

/// An answerer who does not take the call is let go sooner: after the greeting, the time for the key and a webhook.
const MOST_UNJOINED_SECONDS: u32 = 60;

/// Clocks of ours differ by no more.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(5);

/// Whether a key came when the leg was over by the provider's own count, which began before anybody was asked for a key.
fn came_after_count(press: KeyPress, end: LegEnd) -> bool {
    let asked_at = press.asked_at.zip(end.duration_seconds);
    asked_at.is_some_and(|(asked_at, seconds)| {
        press.at.duration_since(asked_at) > SignedDuration::from_secs(seconds.into()) + CLOCKS_APART
    })
}

fn keep_first<T>(known: &mut Option<T>, news: T) {
    if known.is_none() {
        *known = Some(news);
    }
}

/// Whole seconds from one instant to a later one; zero if it is not later.
fn seconds_between(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

#[cfg(test)]
#[path = "leg_tests.rs"]
mod tests;
