//! Why a candidate was taken or passed over: a code and its figures, as decision records keep them.

use std::fmt;

use jiff::Timestamp;

use crate::{
    capacity::{Full, Period, Scope},
    config::{Counting, MissingSkill},
    filter::{Field, Operator},
    ids::{BuyerId, CallId, TargetId},
    money::Money,
    tags::TagValue,
};

/// Why a target was not asked, or what became of asking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The target takes no calls for now.
    Paused,
    /// The flow asked other tiers.
    TierNotAsked,
    /// It is closed.
    OutsideHours {
        /// Whose hours say so.
        of: HoursOf,
        /// When those open next; none within a year.
        opens_at: Option<Timestamp>,
    },
    /// It keeps hours by the caller's clock, and nobody knows in which zone the caller is.
    CallerZoneUnknown {
        /// Whose hours they are.
        of: HoursOf,
    },
    /// It does not take such calls.
    FilterFailed {
        /// The field that decided.
        field: Field,
        /// The comparison that failed.
        operator: Operator,
        /// True where it failed for want of the fact.
        is_unknown: bool,
    },
    /// A cap or the budget has no room.
    Full(Full),
    /// Another target of its buyer hung up on the caller early: the second chance is with another buyer.
    SecondChanceUsed {
        /// The buyer.
        buyer: BuyerId,
    },
    /// Nobody there can do what the call needs.
    MissingSkill(MissingSkill),
    /// The caller was sold by this campaign already.
    Duplicate {
        /// The earlier call.
        call: CallId,
        /// When it was sold.
        at: Timestamp,
        /// How long callers are remembered.
        within_days: u32,
        /// Which calls count.
        counts: Counting,
    },
    /// The caller was sold to this buyer already, by whichever campaign.
    DuplicateOfBuyer {
        /// The earlier call.
        call: CallId,
        /// When it was sold.
        at: Timestamp,
        /// How long callers are remembered.
        within_days: u32,
        /// Which calls count.
        counts: Counting,
    },
    /// The caller was sold already, and goes to the same buyer again: another one.
    NotOriginalBuyer {
        /// Who had the caller.
        buyer: BuyerId,
    },
    /// The caller was sold to this buyer already, and goes to a different one.
    OriginalBuyer {
        /// Who had the caller.
        buyer: BuyerId,
        /// The earlier call.
        call: CallId,
        /// When it was sold.
        at: Timestamp,
    },
    /// Nothing is known of its capacity: the buyer was archived, or is being saved for the first time.
    CapacityUnknown,
    /// Callers who wait for it are to be served first.
    OthersAhead {
        /// How many, at least.
        ahead: u32,
    },
    /// It would have taken the call; another came first.
    RankedBelow {
        /// Who came first.
        taken: TargetId,
    },
    /// It was free when the candidates were judged, and full when its capacity was to be reserved.
    LostRace(Full),
    /// It is being rung.
    Ringing,
    /// Somebody took the call.
    Accepted,
    /// The call was taken and was long enough to be billed.
    Converted {
        /// Talk time.
        connected_seconds: u32,
        /// From which it is billed.
        billable_after_seconds: u32,
    },
    /// The call was taken, and too short to be billed.
    TooShort {
        /// Talk time.
        connected_seconds: u32,
        /// From which it would have been billed.
        billable_after_seconds: u32,
    },
    /// The call was taken and hung up on so early that the caller got a second chance.
    HungUpEarly {
        /// Talk time.
        connected_seconds: u32,
        /// Before which it counted as early.
        before_seconds: u32,
    },
    /// Somebody answered and did not take the call.
    Declined,
    /// Nobody answered in time.
    NoAnswer {
        /// How long it rang at most.
        ring_timeout_seconds: u32,
    },
    /// The line was busy.
    Busy,
    /// It could not be rung.
    Failed,
    /// The caller hung up before somebody took the call.
    CallerHungUp,
    /// The provider never placed the leg.
    NeverDialled,
}

/// Who keeps hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoursOf {
    /// The campaign.
    Campaign,
    /// The buyer.
    Buyer,
    /// The target.
    Target,
}

impl HoursOf {
    /// The word in records and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Buyer => "buyer",
            Self::Target => "target",
        }
    }
}

