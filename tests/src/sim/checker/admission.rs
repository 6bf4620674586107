//! Who is let in, judged by what the policies and the blocked numbers say of whoever calls.
//!
//! What a caller brings along decides exactly. Blocks and the count of earlier calls change while webhooks are on their way, and
//! machines keep lists for some seconds: where both verdicts are in order, either is taken.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use ringfall_domain::{
    call::{
        Call,
        event::{Arrival, Attestation},
    },
    caller::SuppressionKind,
    config::{AttestationLevel, BlockedCaller, RateLimits, SuppressionPolicy, Treatment},
    ids::{AccountId, BlockedCallerId, CallId},
    phone::PhoneNumber,
};
use ringfall_store::{
    port::{Item, Key, StoreError},
    records::resource,
};
use tokio::time::Instant;

use super::{Checker, State};
use crate::sim::{fleet::NOTICED_WITHIN, verdict::Invariant};

/// A call as it came to the platform.
#[derive(Debug)]
pub(super) struct Incoming {
    arrival: Arrival,
    /// When each copy of its first webhook arrived.
    copies: Vec<Instant>,
    /// When one was answered that no fault had touched: by then it was counted, if it was to be.
    counted_by: Option<Instant>,
    /// What the record says of it, once there is one: none is a caller who was let in.
    pub(super) verdict: Option<Option<SuppressionKind>>,
    /// Whether the campaign counts its callers.
    is_limited: bool,
}

/// Every block that was ever saved, with the instant from which it stood; none is one that was taken away.
#[derive(Debug, Default)]
pub(super) struct Blocks(BTreeMap<(AccountId, BlockedCallerId), History>);

/// One block, as it was saved over time.
type History = Vec<(Instant, Option<BlockedCaller>)>;

impl Blocks {
    /// Takes up a saved document.
    pub(super) fn saved(
        &mut self,
        account: AccountId,
        key: &Key,
        item: Option<&Item>,
    ) -> Result<(), StoreError> {
        let (Some(item), Ok(id)) = (item, key.sort.parse()) else { return Ok(()) };
        let resource = resource::decode(item)?;
        let document = resource.archived_at.is_none().then_some(resource.document);
        self.0.entry((account, id)).or_default().push((Instant::now(), document));
        Ok(())
    }

    fn of(&self, account: AccountId) -> impl Iterator<Item = &History> {
        self.0.iter().filter(move |((owner, _), _)| *owner == account).map(|(_, history)| history)
    }

    /// Whether a block of a number stood at any time in a span and had not ended before.
    fn may_hold(
        &self,
        account: AccountId,
        number: &PhoneNumber,
        span: [Instant; 2],
        shown: [Timestamp; 2],
    ) -> bool {
        self.of(account).any(|history| {
            let next = history.iter().map(|(from, _)| Some(*from)).skip(1).chain([None]);
            let stood = history
                .iter()
                .zip(next)
                .filter(|((from, _), until)| *from <= span[1] && until.is_none_or(|until| until >= span[0]));
            stood
                .filter_map(|((_, document), _)| document.as_ref())
                .any(|block| is_of(block, number) && block.expires_at.is_none_or(|ends| ends > shown[0]))
        })
    }

    /// Whether a block of a number stood all through a span and had not ended after it.
    fn must_hold(
        &self,
        account: AccountId,
        number: &PhoneNumber,
        span: [Instant; 2],
        shown: [Timestamp; 2],
    ) -> bool {
        self.of(account).any(|history| {
            let Some((from, Some(block))) = history.last() else { return false };
            let ends_later = block.expires_at.is_none_or(|ends| ends > shown[1]);
            *from <= span[0] && is_of(block, number) && ends_later
        })
    }
}

fn is_of(block: &BlockedCaller, number: &PhoneNumber) -> bool {
    let begins_so = block.prefix.as_ref().is_some_and(|prefix| number.as_str().starts_with(prefix.as_str()));
    begins_so || block.phone_number.as_ref() == Some(number)
}

impl Incoming {
    pub(super) const fn new(arrival: Arrival) -> Self {
        Self { arrival, copies: Vec::new(), counted_by: None, verdict: None, is_limited: false }
    }

    /// The number that was dialled.
    pub(super) const fn dialled(&self) -> &PhoneNumber {
        &self.arrival.dialled
    }

    pub(super) fn copy_arrived(&mut self) {
        self.copies.push(Instant::now());
    }

    pub(super) fn copy_was_answered(&mut self) {
        self.counted_by.get_or_insert_with(Instant::now);
    }

    /// Whether it surely counts as an earlier call of its caller.
    fn is_counted(&self) -> bool {
        let was_blocked = self.verdict == Some(Some(SuppressionKind::Blocked));
        self.is_limited && self.verdict.is_some() && !was_blocked
    }
}

impl Checker {
    /// A call is written for the first time: what it says of its caller must be in order.
    pub(super) fn is_rightly_let_in(&self, state: &mut State, call: &Call) {
        let policy =
            self.world.agency(call.account).and_then(|agency| agency.campaigns.get(&call.origin.campaign));
        let policy = policy.and_then(|campaign| campaign.suppression.as_ref());
        let found = call.suppression.as_ref().map(|suppression| suppression.kind);
        // Who is called back has been let in before.
        if call.callback_of.is_some() {
            return;
        }
        let Some(incoming) = state.calls.get_mut(&call.id).and_then(|truth| truth.incoming.as_mut()) else {
            return self
                .violated(Invariant::Admission, format_args!("{} was written and never came in", call.id));
        };
        incoming.verdict = Some(found);
        incoming.is_limited = policy.is_some_and(|policy| policy.rate_limits.is_some());
        let state = &*state;
        let wrong = match found {
            Some(SuppressionKind::Blocked) => (!self.blocks(state, call, Blocks::may_hold, NOTICED_WITHIN))
                .then_some("nobody blocks the caller"),
            _ if self.blocks(state, call, Blocks::must_hold, NOTICED_WITHIN) => Some("the caller is blocked"),
            _ => self.is_wrong_by_policy(state, call, policy, found),
        };
        let kind = found.map_or("check: a caller let in", |_| "check: a caller turned away");
        self.trace.count(kind);
        if let Some(wrong) = wrong {
            let found = found.map_or("let in", SuppressionKind::as_str);
            self.violated(Invariant::Admission, format_args!("{} is {found}: {wrong}", call.id));
        }
    }

