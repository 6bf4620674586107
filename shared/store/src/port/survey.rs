//! All items of the table, for what must be found though its key is not known. A survey reads everything there is: it is
//! for repairs, never for calls.

use async_trait::async_trait;

use super::{Key, SharedItem, StoreError, Wanted};

/// One of several parts of the table that can be surveyed side by side. Every item is in exactly one of them; an engine may have
/// all items in the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    number: u32,
    of: u32,
}

/// The most segments of one survey (DynamoDB's limit).
const MOST_SEGMENTS: u32 = 1_000_000;

impl Segment {
    /// All segments of a survey of so many: 1 to 1,000,000, or what of that is nearest.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        let of = of.clamp(1, MOST_SEGMENTS);
        (0..of).map(move |number| Self { number, of })
    }

    /// Its number, from 0.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// How many there are.
    pub const fn of(self) -> u32 {
        self.of
    }
}

/// Some items of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Those that are wanted, with their keys.
    pub items: Vec<(Key, SharedItem)>,
    /// Behind which key the next sheet begins; none at the end of the segment. There may be one though nothing follows.
    pub next: Option<Key>,
}

/// The port of surveys.
#[async_trait]
pub trait Survey: Send + Sync + 'static {
    /// What is wanted of up to `limit` (at least 1) items of a segment, behind the key that the sheet before gave. Each item comes as
    /// it stood at some moment of this read. One that is there all the time comes once in a whole survey; one that is made or
    /// deleted meanwhile may come or not. An engine may stop before the limit, and a sheet may be empty though more follow.
    async fn survey(
        &self,
        segment: Segment,
        after: Option<&Key>,
        limit: usize,
        wanted: Wanted,
    ) -> Result<Sheet, StoreError>;
}