/// A figure of a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// A count or a number of seconds.
    Number(u32),
    /// An amount.
    Money(Money),
    /// An instant.
    Time(Timestamp),
    /// A word.
    Text(String),
}

impl Reason {
    /// The code, one word for each kind.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::TierNotAsked => "tier_not_asked",
            Self::OutsideHours { .. } => "outside_hours",
            Self::CallerZoneUnknown { .. } => "caller_zone_unknown",
            Self::FilterFailed { .. } => "filter_failed",
            Self::Full(full) | Self::LostRace(full) => code_of(full),
            Self::SecondChanceUsed { .. } => "second_chance_used",
            Self::MissingSkill(_) => "missing_skill",
            Self::Duplicate { .. } => "duplicate",
            Self::DuplicateOfBuyer { .. } => "duplicate_of_buyer",
            Self::NotOriginalBuyer { .. } => "not_original_buyer",
            Self::OriginalBuyer { .. } => "original_buyer",
            Self::CapacityUnknown => "capacity_unknown",
            Self::OthersAhead { .. } => "others_ahead",
            Self::RankedBelow { .. } => "ranked_below",
            Self::Ringing => "ringing",
            Self::Accepted => "accepted",
            Self::Converted { .. } => "converted",
            Self::TooShort { .. } => "too_short",
            Self::HungUpEarly { .. } => "hung_up_early",
            Self::Declined => "declined",
            Self::NoAnswer { .. } => "no_answer",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::CallerHungUp => "caller_hung_up",
            Self::NeverDialled => "never_dialled",
        }
    }

    /// The figures, by name.
    pub fn figures(&self) -> Vec<(&'static str, Figure)> {
        match self {
            Self::OutsideHours { of, opens_at } => {
                let of = ("of", Figure::Text(of.as_str().to_owned()));
                let opens_at = opens_at.map(|opens_at| ("opens_at", Figure::Time(opens_at)));
                std::iter::once(of).chain(opens_at).collect()
            }
            Self::CallerZoneUnknown { of } => vec![("of", Figure::Text(of.as_str().to_owned()))],
            Self::FilterFailed { field, operator, is_unknown } => {
                let fact = if *is_unknown { "unknown" } else { "known" };
                vec![
                    ("field", Figure::Text(field.to_string())),
                    ("op", Figure::Text(operator.to_string())),
                    ("fact", Figure::Text(fact.to_owned())),
                ]
            }
            Self::Full(full) => figures_of(full),
            Self::LostRace(full) => {
                let mut figures = figures_of(full);
                figures.push(("found", Figure::Text("while_reserving".to_owned())));
                figures
            }
            Self::MissingSkill(missing) => {
                let needed = missing.needed.as_ref().map_or("unknown", TagValue::as_str);
                vec![
                    ("skill", Figure::Text(missing.tag.to_string())),
                    ("needed", Figure::Text(needed.to_owned())),
                ]
            }
            Self::Duplicate { call, at, within_days, counts }
            | Self::DuplicateOfBuyer { call, at, within_days, counts } => vec![
                ("call", Figure::Text(call.to_string())),
                ("at", Figure::Time(*at)),
                ("within_days", Figure::Number(*within_days)),
                ("counts", Figure::Text(counts.as_str().to_owned())),
            ],
            Self::OriginalBuyer { buyer, call, at } => vec![
                ("buyer", Figure::Text(buyer.to_string())),
                ("call", Figure::Text(call.to_string())),
                ("at", Figure::Time(*at)),
            ],
            Self::SecondChanceUsed { buyer } | Self::NotOriginalBuyer { buyer } => {
                vec![("buyer", Figure::Text(buyer.to_string()))]
            }
            Self::OthersAhead { ahead } => vec![("ahead", Figure::Number(*ahead))],
            Self::RankedBelow { taken } => vec![("taken", Figure::Text(taken.to_string()))],
            Self::Converted { connected_seconds, billable_after_seconds }
            | Self::TooShort { connected_seconds, billable_after_seconds } => vec![
                ("connected_seconds", Figure::Number(*connected_seconds)),
                ("billable_after_seconds", Figure::Number(*billable_after_seconds)),
            ],
            Self::HungUpEarly { connected_seconds, before_seconds } => vec![
                ("connected_seconds", Figure::Number(*connected_seconds)),
                ("before_seconds", Figure::Number(*before_seconds)),
            ],
            Self::NoAnswer { ring_timeout_seconds } => {
                vec![("ring_timeout_seconds", Figure::Number(*ring_timeout_seconds))]
            }
            Self::Paused
            | Self::TierNotAsked
            | Self::CapacityUnknown
            | Self::Ringing
            | Self::Accepted
            | Self::Declined
            | Self::Busy
            | Self::Failed
            | Self::CallerHungUp
            | Self::NeverDialled => Vec::new(),
        }
    }
}

