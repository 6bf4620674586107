//! The simulator's fixed seeds, and proof that it bites. `SIM_SEED`, `SIM_RUNS` and `SIM_CALLS` choose others:
//! `cargo run --release -p ringfall-tests --bin simulate`.

use ringfall_tests::sim::{Defect, Options, Series, run};

const RUNS: u64 = 24;
const CALLS: u32 = 60;

#[test]
fn no_fixed_seed_breaks_an_invariant() {
    let options = Options { calls: CALLS, ..Options::default() };
    let outcomes = Series { first_seed: 1, runs: RUNS, options }.run();
    assert_eq!(outcomes.len() as u64, RUNS);
    let broken: Vec<_> = outcomes.iter().filter(|outcome| outcome.violation.is_some()).collect();
    let shown: Vec<_> = broken.iter().map(|outcome| outcome.shown(true)).collect();
    assert!(broken.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn a_seed_goes_alike_each_time() {
    let options = Options { calls: 30, ..Options::default() };
    let (first, again, other) = (run(7, options), run(7, options), run(8, options));
    assert_eq!((first.hash, first.steps), (again.hash, again.steps));
    assert_ne!(first.hash, other.hash);
}

#[test]
fn every_platform_that_is_built_wrong_is_found_out() {
    for defect in Defect::ALL {
        let options = Options { calls: CALLS, defect: Some(defect), ..Options::default() };
        let found = (1..=20).any(|seed| run(seed, options).violation.is_some());
        assert!(found, "{defect:?} was not found in 20 runs");
    }
}
