//! Callers hang up and are called back: their place is kept.
//!
//! Whoever wants to be called back stands in the queue as a WAITER of that kind, at the very place at which they waited, as long as
//! their CALLBACK is open. Both are changed together:
//!
//! - [`keep_place`]: the call is finished with that, the WAITER becomes one of a callback, the CALLBACK is written.
//! - [`begin_attempt`], [`attempt_ended`]: each try is begun once, whatever is retried: over the number of tries that whoever begins it has
//!   read. Only who has begun it rings.
//! - [`reach`], [`call_in`]: another call gets the place: the one in which they were reached, or in which they called in. Of several, one.
//! - [`cancel`], [`give_up`]: the place is given up.
//!
//! So nobody is rung whose callback was called off before, whoever is rung twice was to be rung twice, and a place has one holder.

mod attempt;
mod close;
mod keep;
mod read;
mod take;
#[cfg(test)]
mod tests;

pub use self::{
    attempt::{AfterAttempt, Began, attempt_ended, attempt_placed, begin_attempt},
    close::{Closed, cancel, give_up},
    keep::{Keep, Kept, keep_place},
    read::{find, find_by_number, list},
    take::{Taken, call_in, reach},
};
