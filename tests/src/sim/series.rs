//! Many runs, on as many threads as the machine has.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{
    held,
    run::{Options, Outcome, run},
    world::World,
};

/// Seeds one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// The first.
    pub first_seed: u64,
    /// How many.
    pub runs: u64,
    /// What kind of runs.
    pub options: Options,
}

impl Series {
    /// Runs them all.
    ///
    /// # Returns
    /// What each came to, in the order of the seeds.
    pub fn run(&self) -> Vec<Outcome> {
        let next = AtomicU64::new(0);
        let outcomes = Mutex::new(Vec::new());
        let threads = thread::available_parallelism().map_or(1, Into::into);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= self.runs {
                            return;
                        }
                        let outcome = run(self.first_seed.wrapping_add(index), self.options);
                        held(&outcomes).push(outcome);
                    }
                });
            }
        });
        let mut outcomes = std::mem::take(&mut *held(&outcomes));
        outcomes.sort_by_key(|outcome| outcome.seed.wrapping_sub(self.first_seed));
        outcomes
    }

    /// How often each kind of thing happened in all of some runs.
    pub fn counts(outcomes: &[Outcome]) -> BTreeMap<&'static str, u64> {
        let mut sums = BTreeMap::new();
        for (kind, count) in outcomes.iter().flat_map(|outcome| &outcome.counts) {
            *sums.entry(*kind).or_default() += count;
        }
        sums
    }
}

impl Outcome {
    /// What went wrong, how to see it again, and the trace up to there if wanted.
    pub fn shown(&self, with_trace: bool) -> String {
        let Some(violation) = &self.violation else {
            return format!("seed {}: nothing was broken in {} steps", self.seed, self.steps);
        };
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = self.write(&mut text, violation, with_trace);
        World::drawn(self.seed, self.options.calls, self.options.scene).with_short_names(&text)
    }

    fn write(&self, text: &mut String, violation: &super::Violation, with_trace: bool) -> fmt::Result {
        let (seed, calls) = (self.seed, self.options.calls);
        for line in violation.trace.iter().filter(|_| with_trace) {
            writeln!(text, "{line}")?;
        }
        writeln!(text, "seed {seed}, step {}: {}", violation.step, violation.invariant)?;
        writeln!(text, "  {}", violation.what)?;
        writeln!(text, "  broken in all: {:?}", self.broken)?;
        write!(text, "  again: SIM_SEED={seed} SIM_RUNS=1 SIM_CALLS={calls}")
    }
}