impl fmt::Display for Reason {
    /// `at_concurrency_cap {scope: buyer, live: 3, limit: 3}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        let figures = self.figures();
        if figures.is_empty() {
            return Ok(());
        }
        for (index, (name, figure)) in figures.iter().enumerate() {
            write!(f, "{}{name}: {figure}", if index == 0 { " {" } else { ", " })?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Money(amount) => amount.fmt(f),
            Self::Time(at) => at.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

const fn code_of(full: &Full) -> &'static str {
    match full {
        Full::Concurrency { .. } => "at_concurrency_cap",
        Full::Window { period: Period::Hour, .. } => "at_hourly_cap",
        Full::Window { period: Period::Day, .. } => "at_daily_cap",
        Full::Window { period: Period::Month, .. } => "at_monthly_cap",
        Full::Window { period: Period::Total, .. } => "at_total_cap",
        Full::Money { period: Period::Hour, .. } => "at_hourly_money_cap",
        Full::Money { period: Period::Day, .. } => "at_daily_money_cap",
        Full::Money { period: Period::Month, .. } => "at_monthly_money_cap",
        Full::Money { period: Period::Total, .. } => "at_total_money_cap",
        Full::TooSoon { .. } => "too_soon",
        Full::Budget { .. } => "budget_exhausted",
    }
}

fn figures_of(full: &Full) -> Vec<(&'static str, Figure)> {
    let of = |scope: Scope| ("scope", Figure::Text(scope.as_str().to_owned()));
    let scoped = |scope: Scope, name, used, limit| {
        vec![of(scope), (name, Figure::Number(used)), ("limit", Figure::Number(limit))]
    };
    match *full {
        Full::Concurrency { scope, live, limit } => scoped(scope, "live", live, limit),
        Full::Window { scope, period: _, counted, limit } => scoped(scope, "counted", counted, limit),
        Full::Money { scope, period: _, committed, price, limit } => vec![
            of(scope),
            ("committed", Figure::Money(committed)),
            ("price", Figure::Money(price)),
            ("limit", Figure::Money(limit)),
        ],
        Full::TooSoon { scope, since_seconds, minimum_seconds } => vec![
            of(scope),
            ("since_seconds", Figure::Number(since_seconds)),
            ("minimum_seconds", Figure::Number(minimum_seconds)),
        ],
        Full::Budget { available, price } => {
            vec![("available", Figure::Money(available)), ("price", Figure::Money(price))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_as_its_code_and_figures() {
        let full = Full::Concurrency { scope: Scope::Buyer, live: 3, limit: 3 };
        let shown = [
            (Reason::Full(full), "at_concurrency_cap {scope: buyer, live: 3, limit: 3}"),
            (
                Reason::LostRace(full),
                "at_concurrency_cap {scope: buyer, live: 3, limit: 3, found: while_reserving}",
            ),
            (Reason::Declined, "declined"),
            (
                Reason::Full(Full::Money {
                    scope: Scope::Group,
                    period: Period::Hour,
                    committed: Money::from_cents(9_000),
                    price: Money::from_cents(4_500),
                    limit: Money::from_cents(10_000),
                }),
                "at_hourly_money_cap {scope: group, committed: 90.00, price: 45.00, limit: 100.00}",
            ),
            (
                Reason::Full(Full::TooSoon { scope: Scope::Target, since_seconds: 4, minimum_seconds: 30 }),
                "too_soon {scope: target, since_seconds: 4, minimum_seconds: 30}",
            ),
            (Reason::OutsideHours { of: HoursOf::Buyer, opens_at: None }, "outside_hours {of: buyer}"),
        ];
        for (reason, text) in shown {
            assert_eq!(reason.to_string(), text);
        }
    }
}
