//! TALLY: one row of the profit and loss of one hour, with the place in the change feed up to which it is summed.

use jiff::Timestamp;
use ringfall_domain::{
    ids::AccountId,
    pnl::{Dimension, Row, Tally},
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, Position, Range, StoreError};

/// The attribute that keeps the place in the feed.
pub const MARK: &str = "mark";

/// Where a row stands.
pub fn key(account: AccountId, row: &Row) -> Key {
    Key::new(partition(account, row.dimension), format!("{}#{}", row.hour, row.key))
}

/// The rows of one dimension.
pub fn partition(account: AccountId, dimension: Dimension) -> String {
    format!("{account}#A#{}", dimension.as_str())
}

/// The rows of the hours from `from` (inclusive) to `to` (exclusive).
pub fn between(from: Timestamp, to: Timestamp) -> Range {
    Range { from: Some(from.to_string()), to: Some(to.to_string()) }
}

/// Writes a row.
pub fn encode(tally: &Tally, mark: Position) -> Item {
    Attributes::new()
        .with("calls", tally.calls)
        .with("connected", tally.connected)
        .with("converted", tally.converted)
        .with("abandoned", tally.abandoned)
        .with("revenue", tally.revenue.as_decimal())
        .with("payout", tally.payout.as_decimal())
        .with("telephony_cost", tally.telephony_cost.as_decimal())
        .with(MARK, mark.0)
        .into_map()
}

/// Reads a row's sums and its place in the feed.
pub fn decode(item: &Item) -> Result<(Tally, Position), StoreError> {
    let reader = Reader(item);
    let tally = Tally {
        calls: reader.number("calls")?,
        connected: reader.number("connected")?,
        converted: reader.number("converted")?,
        abandoned: reader.number("abandoned")?,
        revenue: reader.money("revenue")?,
        payout: reader.money("payout")?,
        telephony_cost: reader.money("telephony_cost")?,
    };
    Ok((tally, Position(reader.number(MARK)?)))
}

/// Reads which row a key names.
pub fn row_of(dimension: Dimension, key: &Key) -> Result<Row, StoreError> {
    let (hour, rest) = key.sort.split_once('#').ok_or_else(|| damaged("sort", "an hour and a key"))?;
    let hour = hour.parse().map_err(|_| damaged("sort", "an hour"))?;
    Ok(Row { dimension, hour, key: rest.to_owned() })
}
