//! The entry points that the suite feeds too: one list of them for both.

#[path = "../../src/entry_points.rs"]
pub mod entry_points;
