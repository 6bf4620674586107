//! The simulator over many seeds, and proof that it bites. `simulate` runs others, and more of them:
//! `cargo run --release -p ringfall-tests --bin simulate -- --seed 1001 --runs 1000000`.

use ringfall_tests::sim::{Defect, Options, Scene, Series, run};

/// `simulate` runs many more; these fit into half a minute of two cores, unoptimised.
const RUNS: u64 = 12;
const CALLS: u32 = 150;
/// Callers of a platform that is built wrong: most are found out within few.
const CALLS_WRONG: u32 = 60;
/// Seeds in which a platform that is built wrong is found out at the latest.
const MOST_RUNS_WRONG: u64 = 40;

#[test]
fn no_fixed_seed_breaks_an_invariant() {
    let options = Options { calls: CALLS, ..Options::default() };
    let outcomes = Series { first_seed: 1, runs: RUNS, options }.run();
    assert_eq!(outcomes.len() as u64, RUNS);
    let broken: Vec<_> = outcomes.iter().filter(|outcome| outcome.violation.is_some()).collect();
    let shown: Vec<_> = broken.iter().map(|outcome| outcome.shown(true)).collect();
    assert!(broken.is_empty(), "{}", shown.join("\n"));
}

/// What is drawn for one thing alone is no fault of a platform that is built right.
#[test]
fn no_scene_breaks_an_invariant() {
    for scene in [Scene::CallsAtOnce, Scene::UnlikeWaiters] {
        let options = Options { calls: CALLS_WRONG, scene, ..Options::default() };
        for outcome in (Series { first_seed: 1, runs: 4, options }).run() {
            assert!(outcome.violation.is_none(), "{scene:?}: {}", outcome.shown(true));
        }
    }
}

#[test]
fn a_seed_goes_alike_each_time() {
    let options = Options { calls: 30, ..Options::default() };
    let (first, again, other) = (run(7, options), run(7, options), run(8, options));
    assert_eq!((first.hash, first.steps), (again.hash, again.steps));
    assert_ne!(first.hash, other.hash);
}

#[test]
fn every_platform_that_is_built_wrong_is_found_out_for_what_is_wrong_with_it() {
    for defect in Defect::ALL {
        let mut is_found = false;
        for first_seed in (1..=MOST_RUNS_WRONG).step_by(4) {
            let scene = defect.scene();
            let options = Options { calls: CALLS_WRONG, scene, defect: Some(defect), lines_kept: 40 };
            for outcome in (Series { first_seed, runs: 4, options }).run() {
                let is_shown = defect.shows_as().iter().any(|wanted| outcome.broken.contains(wanted));
                let is_for_it = outcome.violation.is_none() || is_shown;
                assert!(is_for_it, "{defect:?} was found for another reason:\n{}", outcome.shown(true));
                is_found |= is_shown;
            }
            if is_found {
                break;
            }
        }
        assert!(is_found, "{defect:?} broke none of {:?} in {MOST_RUNS_WRONG} runs", defect.shows_as());
    }
}
