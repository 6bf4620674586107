//! The simulator: whole runs of the platform on virtual time, under faults drawn from a seed, held to the design's invariants
//! after every step.
//!
//! - [`world`]: two agencies, a date and the callers to come, all drawn from the seed.
//! - [`carrier`]: the truth. It places calls, sends webhooks through the platform's own router and obeys its instructions.
//! - [`faults`]: the ports that the platform stands on, and what goes wrong with them.
//! - [`fleet`]: the platform's machines, its workers and consumers of the change feed; [`agencies`] change the configuration.
//! - [`checker`]: the invariants, judged by the carrier's truth.
//! - [`defects`]: the same platform built wrong; the checker must notice.
//!
//! One seed is one run: everything happens in one thread on a clock that only moves when nothing else can, and nothing is left
//! to the computer's own clock or randomness. A failing seed replays step by step.

pub mod agencies;
pub mod carrier;
pub mod chance;
pub mod checker;
pub mod clock;
pub mod defects;
pub mod faults;
pub mod fleet;
pub mod run;
pub mod series;
pub mod trace;
pub mod verdict;
pub mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::{
    defects::Defect,
    run::{Options, Outcome, run, told},
    series::{Series, Summary},
    verdict::{Invariant, Violation},
    world::Scene,
};

/// The sort key under which a buyer's capacity stands.
const CAPACITY: &str = "CAPACITY";

/// What a lock guards. A run that panicked is over, and nothing of it is used again.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
