//! One attempt: what was agreed, and what is true of its leg.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use ringfall_domain::{
    call::{Leg, event::Input},
    capacity::{Period, Window},
    ids::{BuyerId, TargetId},
    money::Money,
    text::Name,
};
use tokio::time::Instant;

/// An attempt on record.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) buyer: BuyerId,
    pub(super) target: TargetId,
    pub(super) group: Option<Name>,
    pub(super) price: Money,
    pub(super) payout: Money,
    pub(super) billable_after_seconds: u32,
    pub(super) screening_key: Option<char>,
    pub(super) reserved_at: Timestamp,
    pub(super) counted_in: [Window; 4],
    /// The buyer's civil hour, day, month and for ever, in which it is counted: told by the calendar alone.
    pub(super) windows: [String; 4],
    /// How far apart the clocks are by which its times were told.
    own_clocks_apart: Duration,
    /// When the reservation was written.
    pub(super) taken_at: Instant,
    /// When the platform has written how it ended.
    pub(super) end_on_record_at: Option<Instant>,
    pub(super) truth: Truth,
}

/// What is true of its leg.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) began_at: Option<Instant>,
    pub(super) answered_at: Option<Instant>,
    pub(super) greeted_at: Option<Instant>,
    pub(super) pressed_right_at: Option<Instant>,
    /// When the platform first heard of the right key.
    pub(super) key_arrived_at: Option<Instant>,
    pub(super) bridged_at: Option<Instant>,
    pub(super) ended_at: Option<Instant>,
}

/// What the platform lets clocks be apart before it holds a key for one that came after the end.
const CLOCKS_APART: Duration = Duration::from_secs(5);
/// What the platform may be off by: its machines' clocks, and the whole seconds in which times are told.
const ROUNDING: Duration = Duration::from_secs(1);

impl Attempt {
    /// An attempt that has just been written, for a buyer who keeps that zone.
    pub(super) fn reserved(leg: &Leg, zone: TimeZone, own_clocks_apart: Duration) -> Self {
        Self {
            buyer: leg.buyer,
            target: leg.target,
            group: leg.group.clone(),
            price: leg.terms.price,
            payout: match leg.unpaid_duplicate_of() {
                None => leg.terms.payout.amount_of(leg.terms.price),
                Some(_) => Money::ZERO,
            },
            billable_after_seconds: leg.terms.billable_after_seconds,
            screening_key: leg.screening_key,
            reserved_at: leg.reserved_at,
            counted_in: leg.counted_in,
            windows: windows(leg.reserved_at, zone),
            own_clocks_apart,
            taken_at: Instant::now(),
            end_on_record_at: None,
            truth: Truth::default(),
        }
    }

    /// The window of a period in which it is counted.
    pub(super) fn window(&self, period: Period) -> &str {
        match period {
            Period::Hour => &self.windows[0],
            Period::Day => &self.windows[1],
            Period::Month => &self.windows[2],
            Period::Total => &self.windows[3],
        }
    }

    /// The person who answered pressed a key now, or none in time.
    pub(super) fn pressed(&mut self, input: &Input) {
        self.truth.pressed_right_at = self.is_right(input).then(Instant::now);
    }

    /// The platform hears of it now.
    pub(super) fn heard(&mut self, input: &Input) {
        if self.is_right(input) {
            self.truth.key_arrived_at.get_or_insert_with(Instant::now);
        }
    }

    fn is_right(&self, input: &Input) -> bool {
        matches!(input, Input::Digits(digits) if digits.chars().next() == self.screening_key)
    }

    /// Whether the carrier has a leg for it now.
    pub(super) const fn is_live(&self) -> bool {
        self.truth.began_at.is_some() && self.truth.ended_at.is_none()
    }

    /// Whether the leg that is over must be billed: none where it may be and need not.
    ///
    /// - Where nobody is asked for a key, the carrier's whole seconds from the answer decide, exactly.
    /// - Where a key is asked for, the time until it was pressed is taken off. The platform knows it from the arrivals of two
    ///   webhooks: the first arrived after the answer and before the carrier had its reply, the second after the key was
    ///   pressed and before the two were joined. So it may count the talk as longer by what webhooks took.
    /// - A leg that was answered and never joined, since webhooks failed, must not be billed for more than it was up; and not
    ///   at all if the platform heard of the key after the end, and could tell so by its clocks and the leg's length.
    pub(super) fn is_billable(&self) -> Option<bool> {
        let threshold = Duration::from_secs(u64::from(self.billable_after_seconds));
        let truth = &self.truth;
        let (Some(answered_at), Some(ended_at)) = (truth.answered_at, truth.ended_at) else {
            return Some(false);
        };
        let up = Duration::from_secs((ended_at - answered_at).as_secs());
        if self.screening_key.is_none() {
            return match truth.bridged_at {
                Some(_) => Some(up >= threshold),
                None if up >= threshold => None,
                None => Some(false),
            };
        }
        let (Some(pressed_at), Some(key_arrived_at)) = (truth.pressed_right_at, truth.key_arrived_at) else {
            return Some(false);
        };
        let slack = ROUNDING + self.own_clocks_apart;
        let asked_at = truth.greeted_at.unwrap_or(pressed_at);
        // The leg was up when its person was asked, for as long as it was up in all: longer it cannot have been.
        let told_end = ended_at + asked_at.saturating_duration_since(answered_at) + CLOCKS_APART + slack;
        if key_arrived_at > told_end {
            return Some(false);
        }
        let most =
            (ended_at - answered_at).saturating_sub(pressed_at.saturating_duration_since(asked_at)) + slack;
        let least = truth.bridged_at.map_or(Duration::ZERO, |bridged_at| ended_at - bridged_at);
        if key_arrived_at <= ended_at && truth.bridged_at.is_some() && least >= threshold + slack {
            Some(true)
        } else if most < threshold {
            Some(false)
        } else {
            None
        }
    }
}

/// An hour that the clock repeats is told apart by its offset.
fn windows(at: Timestamp, zone: TimeZone) -> [String; 4] {
    let local = at.to_zoned(zone);
    ["%Y-%m-%d %H %:z", "%Y-%m-%d", "%Y-%m", "ever"].map(|format| local.strftime(format).to_string())
}
