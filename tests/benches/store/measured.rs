//! Sums over all samples, for the ratios at the end.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

/// Time and operations by name, over the whole run.
#[derive(Default)]
pub(crate) struct Measured(RefCell<BTreeMap<&'static str, (Duration, u64)>>);

impl Measured {
    pub(crate) fn add(&self, name: &'static str, operations: u64, elapsed: Duration) -> Duration {
        let mut sums = self.0.borrow_mut();
        let sum = sums.entry(name).or_default();
        *sum = (sum.0 + elapsed, sum.1 + operations);
        elapsed
    }

    fn seconds_per_operation(&self, name: &str) -> f64 {
        self.0
            .borrow()
            .get(name)
            .map_or(f64::NAN, |(elapsed, operations)| elapsed.as_secs_f64() / *operations as f64)
    }

    pub(crate) fn print(&self, what: &str, store: &str, bare: &str) {
        let (store, bare) = (self.seconds_per_operation(store), self.seconds_per_operation(bare));
        println!("{what}: {:.0}/s, bare {:.0}/s, time {:.2} x bare", 1.0 / store, 1.0 / bare, store / bare);
    }
}
