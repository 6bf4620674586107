//! The capacity protocol, checked over every interleaving there is, within bounds.
//!
//! The simulator draws some schedules of many calls on the real code; this draws all schedules of few calls on a model of it. A cap of
//! one slot, a call that may be offered twice and a rival call are enough for every way of breaking a cap that is known ([`Variant`]).
//!
//! Modelled, a step each, as the product's code does it ([`process`] names the code):
//!
//! - the transaction that reserves and writes the attempt; the end of a leg, written once; the release in two phases, with legs
//!   that are `undecided`; the key that the answerer presses, written once;
//! - the watchdog: its look at the clock, its reading of the call, its question, the writing of the end, the release;
//! - death of any process between any two steps, and as many at once as [`Scene::processes`] says;
//! - every webhook: any number of copies of it, at any time after it was sent, or never;
//! - the caller, who may hang up at any time; the leg, which may never be placed, ring for ever or end at any time;
//! - the provider, which acts on the first reply to a webhook that comes before its deadline, and whose API may not know yet of a leg
//!   that it has placed, for as long as the watchdog's margin lasts.
//!
//! Abstracted, each so that the model can do whatever the product can, and more:
//!
//! - Time is two marks per webhook (nobody waits for its reply any more; the margin after that has passed too) and two per ended leg
//!   (reports that arrive do not count any more; the margin after that has passed too), each reached at any moment.
//!   A handler that took up a report in time has written it before the second mark: it is cut off by its own deadline.
//! - Delayed messages: the watchdog may look at any attempt at any time, early, late, twice or never. A look that can do no more than the
//!   report of the leg's end does is left out. That nothing leaks needs of messages, and of the hourly sweep, only that what is held is
//!   looked at after all else has come to rest.
//! - A provider that does not answer the watchdog, or answers "live", changes nothing: the same as a watchdog that dies. That it is asked to
//!   hang up then is one more hang-up at any time.
//! - Windows and money are one count, taken and given back with each other; buyer, group and target are one scope.
//! - States that can only go alike are one: a reply for which nobody waits is dropped, and so is a release that finds nothing.

mod capacity;
mod check;
mod process;
mod property;
mod record;
mod release;
mod rest;
mod state;
mod transition;
mod truth;
mod variant;
mod watchdog;
mod webhook;

pub use check::{Verdict, check};
pub use property::Promise;
pub use state::{Scene, State};
pub use transition::Transition;
pub use variant::Variant;
