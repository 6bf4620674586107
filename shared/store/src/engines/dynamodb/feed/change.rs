//! A record of the stream as a change.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{AttributeValue as StreamValue, Record};

use crate::{
    engines::dynamodb::table::value::{Attributes, decode},
    port::{Change, Key, Lane, Mark, Place, SharedItem, StoreError},
};

/// Reads a record.
pub(super) fn read(lane: &Lane, record: Record) -> Result<Change, StoreError> {
    let data = record.dynamodb.ok_or_else(|| damaged("no data"))?;
    let place = data.sequence_number.as_deref().and_then(Place::new);
    let mark = Mark { lane: lane.clone(), place: place.ok_or_else(|| damaged("no sequence number"))? };
    let (old, new) = (image(data.old_image)?, image(data.new_image)?);
    let key = new.as_ref().or(old.as_ref()).map(|(key, _)| key.clone());
    let key = key.ok_or_else(|| damaged("neither an old nor a new image"))?;
    let item = |image: Option<(Key, SharedItem)>| image.map(|(_, item)| item);
    Ok(Change { mark, key, old: item(old), new: item(new) })
}

fn image(image: Option<HashMap<String, StreamValue>>) -> Result<Option<(Key, SharedItem)>, StoreError> {
    let Some(image) = image else { return Ok(None) };
    let attributes: Attributes = image.into_iter().map(|(name, value)| (name, table_value(value))).collect();
    decode(attributes).map(Some)
}

/// The stream's SDK has a type of its own for the same values. What we never write becomes what is never read.
fn table_value(value: StreamValue) -> AttributeValue {
    match value {
        StreamValue::S(text) => AttributeValue::S(text),
        StreamValue::N(digits) => AttributeValue::N(digits),
        StreamValue::Bool(bool) => AttributeValue::Bool(bool),
        StreamValue::L(list) => AttributeValue::L(list.into_iter().map(table_value).collect()),
        StreamValue::M(map) => {
            AttributeValue::M(map.into_iter().map(|(name, value)| (name, table_value(value))).collect())
        }
        _ => AttributeValue::Null(true),
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("a record of the stream with {what}"))
}
