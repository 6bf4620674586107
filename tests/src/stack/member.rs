//! What a test asks of a JSON document that may have more in it.

use serde_json::Value;

/// Whether a document has these members with these values, whatever else it has.
fn has_members(document: &Value, wanted: &Value) -> bool {
    wanted
        .as_object()
        .is_some_and(|wanted| wanted.iter().all(|(name, value)| document.get(name) == Some(value)))
}

/// Whether a report has one row, and that has these members with these values.
pub fn is_one_row(rows: &Value, wanted: &Value) -> bool {
    rows.as_array().is_some_and(|rows| matches!(&rows[..], [row] if has_members(row, wanted)))
}
