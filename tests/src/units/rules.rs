//! DynamoDB's rules of what an operation costs (Developer Guide, "DynamoDB read and write operations").

use ringfall_store::engines::interpreter::item_bytes;
use ringfall_store::port::{Item, Key};

const READ_BYTES: usize = 4 * 1024;
const WRITE_BYTES: usize = 1024;

/// The size of what stands at a key, names and values included; 0 where nothing does.
pub fn bytes(key: &Key, item: Option<&Item>) -> usize {
    item.map_or(0, |item| item_bytes(key, item))
}

/// The read units of one strongly consistent read. Reading nothing costs one as well.
pub fn read_units(bytes: usize) -> usize {
    bytes.div_ceil(READ_BYTES).max(1)
}

/// The write units of one write, made or refused: the larger of the item before and after counts.
pub fn write_units(before: usize, after: usize) -> usize {
    before.max(after).div_ceil(WRITE_BYTES).max(1)
}

/// Each write of a transaction is made twice: prepared and committed.
pub const TRANSACTION: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_begun_kilobytes_and_at_least_one() {
        for (bytes, units) in [(0, 1), (1, 1), (4_096, 1), (4_097, 2), (8_193, 3)] {
            assert_eq!(read_units(bytes), units, "{bytes} bytes read");
        }
        for (before, after, units) in [(0, 1, 1), (1_024, 10, 1), (10, 1_025, 2), (3_000, 0, 3)] {
            assert_eq!(write_units(before, after), units, "{before} to {after} bytes");
        }
    }
}
