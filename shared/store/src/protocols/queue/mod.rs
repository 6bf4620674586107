//! Callers wait: whoever comes into a queue gets one place in it for ever, and leaves it once.
//!
//! The fact that a call waits stands in CALL, its place in line is a WAITER. Either is changed with the other, in one transaction: to come
//! in ([`enter`](fn@enter), [`come_in`]) both are written, to be served ([`reserve`](super::reserve)) the WAITER goes with the slot that is taken, to overflow
//! ([`overflow`]) it goes with the fact. Whoever hangs up leaves a WAITER behind, which [`leave`](fn@leave) takes away, or whoever finds
//! it: only their call tells whether somebody can be served, and no transaction gives a slot to one who is gone.
//!
//! The order of service is that of the sort keys ([`head`]). A key is never rewritten, so that nobody is overtaken by more than
//! their place says.

mod enter;
mod leave;
mod line;
mod serving;
#[cfg(test)]
pub(in crate::protocols) mod tests;

pub use self::{
    enter::{Entered, Entry, come_in, enter},
    leave::{Left, leave, overflow},
    line::{Line, head, line, line_behind, line_up_to},
    serving::{queues_of_account, queues_of_buyers},
};
pub(in crate::protocols) use self::{
    enter::{is_queued, put},
    leave::take_away,
};
