//! Times, and what is said of them.

use std::{collections::BTreeMap, time::Duration};

use ringfall_tests::stack::Step;

/// Times by step.
#[derive(Default)]
pub(crate) struct Times(BTreeMap<Step, Vec<Duration>>);

impl Times {
    pub(crate) fn add(&mut self, step: Step, time: Duration) {
        self.0.entry(step).or_default().push(time);
    }

    /// A line for all of them and one for each step.
    pub(crate) fn lines(&self) -> Vec<String> {
        let all: Vec<Duration> = self.0.values().flatten().copied().collect();
        let steps = self.0.iter().map(|(step, times)| line(&format!("{step:?}"), times));
        [line("all", &all)].into_iter().chain(steps).collect()
    }
}

fn line(name: &str, times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let milliseconds = |per_mille: usize| {
        let index = (sorted.len().saturating_sub(1) * per_mille).div_ceil(1_000);
        sorted.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    };
    let (median, p99, p999, most) =
        (milliseconds(500), milliseconds(990), milliseconds(999), milliseconds(1_000));
    format!(
        "  {name:<10} {:>6} webhooks  p50 {median:>6.2} ms  p99 {p99:>6.2} ms  p99.9 {p999:>6.2} ms  most {most:>6.2} ms",
        times.len()
    )
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
