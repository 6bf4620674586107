//! Callers who hang up and keep their place: it is [kept](mod@keep), they are [rung](mod@ring) when it is nearly their turn, and whoever answers and
//! presses the key [holds the line](mod@reach) at that place, and is served next.

mod keep;
mod reach;
pub mod ring;

pub use self::keep::keep;
pub(super) use self::{
    keep::kept_place,
    reach::{Answered, answer, answered},
};
