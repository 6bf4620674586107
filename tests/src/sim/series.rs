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
    run::{Options, Outcome, run, told},
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

/// What a series came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many seeds were run.
    pub runs: u64,
    /// How often each kind of thing happened in all of them.
    pub counts: BTreeMap<&'static str, u64>,
    /// The runs that broke an invariant, in the order of their seeds.
    pub broken: Vec<Outcome>,
}

impl Summary {
    fn add(&mut self, outcome: Outcome) {
        self.runs += 1;
        for (kind, count) in &outcome.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        if outcome.violation.is_some() {
            self.broken.push(outcome);
        }
    }
}

impl Series {
    /// Runs them all. Nothing is kept of runs that broke nothing but what they add to the counts: there may be millions.
    pub fn run(&self) -> Summary {
        let next = AtomicU64::new(0);
        let summary = Mutex::new(Summary::default());
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
                        held(&summary).add(outcome);
                    }
                });
            }
        });
        let mut summary = std::mem::take(&mut *held(&summary));
        summary.broken.sort_by_key(|outcome| outcome.seed.wrapping_sub(self.first_seed));
        summary
    }
}

impl Outcome {
    /// What went wrong, how to see it again, and so many of the last lines up to there: for these the seed is run once more.
    pub fn shown(&self, lines: usize) -> String {
        let Some(violation) = &self.violation else {
            return format!("seed {}: nothing was broken in {} steps", self.seed, self.steps);
        };
        let again = (lines > 0).then(|| told(self.seed, self.options, lines).violation).flatten();
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = self.write(&mut text, again.as_ref().unwrap_or(violation));
        World::drawn(self.seed, self.options.calls, self.options.scene).with_short_names(&text)
    }

    fn write(&self, text: &mut String, violation: &super::Violation) -> fmt::Result {
        let (seed, calls) = (self.seed, self.options.calls);
        for line in &violation.trace {
            writeln!(text, "{line}")?;
        }
        writeln!(text, "seed {seed}, step {}: {}", violation.step, violation.invariant)?;
        writeln!(text, "  {}", violation.what)?;
        writeln!(text, "  broken in all: {:?}", self.broken)?;
        write!(text, "  again: SIM_SEED={seed} SIM_RUNS=1 SIM_CALLS={calls}")
    }
}
