//! Sums over all samples, for the ratios at the end.

use std::{cell::RefCell, collections::BTreeMap, process, time::Duration};

use crate::machine::processor_time;

/// Times and operations by name, over the whole run.
#[derive(Default)]
pub(crate) struct Measured(RefCell<BTreeMap<&'static str, Sum>>);

/// What a name came to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    elapsed: Duration,
    processor: Duration,
    operations: u64,
}

impl Measured {
    /// Runs so many operations and counts what they took; gives the time that the run says it took.
    pub(crate) fn add(
        &self,
        name: &'static str,
        operations: u64,
        run: impl FnOnce() -> Duration,
    ) -> Duration {
        let before = processor_time(process::id());
        let elapsed = run();
        let processor = processor_time(process::id()) - before;
        let mut sums = self.0.borrow_mut();
        let sum = sums.entry(name).or_default();
        *sum = Sum {
            elapsed: sum.elapsed + elapsed,
            processor: sum.processor + processor,
            operations: sum.operations + operations,
        };
        elapsed
    }

    /// Seconds per operation: by the clock, and of processor time.
    fn seconds(&self, name: &str) -> (f64, f64) {
        let sum = self.0.borrow().get(name).copied().unwrap_or_default();
        let each = |time: Duration| time.as_secs_f64() / sum.operations as f64;
        (each(sum.elapsed), each(sum.processor))
    }

    pub(crate) fn print(&self, what: &str, store: &str, bare: &str) {
        let ((store, store_processor), (bare, bare_processor)) = (self.seconds(store), self.seconds(bare));
        let (store_processor, bare_processor) = (store_processor * 1e6, bare_processor * 1e6);
        println!(
            "{what}: {:.0}/s, bare {:.0}/s, ratio {:.3}, time {:.2} x bare; processor time {store_processor:.1} µs, bare {bare_processor:.1} µs",
            1.0 / store,
            1.0 / bare,
            bare / store,
            store / bare
        );
    }
}
