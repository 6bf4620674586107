//! The announced wait on traffic in virtual time. `cargo run -p ringfall-tests --bin estimates` prints the table, by queue length.

use ringfall_tests::estimates::{AIMS, measure};

const CALLS: u64 = 20_000;
const SEEDS: [u64; 3] = [1, 2, 3];

#[test]
fn the_announced_wait_is_as_right_as_it_can_be() {
    for (traffic, aim) in AIMS {
        for seed in SEEDS {
            let overall = measure(traffic, CALLS, seed).overall();
            assert!(overall.callers > 1_000, "{traffic:?}: {overall:?}");
            let [own, place, average] =
                [overall.own_seconds, overall.by_place_seconds, overall.by_average_seconds]
                    .map(|sum| overall.mean(sum));
            assert!(own <= aim, "{traffic:?}, seed {seed}: off by {own:.1} s, and {aim} is the aim");
            assert!(
                own < place && own < average,
                "{traffic:?}, seed {seed}: {own:.1}, {place:.1}, {average:.1}"
            );
        }
    }
}
