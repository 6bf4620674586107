//! One scope within CAPACITY: its limits, and what is in use of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringfall_domain::{
    capacity::{MoneyUsage, Pace, Period, Usage, Window},
    config::{Caps, Limits, MoneyCaps},
    ids::LegId,
    money::Money,
};

use super::{decode_legs, names};
use crate::{
    port::{StoreError, Value},
    records::attributes::{Attributes, Reader, damaged},
};

/// The limits of a scope, and what is in use of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeRecord {
    /// The limits.
    pub limits: Limits,
    /// The legs that hold a slot, and whose leases stand within CAPACITY.
    pub live: Vec<LegId>,
    /// How many more hold one.
    pub elsewhere: u32,
    /// Calls counted, by window.
    pub counted: BTreeMap<Window, u32>,
    /// Their prices, by window.
    pub committed: BTreeMap<Window, Money>,
    /// When capacity was last reserved; kept only where calls must not follow each other too soon.
    pub last_reserved_at: Option<Timestamp>,
}

impl ScopeRecord {
    /// How many legs hold a slot.
    pub fn legs(&self) -> u32 {
        u32::try_from(self.live.len()).unwrap_or(u32::MAX).saturating_add(self.elsewhere)
    }

    /// What is in use in the current windows (in the order of [`Period::ALL`]).
    pub fn usage(&self, windows: &[Window; 4]) -> Usage {
        let Limits { caps, money_caps, minimum_seconds_between_calls } = self.limits;
        let money = || {
            Box::new(MoneyUsage { caps: money_caps, committed: windows.map(|window| self.money_in(window)) })
        };
        Usage {
            caps,
            live: self.legs(),
            counted: windows.map(|window| self.calls_in(window)),
            money: (!money_caps.is_unlimited()).then(money),
            pace: minimum_seconds_between_calls
                .map(|minimum_seconds| Pace { minimum_seconds, last_reserved_at: self.last_reserved_at }),
        }
    }

    /// The calls counted in a window.
    pub fn calls_in(&self, window: Window) -> u32 {
        self.counted.get(&window).copied().unwrap_or(0)
    }

    /// The money committed in a window.
    pub fn money_in(&self, window: Window) -> Money {
        self.committed.get(&window).copied().unwrap_or_default()
    }

    /// The windows in which nothing can be counted or given back any more.
    pub fn past(&self, now: Timestamp) -> impl Iterator<Item = Window> {
        self.counted.keys().copied().filter(move |window| window.is_past(now))
    }
}

/// A scope in which nothing is in use.
pub fn encode_new_scope(limits: &Limits) -> Value {
    new_scope(limits).into()
}

pub(super) fn new_scope(limits: &Limits) -> Attributes {
    Attributes::new()
        .with(names::LIMITS, encode_limits(limits))
        .with(names::LIVE, Value::empty_map())
        .with(names::COUNTED, Value::empty_map())
        .with(names::COMMITTED, Value::empty_map())
}

const CONCURRENCY: &str = "concurrency";
const MONEY: &str = "money";
const MINIMUM_SECONDS: &str = "minimum_seconds";

/// The limits of a scope, each only where there is one.
pub fn encode_limits(limits: &Limits) -> Value {
    let Limits { caps, money_caps, minimum_seconds_between_calls } = limits;
    let calls = Attributes::new()
        .with_some(CONCURRENCY, caps.concurrency)
        .with_some(MINIMUM_SECONDS, *minimum_seconds_between_calls);
    let calls = Period::ALL
        .into_iter()
        .fold(calls, |map, period| map.with_some(cap_name(period), period.limit(caps)));
    let money = Period::ALL.into_iter().fold(Attributes::new(), |map, period| {
        map.with_some(cap_name(period), period.money_limit(money_caps).map(Money::as_decimal))
    });
    calls.with_some(MONEY, (!money_caps.is_unlimited()).then_some(money)).into()
}

const fn cap_name(period: Period) -> &'static str {
    match period {
        Period::Hour => "hourly",
        Period::Day => "daily",
        Period::Month => "monthly",
        Period::Total => "total",
    }
}

pub(super) fn decode_scope(reader: Reader<'_>) -> Result<ScopeRecord, StoreError> {
    Ok(ScopeRecord {
        limits: decode_limits(reader.map(names::LIMITS)?)?,
        live: decode_legs(reader.map(names::LIVE)?)?,
        elsewhere: if reader.0.contains_key(names::ELSEWHERE) { count(reader, names::ELSEWHERE)? } else { 0 },
        counted: by_window(reader.map(names::COUNTED)?, count)?,
        committed: by_window(reader.map(names::COMMITTED)?, Reader::money)?,
        last_reserved_at: reader.optional_milliseconds(names::LAST_RESERVED_AT)?,
    })
}

fn decode_limits(reader: Reader<'_>) -> Result<Limits, StoreError> {
    let calls = |period| reader.optional_number(cap_name(period));
    let caps = Caps {
        concurrency: reader.optional_number(CONCURRENCY)?,
        hourly: calls(Period::Hour)?,
        daily: calls(Period::Day)?,
        monthly: calls(Period::Month)?,
        total: calls(Period::Total)?,
    };
    let money_caps = match reader.optional_map(MONEY)? {
        None => MoneyCaps::default(),
        Some(reader) => {
            let money = |period| reader.optional_money(cap_name(period));
            MoneyCaps {
                hourly: money(Period::Hour)?,
                daily: money(Period::Day)?,
                monthly: money(Period::Month)?,
                total: money(Period::Total)?,
            }
        }
    };
    Ok(Limits { caps, money_caps, minimum_seconds_between_calls: reader.optional_number(MINIMUM_SECONDS)? })
}

fn by_window<'a, N>(
    reader: Reader<'a>,
    read: impl Fn(Reader<'a>, &str) -> Result<N, StoreError>,
) -> Result<BTreeMap<Window, N>, StoreError> {
    let windows = reader.0.keys();
    windows
        .map(|name| Ok((name.parse().map_err(|_| damaged(name, "a window"))?, read(reader, name)?)))
        .collect()
}

/// A count below zero would be a fault of the protocol; it must not stop calls, so it reads as zero.
fn count(counted: Reader<'_>, name: &str) -> Result<u32, StoreError> {
    Ok(u32::try_from(counted.number::<i64>(name)?.max(0)).unwrap_or(u32::MAX))
}
