//! REPAIR: the hours whose sums are to be compared with the calls and the journal, for all accounts, and how far that has come. The item stays when
//! nothing is to be done, so that its version never comes again.

use jiff::Timestamp;

use super::attributes::{Attributes, Reader, damaged};
use crate::port::{Item, Key, StoreError, Value};

/// The attribute that counts the changes.
pub const VERSION: &str = "version";
const FROM: &str = "from";
const TO: &str = "to";
const WALK: &str = "walk";
const COMPARED_AT: &str = "compared_at";

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repair {
    /// Counts the changes of the item; 0 before the first.
    pub version: u64,
    /// The hours; none if there is nothing to do.
    pub hours: Option<Hours>,
    /// When the comparison that is made again and again was last asked for.
    pub compared_at: Option<Timestamp>,
}

/// Some hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The beginning of the first.
    pub from: Timestamp,
    /// The end of the last.
    pub to: Timestamp,
    /// How far all items were walked through for calls that nobody was told of: by segment of the table. Empty if that is
    /// done, or not needed.
    pub walk: Vec<Step>,
}

/// How far a segment of the table was walked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Not begun.
    ToBegin,
    /// Up to and including a key.
    Through(Key),
    /// To its end.
    Done,
}

/// Where it stands.
pub fn key() -> Key {
    Key::new("S#rollup", "REPAIR")
}

/// Writes it.
pub fn encode(repair: &Repair) -> Item {
    let attributes = Attributes::new()
        .with(VERSION, repair.version)
        .with_some(COMPARED_AT, repair.compared_at.map(|at| at.to_string()));
    let Some(hours) = &repair.hours else { return attributes.into_map() };
    let walk = Value::List(hours.walk.iter().map(encode_step).collect());
    attributes.with_text(FROM, hours.from).with_text(TO, hours.to).with(WALK, walk).into_map()
}

fn encode_step(step: &Step) -> Value {
    let attributes = Attributes::new();
    match step {
        Step::ToBegin => attributes,
        Step::Through(key) => {
            attributes.with("partition", key.partition.as_str()).with("sort", key.sort.as_str())
        }
        Step::Done => attributes.with("done", true),
    }
    .into()
}

/// Reads it.
pub fn decode(item: &Item) -> Result<Repair, StoreError> {
    let reader = Reader(item);
    let hours = match reader.optional_parsed(FROM)? {
        None => None,
        Some(from) => {
            let walk = reader.list(WALK)?.iter().map(decode_step).collect::<Result<_, _>>()?;
            Some(Hours { from, to: reader.time(TO)?, walk })
        }
    };
    Ok(Repair { version: reader.number(VERSION)?, hours, compared_at: reader.optional_parsed(COMPARED_AT)? })
}

fn decode_step(value: &Value) -> Result<Step, StoreError> {
    let reader = Reader(value.as_map().ok_or_else(|| damaged(WALK, "a list of maps"))?);
    Ok(match reader.optional_text("partition")? {
        Some(partition) => Step::Through(Key::new(partition, reader.text("sort")?)),
        None if reader.flag("done")? => Step::Done,
        None => Step::ToBegin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back() {
        let at = |text: &str| text.parse().expect("a time");
        let walk = vec![Step::ToBegin, Step::Through(Key::new("p#1", "s")), Step::Done];
        let hours = |walk| Hours { from: at("2026-11-20T10:00:00Z"), to: at("2026-11-21T10:00:00Z"), walk };
        for repair in [
            Repair::default(),
            Repair { version: 3, hours: Some(hours(walk)), compared_at: None },
            Repair {
                version: 4,
                hours: Some(hours(vec![])),
                compared_at: Some(at("2026-11-21T10:00:00.5Z")),
            },
        ] {
            assert_eq!(decode(&encode(&repair)), Ok(repair));
        }
    }
}
