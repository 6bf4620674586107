//! The simulator over many seeds, and proof that it bites. `simulate` runs others, and more of them:
//! `cargo run --release -p ringfall-tests --bin simulate -- --seed 1001 --runs 1000000`.

use ringfall_tests::sim::{Defect, Options, Scene, Series, run, told};

/// `simulate` runs many more; these fit into a minute of two cores, hardly optimised.
const RUNS: u64 = 200;
const CALLS: u32 = 200;
/// Callers of a platform that is built wrong: most are found out within few.
const CALLS_WRONG: u32 = 60;
/// Seeds in which a platform that is built wrong is found out at the latest.
const MOST_RUNS_WRONG: u64 = 40;
/// Lines of its trace that are shown of a run that fails.
const LINES: usize = 400;

/// What the fixed seeds must have brought about, and what must have been checked in them: a proof about what never happens would be none.
const BROUGHT_ABOUT: &[&str] = &[
    "call: the caller hung up early",
    "callback: called in",
    "callback: given up",
    "callback: reached",
    "callback: rings",
    "callback: voicemail answers",
    "check: a budget",
    "check: a caller let in",
    "check: a caller turned away",
    "check: a concurrency cap",
    "check: a lack of skills",
    "check: a least time between calls",
    "check: a second chance",
    "check: a step of the hold",
    "check: a target's skills",
    "check: a window's cap",
    "check: a window's cap in money",
    "check: hours",
    "check: somebody is rung",
    "configuration: a concurrency cap lowered",
    "configuration: hours changed",
    "feed: a small piece",
    "feed: checkpoint lost",
    "feed: forgets what nobody has read",
    "feed: goes back",
    "machine: replaced",
    "message: acknowledgement lost",
    "message: delivered twice",
    "message: early",
    "message: lost",
    "message: sent twice",
    "provider's API: answer lost",
    "provider's API: death after",
    "provider's API: down",
    "provider's API: redirect of a call that is over",
    "queue: a caller is served out of it",
    "queue: a newcomer is served",
    "queue: a place is kept",
    "queue: the caller lost patience",
    "repair: a row corrected",
    "report: contradicts the first",
    "report: late",
    "report: lost",
    "store: a batch in parts",
    "store: a conflict of transactions",
    "store: a partition becomes throttled",
    "store: death",
    "store: done, but reported as failed",
    "store: refused",
    "store: slow",
    "store: took effect after its sender had gone",
    "sweep: a leg given back to the watchdog",
    "webhook: a step of the hold doubled",
    "webhook: doubled",
    "webhook: late",
    "webhook: lost",
    "webhook: reply late",
    "webhook: reply lost",
];

#[test]
fn no_fixed_seed_breaks_an_invariant() {
    let options = Options { calls: CALLS, ..Options::default() };
    let summary = Series { first_seed: 1, runs: RUNS, options }.run();
    assert_eq!(summary.runs, RUNS);
    let shown: Vec<_> = summary.broken.iter().take(3).map(|outcome| outcome.shown(LINES)).collect();
    assert!(shown.is_empty(), "{} failed:\n{}", summary.broken.len(), shown.join("\n"));
    let missing: Vec<_> = BROUGHT_ABOUT.iter().filter(|kind| !summary.counts.contains_key(**kind)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}, but {:?}", summary.counts);
}

/// What is drawn for one thing alone is no fault of a platform that is built right.
#[test]
fn no_scene_breaks_an_invariant() {
    for scene in [Scene::CallsAtOnce, Scene::UnlikeWaiters] {
        let options = Options { calls: CALLS_WRONG, scene, ..Options::default() };
        let summary = Series { first_seed: 1, runs: 4, options }.run();
        let shown: Vec<_> = summary.broken.iter().map(|outcome| outcome.shown(LINES)).collect();
        assert!(shown.is_empty(), "{scene:?}: {}", shown.join("\n"));
    }
}

#[test]
fn a_seed_goes_alike_each_time_told_or_not() {
    let options = Options { calls: 30, ..Options::default() };
    let (first, again, other) = (told(7, options, 9), told(7, options, 9), told(8, options, 9));
    assert_eq!((first.hash, first.steps), (again.hash, again.steps));
    assert_ne!(first.hash, other.hash);
    let silent = run(7, options);
    assert_eq!((silent.steps, silent.counts), (first.steps, first.counts));
    assert_eq!(silent.hash, run(7, options).hash);
}

#[test]
fn every_platform_that_is_built_wrong_is_found_out_for_what_is_wrong_with_it() {
    for defect in Defect::ALL {
        let mut is_found = false;
        for first_seed in (1..=MOST_RUNS_WRONG).step_by(4) {
            let options = Options { calls: CALLS_WRONG, scene: defect.scene(), defect: Some(defect) };
            for outcome in (Series { first_seed, runs: 4, options }).run().broken {
                let is_shown = defect.shows_as().iter().any(|wanted| outcome.broken.contains(wanted));
                assert!(is_shown, "{defect:?} was found for another reason:\n{}", outcome.shown(LINES));
                is_found = true;
            }
            if is_found {
                break;
            }
        }
        assert!(is_found, "{defect:?} broke none of {:?} in {MOST_RUNS_WRONG} runs", defect.shows_as());
    }
}
