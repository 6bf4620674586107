//! When each call passed each place.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// The times of all calls of a run, by their numbers.
#[derive(Debug)]
pub struct Times {
    began: Instant,
    calls: Vec<[AtomicU64; 4]>,
}

/// A place that a call passes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The caller's INVITE is sent.
    Dialled,
    /// The platform is asked.
    Asked,
    /// It has answered.
    Told,
    /// The desk's INVITE is there.
    Rung,
}

impl Times {
    /// For so many calls.
    pub(super) fn new(calls: usize) -> Self {
        Self { began: Instant::now(), calls: (0..calls).map(|_| Default::default()).collect() }
    }

    /// A call passes a place, for the first time.
    pub(super) fn pass(&self, call: usize, place: Place) {
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if let Some(times) = self.calls.get(call) {
            // Copies come later.
            let _ = times[place as usize].compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// What the relay has added to each call that reached the desk.
    pub fn added(&self) -> impl Iterator<Item = Duration> {
        self.calls.iter().filter_map(|times| {
            let [dialled, asked, told, rung] = times.each_ref().map(|time| time.load(Ordering::Relaxed));
            let platform = told.checked_sub(asked)?;
            let is_whole = dialled > 0 && asked > 0 && rung > 0;
            is_whole.then(|| rung.checked_sub(dialled)?.checked_sub(platform).map(Duration::from_nanos))?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_calls_count_and_the_platforms_time_does_not() {
        let times = Times::new(2);
        for (place, wait) in [(Place::Dialled, 1), (Place::Asked, 1), (Place::Told, 40), (Place::Rung, 1)] {
            std::thread::sleep(Duration::from_millis(wait));
            times.pass(1, place);
        }
        times.pass(0, Place::Dialled);
        let added: Vec<_> = times.added().collect();
        let whole = times.began.elapsed();
        assert!(added.len() == 1 && added[0] + Duration::from_millis(39) < whole, "{added:?} of {whole:?}");
    }
}
