//! The writes that must be right under any interleaving, loss and repetition, written once over the port.
//!
//! - [`arrive`]: a call is created once, whoever brings its first webhook.
//! - [`record`]: facts are written once each; the reports of one thing may come in any order and number.
//! - [`reserve`], [`release`]: capacity. In one transaction the buyer's caps are checked and taken and the attempt is written into its
//!   call, if absent: there is no reservation without its attempt, and a late hang-up of one attempt cannot free another.
//!   [`leases`] tells which legs hold a slot.
//! - [`caller`]: to whom a caller was sold, claimed along with capacity, so that two simultaneous calls know of each other.
//! - [`queue`]: who waits, where, and how they leave; [`callback`]: who has hung up and keeps a place.
//! - [`arrivals`], [`blocked`]: how often a caller calls, and whether they may.
//! - [`settle`]: the journal. One put per attempt and kind, under a deterministic key, only if absent.
//! - [`rollup`]: sums that take up each change of the feed once, however often it is replayed.
//! - [`turn`]: of several that are called to consume the feed, one does, for all.
//! - [`repair`]: hours whose sums are to be compared with the calls and the journal, asked for by many and lost by none.
//! - [`save`]: configuration. A document and all that follows from it (plans, limits, pointers) are written together, and only
//!   if what it follows from still stands.
//! - [`accounts`]: an account is opened with its first key, both or neither.
//! - [`idempotency`]: a request that carries a key is carried out once, even if a process dies over it.
//! - [`resources`], [`timeline`]: reading in pages. [`trunks`]: all that relays must know, in one query.

pub mod accounts;
pub mod arrivals;
pub mod arrive;
pub mod blocked;
pub mod callback;
pub mod caller;
pub mod find;
pub mod idempotency;
pub mod leases;
pub mod queue;
pub mod record;
pub mod release;
pub mod repair;
pub mod reserve;
pub mod resources;
pub mod rollup;
pub mod save;
pub mod settle;
mod standing;
pub mod timeline;
pub mod trunks;
pub mod turn;

#[cfg(test)]
mod tests;
