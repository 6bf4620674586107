//! Strangers' bytes at every way in, on a stable compiler: the fuzzer's seeds, damaged at random, and bytes of no sense at all. The fuzzer itself
//! (`tests/fuzz`) goes further, for as long as it is let.

use std::{fs, path::Path};

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{TestError, TestRunner},
};
use ringfall_tests::entry_points::{ENTRY_POINTS, EntryPoint};

/// For each way in: what takes long to read must not hold up the whole suite.
const CASES: u32 = 1_500;
/// How much is fed at once: a repeated repetition grows without end.
const MOST_BYTES: usize = 16 * 1024;
/// How often a case that breaks something is made smaller.
const MOST_SHRINKS: u32 = 500;

/// What breaks readers of forms, of JSON and of SIP.
const TOKENS: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\u0000",
    "null",
    "-0",
    "1e999",
    "18446744073709551616",
    "&",
    "=",
    "%",
    "%00",
    "%FF",
    "+",
    "#",
    "?",
    "\n",
    "\u{202e}",
    "é",
    "\"x\":",
    "\r\n",
    "\r\n ",
    ";",
    "<",
];

fn seeds(entry_point: &EntryPoint) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(entry_point.name);
    let files = fs::read_dir(folder).expect("every way in has a folder of seeds");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a seed can be read")).collect()
}

/// What is done to a seed.
#[derive(Debug, Clone)]
enum Damage {
    Byte(Index, u8),
    Token(Index, &'static str),
    Cut(Index, Index),
    Repeat(Index, Index),
}

fn some_damage() -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (place(), prop::sample::select(&TOKENS[..])).prop_map(|(at, token)| Damage::Token(at, token)),
        (place(), place()).prop_map(|(one, other)| Damage::Cut(one, other)),
        (place(), place()).prop_map(|(one, other)| Damage::Repeat(one, other)),
    ]
}

fn damage(mut bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    let place = |index: &Index| index.index(bytes.len() + 1);
    let range = |one: &Index, other: &Index| place(one).min(place(other))..place(one).max(place(other));
    match damage {
        Damage::Byte(at, byte) => {
            let at = place(at);
            if let Some(damaged) = bytes.get_mut(at) {
                *damaged = *byte;
            }
        }
        Damage::Token(at, token) => {
            let at = place(at);
            bytes.splice(at..at, token.bytes());
        }
        Damage::Cut(one, other) => {
            bytes.drain(range(one, other));
        }
        Damage::Repeat(one, other) => {
            let range = range(one, other);
            let repeated = bytes[range.clone()].to_vec();
            bytes.splice(range.start..range.start, repeated);
            bytes.truncate(MOST_BYTES);
        }
    }
    bytes
}

fn damaged(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damages = prop::collection::vec(some_damage(), 1..6);
    (prop::sample::select(seeds), damages).prop_map(|(seed, damages)| damages.iter().fold(seed, damage))
}

/// Those of every so many ways in, from one on: the test's threads share them.
fn feed_some(first: usize, of: usize) {
    for entry_point in ENTRY_POINTS.iter().skip(first).step_by(of) {
        let seeds = seeds(entry_point);
        assert!(!seeds.is_empty(), "{} has no seeds", entry_point.name);
        seeds.iter().for_each(|seed| (entry_point.feed)(seed));
        let bytes = prop_oneof![4 => damaged(seeds), 1 => prop::collection::vec(any::<u8>(), 0..300)];
        let mut runner = TestRunner::new(ProptestConfig {
            cases: CASES,
            max_shrink_iters: MOST_SHRINKS,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let fed = runner.run(&bytes, |bytes| {
            (entry_point.feed)(&bytes);
            Ok(())
        });
        let broken = match fed {
            Err(TestError::Fail(reason, bytes)) => {
                Some(format!("{reason}: {:?}", String::from_utf8_lossy(&bytes)))
            }
            Err(TestError::Abort(_)) | Ok(()) => None,
        };
        assert_eq!(broken, None, "{}", entry_point.name);
    }
}

#[test]
fn no_bytes_break_a_way_in() {
    feed_some(0, 2);
}

#[test]
fn nor_any_other_way_in() {
    feed_some(1, 2);
}
