//! Whether a caller is turned away on arrival, and why.

use jiff::Timestamp;

use crate::{
    call::{
        Call, Finish, FinishKind,
        event::{Attestation, CallerFacts},
    },
    config::{AttestationLevel, AttestationPolicy, RateLimits, SuppressionPolicy, Treatment},
    flow::NodeId,
    ids::BlockedCallerId,
    phone::{CallerNumber, NumberPrefix},
    plan::Plan,
    routing::Figure,
    text::Name,
};

/// Why a caller is turned away: a kind, and its figures by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The kind.
    pub kind: SuppressionKind,
    /// By name.
    pub figures: Vec<(String, Figure)>,
}

/// The kinds of grounds on which callers are turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionKind {
    /// The account blocks the number, or all that begin so.
    Blocked,
    /// The caller withholds the number.
    Anonymous,
    /// The provider takes the caller for spam.
    Spam,
    /// The number is not vouched for well enough.
    Attestation,
    /// The caller calls too often.
    RateLimited,
}

impl SuppressionKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Blocked, Self::Anonymous, Self::Spam, Self::Attestation, Self::RateLimited];

    /// The word in records and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Anonymous => "anonymous",
            Self::Spam => "spam",
            Self::Attestation => "attestation",
            Self::RateLimited => "rate_limited",
        }
    }
}

/// That an account blocks a number, or all that begin so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The resource that says so.
    pub id: BlockedCallerId,
    /// How the numbers begin; none where one number is blocked.
    pub prefix: Option<NumberPrefix>,
    /// Why.
    pub reason: Option<Name>,
    /// Until when.
    pub expires_at: Option<Timestamp>,
}

impl Block {
    /// Whether it holds at a moment.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| at < expires_at)
    }
}

/// How often a caller has called up to a moment, the call that is judged included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArrivalCounts {
    /// Within the hour before.
    pub in_hour: u32,
    /// Within the 24 hours before.
    pub in_day: u32,
}

/// Whether a caller is turned away. `block`: one that holds. `counts`: only where the policy limits them.
pub fn suppress(
    policy: Option<&SuppressionPolicy>,
    call: &Call,
    block: Option<&Block>,
    counts: ArrivalCounts,
) -> Option<Suppression> {
    let facts = &call.origin.caller_facts;
    block.map(blocked).or_else(|| {
        let policy = policy?;
        anonymous(policy, &call.origin.caller)
            .or_else(|| spam(policy, facts))
            .or_else(|| badly_attested(policy.attestation?, facts.attestation))
            .or_else(|| called_too_often(policy.rate_limits?, counts))
    })
}

fn blocked(block: &Block) -> Suppression {
    let id = ("blocked_caller", Some(block.id.to_string()));
    let prefix = ("prefix", block.prefix.as_ref().map(ToString::to_string));
    let reason = ("reason", block.reason.as_ref().map(ToString::to_string));
    let figures =
        [id, prefix, reason].into_iter().filter_map(|(name, text)| Some((name, Figure::Text(text?))));
    Suppression::new(SuppressionKind::Blocked, figures)
}

fn anonymous(policy: &SuppressionPolicy, caller: &CallerNumber) -> Option<Suppression> {
    let is_turned_away = policy.anonymous == Treatment::Reject && *caller == CallerNumber::Withheld;
    is_turned_away.then(|| Suppression::new(SuppressionKind::Anonymous, []))
}

fn spam(policy: &SuppressionPolicy, facts: &CallerFacts) -> Option<Suppression> {
    let is_turned_away = policy.spam == Treatment::Reject && facts.spam;
    is_turned_away.then(|| Suppression::new(SuppressionKind::Spam, []))
}

fn badly_attested(policy: AttestationPolicy, found: Option<Attestation>) -> Option<Suppression> {
    let least = Attestation::from(policy.least);
    let is_turned_away = match found {
        Some(found) => found > least,
        None => policy.when_missing == Treatment::Reject,
    };
    let word = |attestation: Attestation| Figure::Text(attestation.as_str().to_owned());
    is_turned_away.then(|| {
        let found = found.map_or_else(|| Figure::Text("missing".to_owned()), word);
        Suppression::new(SuppressionKind::Attestation, [("found", found), ("least", word(least))])
    })
}

fn called_too_often(limits: RateLimits, counts: ArrivalCounts) -> Option<Suppression> {
    let hour = limits.hourly.map(|limit| ("hour", counts.in_hour, limit));
    let day = limits.daily.map(|limit| ("day", counts.in_day, limit));
    let (period, calls, limit) = hour.into_iter().chain(day).find(|(_, calls, limit)| calls > limit)?;
    let figures = [
        ("period", Figure::Text(period.to_owned())),
        ("calls", Figure::Number(calls)),
        ("limit", Figure::Number(limit)),
    ];
    Some(Suppression::new(SuppressionKind::RateLimited, figures))
}

impl Suppression {
    fn new<'a>(kind: SuppressionKind, figures: impl IntoIterator<Item = (&'a str, Figure)>) -> Self {
        let figures = figures.into_iter().map(|(name, figure)| (name.to_owned(), figure));
        Self { kind, figures: figures.collect() }
    }

    /// The node where the caller goes; none where the call is refused. A blocked caller goes nowhere.
    pub fn node<'a>(&self, plan: &'a Plan) -> Option<&'a NodeId> {
        match self.kind {
            SuppressionKind::Blocked => None,
            SuppressionKind::Anonymous
            | SuppressionKind::Spam
            | SuppressionKind::Attestation
            | SuppressionKind::RateLimited => plan.suppression.as_ref()?.then.as_ref(),
        }
    }
}

impl Call {
    /// Turns the caller away on arrival: the call is over, unless the campaign has a node for such callers.
    pub fn turn_away(&mut self, plan: &Plan, suppression: Suppression) {
        if suppression.node(plan).is_none() {
            self.finished = Some(Finish { node: plan.flow.start.clone(), kind: FinishKind::Suppressed });
        }
        self.suppression = Some(suppression);
    }
}

impl From<AttestationLevel> for Attestation {
    fn from(level: AttestationLevel) -> Self {
        match level {
            AttestationLevel::A => Self::A,
            AttestationLevel::B => Self::B,
            AttestationLevel::C => Self::C,
        }
    }
}

#[cfg(test)]
#[path = "suppression_tests.rs"]
mod tests;
