//! A stamp within CALL: by our clock always, by the provider's where it tells.

use ringfall_domain::call::Stamp;

use super::attributes::{Attributes, Reader};
use crate::port::StoreError;

/// A stamp's two times.
pub fn encode_stamp(stamp: Stamp) -> Attributes {
    Attributes::new()
        .with_text("arrived_at", stamp.arrived_at)
        .with_some("occurred_at", stamp.occurred_at.map(|at| at.to_string()))
}

/// Reads a stamp's two times.
pub fn decode_stamp(reader: Reader<'_>) -> Result<Stamp, StoreError> {
    Ok(Stamp { arrived_at: reader.time("arrived_at")?, occurred_at: reader.optional_parsed("occurred_at")? })
}
