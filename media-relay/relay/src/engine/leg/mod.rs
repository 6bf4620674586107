//! A leg inside its thread: an ear for what comes in, a mouth for what goes out, and a tape while it is recorded. They lie in tables of
//! their own, so that one leg's ear and another leg's mouth are at hand at the same time.

mod ear;
mod mouth;
mod speech;
mod table;
mod tape;

pub(super) use ear::{Ear, Heard};
pub(super) use mouth::{Mouth, Said};
pub(super) use table::Legs;
pub(super) use tape::Tape;
