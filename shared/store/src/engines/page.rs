//! When an answer of many parts is full.

/// An answer ends once it holds this many bytes, as DynamoDB's pages do.
const PAGE_BYTES: usize = 1024 * 1024;
/// An answer ends once it holds this many parts, however small they are.
const PAGE_PARTS: u32 = 1_000;

/// What an answer may still hold.
#[derive(Debug)]
pub(super) struct Room {
    parts: u32,
    bytes: usize,
}

impl Room {
    /// Room for `limit` parts, or for a page if that is less.
    pub(super) fn for_parts(limit: usize) -> Self {
        let parts = u32::try_from(limit).map_or(PAGE_PARTS, |limit| limit.min(PAGE_PARTS));
        Self { parts, bytes: PAGE_BYTES }
    }

    /// How many parts fit at most.
    pub(super) const fn parts(&self) -> u32 {
        self.parts
    }

    /// Takes the room of one part. The part that fills it still fits, so that every answer has at least one.
    pub(super) fn take(&mut self, bytes: usize) {
        self.parts = self.parts.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Whether nothing more fits.
    pub(super) const fn is_full(&self) -> bool {
        self.parts == 0 || self.bytes == 0
    }
}
