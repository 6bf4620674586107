//! What is done with callers.

use proptest::prelude::*;

/// So many callers there are.
pub(super) const CALLERS: usize = 6;

/// One thing that is done, with the caller of that number.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) caller: usize,
    pub(super) kind: Kind,
    /// It is done once more, by somebody who knows what the first one knew.
    pub(super) twice: bool,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// They come into the queue, or back into it, worth so many dollars.
    Come(i64),
    /// Whoever is the first who holds the line is offered.
    ServeFirst,
    /// They are offered.
    Serve,
    /// Nobody took them.
    Decline,
    /// They hang up.
    HangUp,
    /// They cannot be held any longer.
    Overflow,
    /// They want to be called back.
    KeepPlace,
    /// They are rung.
    Ring,
    /// They do not answer.
    NotReached,
    /// They press the key.
    Reach,
    /// The caller of another number, who is new, turns out to be the one who is to be called back.
    CallIn(usize),
    /// Their callback is called off.
    Cancel,
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let kind = prop_oneof![
        6 => (0..300_i64).prop_map(Kind::Come),
        4 => Just(Kind::ServeFirst),
        2 => Just(Kind::Serve),
        4 => Just(Kind::Decline),
        1 => Just(Kind::HangUp),
        1 => Just(Kind::Overflow),
        3 => Just(Kind::KeepPlace),
        3 => Just(Kind::Ring),
        1 => Just(Kind::NotReached),
        3 => Just(Kind::Reach),
        1 => (0..CALLERS).prop_map(Kind::CallIn),
        1 => Just(Kind::Cancel),
    ];
    (0..CALLERS, kind, any::<bool>()).prop_map(|(caller, kind, twice)| Operation { caller, kind, twice })
}
