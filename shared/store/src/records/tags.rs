//! Tags, within CALL and a number's POINTER.

use ringfall_domain::tags::{TagName, TagValue, Tags};

use super::attributes::{Attributes, Reader, damaged};
use crate::port::StoreError;

/// Writes tags by name.
pub fn encode_tags(tags: &Tags) -> Attributes {
    tags.iter().fold(Attributes::new(), |map, (name, value)| map.with_text(name.as_str(), value.as_str()))
}

/// Reads tags.
pub fn decode_tags(reader: Reader<'_>) -> Result<Tags, StoreError> {
    let mut tags = Tags::default();
    for (name, value) in reader.0 {
        let value = value.as_text().ok_or_else(|| damaged(name, "a text"))?;
        let name = TagName::try_from(name.clone()).map_err(|_| damaged(name, "a tag's name"))?;
        let value =
            TagValue::try_from(value.to_owned()).map_err(|_| damaged(name.as_str(), "a tag's value"))?;
        tags.insert(name, value).map_err(|_| damaged("tags", "fewer tags"))?;
    }
    Ok(tags)
}