    fn is_wrong_by_policy(
        &self,
        state: &State,
        call: &Call,
        policy: Option<&SuppressionPolicy>,
        found: Option<SuppressionKind>,
    ) -> Option<&'static str> {
        let arrival = &state.calls.get(&call.id)?.incoming.as_ref()?.arrival;
        let certain = policy.and_then(|policy| ground(policy, arrival));
        if certain.is_some() {
            return (found != certain).then_some("what the caller brings along says otherwise");
        }
        // Withheld numbers are not told apart.
        let limits = arrival.caller.known().and(policy).and_then(|policy| policy.rate_limits);
        match (found, limits) {
            (None, None) => None,
            (Some(SuppressionKind::RateLimited), Some(limits)) => {
                (!self.has_called_too_often(state, call, limits, Bound::Most))
                    .then_some("there were not so many calls")
            }
            (None, Some(limits)) => self
                .has_called_too_often(state, call, limits, Bound::Least)
                .then_some("there were too many calls"),
            (Some(_), _) => Some("nothing calls for it"),
        }
    }

    fn blocks(
        &self,
        state: &State,
        call: &Call,
        holds: impl Fn(&Blocks, AccountId, &PhoneNumber, [Instant; 2], [Timestamp; 2]) -> bool,
        noticed_within: Duration,
    ) -> bool {
        let first = state.calls.get(&call.id).and_then(|truth| truth.incoming.as_ref()?.copies.first());
        let (Some(first), Some(number)) = (first, call.origin.caller.known()) else { return false };
        let since = first.checked_sub(noticed_within).unwrap_or(*first);
        let (now, apart) = (Instant::now(), self.world.own_clocks_apart);
        // No machine's clock shows less than the one, nor more than the other.
        let shown = [self.clock.at(*first) - apart, self.clock.at(now) + apart];
        holds(&state.blocks, call.account, number, [since, now], shown)
    }

    /// Whether the caller's calls, this one included, are more than a limit lets in: by the most that may be counted, or by the
    /// least that must be.
    fn has_called_too_often(&self, state: &State, call: &Call, limits: RateLimits, bound: Bound) -> bool {
        let Some(incoming) = state.calls.get(&call.id).and_then(|truth| truth.incoming.as_ref()) else {
            return false;
        };
        let (Some(first), now) = (incoming.copies.first(), Instant::now()) else { return false };
        let slack = self.world.own_clocks_apart;
        let within = |hours: u64| {
            let span = Duration::from_secs(hours * 3_600);
            let others = state.calls.iter().filter(|(id, other)| {
                let same = |other: &Incoming| other.arrival.caller == incoming.arrival.caller;
                **id != call.id && other.account == call.account && other.incoming.as_ref().is_some_and(same)
            });
            let counted = others.filter(|(_, other)| {
                other.incoming.as_ref().is_some_and(|other| match bound {
                    Bound::Most => other.copies.last().is_some_and(|at| *at + span + slack > *first),
                    Bound::Least => {
                        let in_span = other.copies.first().is_some_and(|at| *at + span > now + slack);
                        let is_before = other.counted_by.is_some_and(|at| at + slack < *first);
                        other.is_counted() && in_span && is_before
                    }
                })
            });
            u32::try_from(counted.count()).unwrap_or(u32::MAX) + 1
        };
        let exceeds = |limit: Option<u32>, hours| limit.is_some_and(|limit| within(hours) > limit);
        exceeds(limits.hourly, 1) || exceeds(limits.daily, 24)
    }

    /// A caller who was turned away is not offered to any target.
    pub(super) fn may_be_offered(&self, state: &State, id: CallId) {
        let verdict = state.calls.get(&id).and_then(|call| call.incoming.as_ref()?.verdict);
        if let Some(Some(kind)) = verdict {
            let kind = kind.as_str();
            self.violated(
                Invariant::Admission,
                format_args!("{id} was turned away as {kind}, and is offered"),
            );
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    Most,
    Least,
}

/// What a caller brings along for which a policy turns them away.
fn ground(policy: &SuppressionPolicy, arrival: &Arrival) -> Option<SuppressionKind> {
    let facts = &arrival.caller_facts;
    if policy.anonymous == Treatment::Reject && arrival.caller.known().is_none() {
        return Some(SuppressionKind::Anonymous);
    }
    if policy.spam == Treatment::Reject && facts.spam {
        return Some(SuppressionKind::Spam);
    }
    let attestation = policy.attestation?;
    let good_enough: &[Attestation] = match attestation.least {
        AttestationLevel::A => &[Attestation::A],
        AttestationLevel::B => &[Attestation::A, Attestation::B],
        AttestationLevel::C => &[Attestation::A, Attestation::B, Attestation::C],
    };
    let is_good_enough = match facts.attestation {
        Some(found) => good_enough.contains(&found),
        None => attestation.when_missing == Treatment::Allow,
    };
    (!is_good_enough).then_some(SuppressionKind::Attestation)
}
