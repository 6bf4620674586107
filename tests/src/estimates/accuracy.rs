//! How far estimates were off.

use std::collections::BTreeMap;

use super::traffic::Told;

/// How far each way to estimate was off, over some callers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Errors {
    /// Callers who were told something and then served.
    pub callers: u32,
    /// How long they waited, in all.
    pub waited_seconds: f64,
    /// By the product's estimate: the sum of absolute errors.
    pub own_seconds: f64,
    /// By the place alone: as many departures as there are ahead, and one.
    pub by_place_seconds: f64,
    /// By a running average of waits, as common telephone systems tell it.
    pub by_average_seconds: f64,
}

impl Errors {
    /// A sum, for each caller.
    #[must_use]
    pub fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.callers.max(1))
    }
}

/// How far off estimates were, by how many were ahead.
#[derive(Debug, Clone, Default)]
pub struct Accuracy {
    /// Under the most that there were.
    pub by_ahead: BTreeMap<u32, Errors>,
}

impl Accuracy {
    /// A caller was told this, and then waited so long.
    pub(super) fn add(&mut self, told: &Told, waited_seconds: f64) {
        // 0, 1, 3, 7, 15, …: so that each line of the table has callers.
        let most = (told.ahead + 1).next_power_of_two() - 1;
        let errors = self.by_ahead.entry(most).or_default();
        errors.callers += 1;
        errors.waited_seconds += waited_seconds;
        errors.own_seconds += (f64::from(told.own_seconds) - waited_seconds).abs();
        errors.by_place_seconds += (told.by_place_seconds - waited_seconds).abs();
        errors.by_average_seconds += (told.by_average_seconds - waited_seconds).abs();
    }

    /// Over all callers.
    #[must_use]
    pub fn overall(&self) -> Errors {
        self.by_ahead.values().fold(Errors::default(), |sum, errors| Errors {
            callers: sum.callers + errors.callers,
            waited_seconds: sum.waited_seconds + errors.waited_seconds,
            own_seconds: sum.own_seconds + errors.own_seconds,
            by_place_seconds: sum.by_place_seconds + errors.by_place_seconds,
            by_average_seconds: sum.by_average_seconds + errors.by_average_seconds,
        })
    }
}
