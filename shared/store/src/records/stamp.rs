//! A stamp within CALL: by our clock always, by the provider's where it tells.

use ringfall_domain::call::Stamp;

use super::attributes::{Attributes, Reader, instant};
use crate::port::StoreError;

/// A stamp's two times.
pub fn encode_stamp(stamp: Stamp) -> Attributes {
    Attributes::new().with_instant("at", stamp.arrived_at).with_some("theirs", stamp.occurred_at.map(instant))
}

/// Reads a stamp's two times.
pub fn decode_stamp(reader: Reader<'_>) -> Result<Stamp, StoreError> {
    Ok(Stamp { arrived_at: reader.instant("at")?, occurred_at: reader.optional_instant("theirs")? })
}
