//! TALLY: one row of the profit and loss of one hour, with the places in the change feed up to which it is summed.

use jiff::Timestamp;
use ringfall_domain::{
    ids::AccountId,
    pnl::{Dimension, Row, Tally, Waiting},
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, Lane, Marks, Place, Range, StoreError, Value};

/// The attribute that keeps the last place that is summed, by lane of the feed.
pub const MARKS: &str = "marks";

/// The attribute that keeps how callers have waited; none in rows in which nobody did.
const WAITING: &str = "waiting";

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
pub fn encode(tally: &Tally, marks: &Marks) -> Item {
    Attributes::new()
        .with("calls", tally.calls)
        .with("wanted", tally.wanted)
        .with("connected", tally.connected)
        .with("converted", tally.converted)
        .with("abandoned", tally.abandoned)
        .with("revenue", tally.revenue.as_decimal())
        .with("payout", tally.payout.as_decimal())
        .with("telephony_cost", tally.telephony_cost.as_decimal())
        .with("handled", tally.handled)
        .with("occupied_seconds", tally.occupied_seconds)
        .with_some(WAITING, (tally.waiting != Waiting::default()).then(|| encode_waiting(&tally.waiting)))
        .with(MARKS, encode_marks(marks))
        .into_map()
}

fn encode_waiting(waiting: &Waiting) -> Value {
    Attributes::new()
        .with("queued", waiting.queued)
        .with("waited", waiting.waited)
        .with("seconds", waiting.waited_seconds)
        .with("longest_seconds", waiting.longest_wait_seconds)
        .with("aimed", waiting.aimed)
        .with("in_time", waiting.answered_in_time)
        .with("abandoned", waiting.abandoned)
        .with("overflowed", waiting.overflowed)
        .with("callbacks", waiting.callbacks)
        .into()
}

fn decode_waiting(reader: Reader<'_>) -> Result<Waiting, StoreError> {
    let number = |name| Ok(reader.optional_number(name)?.unwrap_or_default());
    Ok(Waiting {
        queued: number("queued")?,
        waited: number("waited")?,
        waited_seconds: number("seconds")?,
        longest_wait_seconds: number("longest_seconds")?,
        aimed: number("aimed")?,
        answered_in_time: number("in_time")?,
        abandoned: number("abandoned")?,
        overflowed: number("overflowed")?,
        callbacks: number("callbacks")?,
    })
}

/// The places in the feed, as an attribute.
pub fn encode_marks(marks: &Marks) -> Value {
    let by_lane = marks.iter().map(|(lane, place)| (lane.as_str().to_owned(), Value::from(place.as_str())));
    Value::Map(by_lane.collect())
}

/// Reads a row's sums and its places in the feed.
pub fn decode(item: &Item) -> Result<(Tally, Marks), StoreError> {
    let reader = Reader(item);
    let tally = Tally {
        calls: reader.number("calls")?,
        // Rows from before calls could wait know nothing of it.
        wanted: reader.optional_number("wanted")?.unwrap_or_default(),
        connected: reader.number("connected")?,
        converted: reader.number("converted")?,
        abandoned: reader.number("abandoned")?,
        revenue: reader.money("revenue")?,
        payout: reader.money("payout")?,
        telephony_cost: reader.money("telephony_cost")?,
        handled: reader.optional_number("handled")?.unwrap_or_default(),
        occupied_seconds: reader.optional_number("occupied_seconds")?.unwrap_or_default(),
        waiting: reader.optional_map(WAITING)?.map(decode_waiting).transpose()?.unwrap_or_default(),
    };
    Ok((tally, decode_marks(reader.map(MARKS)?)?))
}

fn decode_marks(marks: Reader<'_>) -> Result<Marks, StoreError> {
    let mark = |name: &String| {
        let lane = Lane::new(name).ok_or_else(|| damaged(name, "the name of a lane"))?;
        let place = Place::new(marks.text(name)?).ok_or_else(|| damaged(name, "a place"))?;
        Ok((lane, place))
    };
    marks.0.keys().map(mark).collect()
}

/// Reads which row a key names.
pub fn row_of(dimension: Dimension, key: &Key) -> Result<Row, StoreError> {
    let (hour, rest) = key.sort.split_once('#').ok_or_else(|| damaged("sort", "an hour and a key"))?;
    let hour = hour.parse().map_err(|_| damaged("sort", "an hour"))?;
    Ok(Row { dimension, hour, key: rest.to_owned() })
}
