//! TALLY: one row of the profit and loss of one hour, with the places in the change feed up to which it is summed.

use jiff::Timestamp;
use ringfall_domain::{
    ids::AccountId,
    pnl::{Dimension, Row, Tally, Waiting},
};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Condition, Item, Key, Lane, Marks, Operand, Place, Range, StoreError, Value};

/// The attribute that keeps the last place that is summed, by lane of the feed.
pub const MARKS: &str = "marks";
/// The attribute that counts how often the sums were replaced.
const CORRECTIONS: &str = "corrections";

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

/// True for the key of an account's row.
pub fn is_tally(account: AccountId, key: &Key) -> bool {
    key.partition.strip_prefix(&account.to_string()).is_some_and(|rest| rest.starts_with("#A#"))
}

/// The rows of the hours from `from` (inclusive) to `to` (exclusive).
pub fn between(from: Timestamp, to: Timestamp) -> Range {
    Range { from: Some(from.to_string()), to: Some(to.to_string()) }
}

/// Which changes a row's sums hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// The places in the feed up to which it is summed.
    pub marks: Marks,
    /// How often its sums were replaced by those of the calls and the journal.
    pub corrections: u64,
}

/// Writes a row.
pub fn encode(tally: &Tally, held: &Held) -> Item {
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
        .with(MARKS, encode_marks(&held.marks))
        .with_some(CORRECTIONS, Some(held.corrections).filter(|corrections| *corrections > 0))
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
        .with("told", waiting.told)
        .with("told_wrong_s", waiting.told_wrong_seconds)
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
        told: number("told")?,
        told_wrong_seconds: number("told_wrong_s")?,
        abandoned: number("abandoned")?,
        overflowed: number("overflowed")?,
        callbacks: number("callbacks")?,
    })
}

fn encode_marks(marks: &Marks) -> Value {
    let by_lane = marks.iter().map(|(lane, place)| (lane.as_str().to_owned(), Value::from(place.as_str())));
    Value::Map(by_lane.collect())
}

/// What holds of a row's item as long as nobody has written it since it was read; none is a row that was not there.
pub fn unchanged(since: Option<&Held>) -> Condition {
    let Some(Held { marks, corrections }) = since else { return Condition::Absent(MARKS.into()) };
    let is = |name: &str, value: Value| Condition::Equal(Operand::Path(name.into()), Operand::Value(value));
    let as_often = match corrections {
        0 => Condition::Absent(CORRECTIONS.into()),
        corrections => is(CORRECTIONS, (*corrections).into()),
    };
    Condition::All(vec![is(MARKS, encode_marks(marks)), as_often])
}

/// Reads a row: its sums, and what they hold.
pub fn decode(item: &Item) -> Result<(Tally, Held), StoreError> {
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
    let corrections = reader.optional_number(CORRECTIONS)?.unwrap_or_default();
    Ok((tally, Held { marks: decode_marks(reader.map(MARKS)?)?, corrections }))
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
