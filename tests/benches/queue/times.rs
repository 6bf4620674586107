//! What is said of some times.

use std::time::Duration;

/// Their distribution in words.
pub(crate) fn describe(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |per_mille: usize| {
        let index = (times.len().saturating_sub(1) * per_mille).div_ceil(1_000);
        times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    };
    format!("{} times, p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms", times.len(), at(500), at(990), at(1_000))
}
