//! The capacity protocol in every state that it can come to: as it is built it keeps its promises, built in other ways it does not.

use std::io::{Write, stderr};

use ringfall_tests::model::{Variant, Verdict, check};

/// Checks a variant in its scenes, and tells how far that went, also where nothing is wrong.
fn verdicts(variant: Variant) -> Vec<Verdict> {
    let told = |verdict: &Verdict| {
        let _ = writeln!(stderr(), "{verdict}");
    };
    variant.scenes().iter().map(|scene| check(variant, *scene)).inspect(told).collect()
}

#[test]
fn the_protocol_as_it_is_built_keeps_its_promises_in_every_state() {
    for verdict in verdicts(Variant::Built) {
        assert!(verdict.broken.is_empty(), "{verdict}\n{:#?}", verdict.broken);
        assert!(verdict.has_served_all, "{verdict}: nothing happens");
    }
}

#[test]
fn every_other_protocol_breaks_the_promise_that_it_would() {
    for variant in Variant::ALL {
        let Some(promise) = variant.breaks() else { continue };
        for verdict in verdicts(variant) {
            let broken: Vec<_> = verdict.broken.iter().map(|(promise, _)| *promise).collect();
            assert!(broken.contains(&promise), "{verdict}: it must break {promise:?}");
            assert!(!variant.keeps_the_others() || broken.len() == 1, "{verdict}: it keeps the others");
        }
    }
}
