//! What is known when, and how much of it.

use super::*;
use crate::port::{Item, Value};

fn key(name: &str) -> Key {
    Key::new("p", name)
}

fn stored(text: &str) -> Known {
    let item = Arc::new(Item::from([("a".to_owned(), Value::from(text))]));
    Some(Stored { row: 1, item, encoded_bytes: text.len() })
}

fn commit(cache: &Cache, name: &str, known: Known) {
    let key = Arc::new(key(name));
    cache.begin_commit([&key].into_iter());
    cache.end_commit([(key, known)].into_iter());
}

fn ticket(cache: &Cache, name: &str) -> Ticket {
    match cache.look(&key(name)) {
        Looked::Unknown(ticket) => ticket,
        Looked::Known(known) => panic!("{name} is known: {known:?}"),
    }
}

#[track_caller]
fn knows(cache: &Cache, name: &str, expected: Option<&Known>) {
    let found = match cache.look(&key(name)) {
        Looked::Known(known) => Some(known),
        Looked::Unknown(_) => None,
    };
    assert_eq!(found.as_ref(), expected, "{name}");
}

#[test]
fn what_was_committed_is_known_and_what_was_deleted_is_known_to_be_gone() {
    let cache = Cache::new(10_000);
    knows(&cache, "a", None);
    for known in [stored("1"), stored("2"), None] {
        commit(&cache, "a", known.clone());
        knows(&cache, "a", Some(&known));
    }
}

#[test]
fn an_item_is_in_doubt_while_it_is_committed_and_after_a_failure() {
    let cache = Cache::new(10_000);
    commit(&cache, "a", stored("1"));
    commit(&cache, "b", stored("1"));
    cache.begin_commit([&Arc::new(key("a"))].into_iter());
    knows(&cache, "a", None);
    knows(&cache, "b", Some(&stored("1")));
    cache.end_commit([].into_iter());
    knows(&cache, "a", None);
    cache.keep_found(&key("a"), &stored("2"), ticket(&cache, "a"));
    knows(&cache, "a", Some(&stored("2")));
}

/// Whatever a commit does between a reader's look and its coming back, what it found is not kept.
#[test]
fn what_a_reader_found_is_kept_only_if_it_is_not_outdated() {
    let (cache, changed) = (Cache::new(10_000), Arc::new(key("a")));
    let before = ticket(&cache, "a");
    cache.begin_commit([&changed].into_iter());
    let during = ticket(&cache, "a");
    for ticket in [before, during] {
        cache.keep_found(&changed, &stored("old"), ticket);
        knows(&cache, "a", None);
    }
    cache.end_commit([].into_iter());
    for ticket in [before, during] {
        cache.keep_found(&changed, &stored("old"), ticket);
        knows(&cache, "a", None);
    }
    cache.keep_found(&changed, &stored("new"), ticket(&cache, "a"));
    knows(&cache, "a", Some(&stored("new")));
}

#[test]
fn it_never_holds_more_than_it_may_and_keeps_what_is_used() {
    // With what it takes in memory, a thousand bytes.
    let text = "x".repeat(1_000 / SPREAD);
    let cache = Cache::new(10_000);
    for number in 0..1_000 {
        commit(&cache, &number.to_string(), stored(&text));
        cache.look(&key("0"));
        let state = cache.state();
        let held: usize = state.slots.iter().map(|(key, slot)| key_bytes(key) + slot.bytes()).sum();
        assert!(state.bytes <= 10_000 && state.bytes == held, "{} {held}", state.bytes);
        assert_eq!(state.slots.len(), state.turns.len());
    }
    assert_eq!(cache.state().slots.len(), 7);
    knows(&cache, "0", Some(&stored(&text)));
    knows(&cache, "1", None);
    knows(&cache, "999", Some(&stored(&text)));
    commit(&cache, "large", stored(&text.repeat(20)));
    knows(&cache, "large", None);
    assert!(cache.state().bytes <= 10_000);
}

#[test]
fn a_closed_store_knows_nothing() {
    let cache = Cache::new(10_000);
    commit(&cache, "a", stored("1"));
    cache.close();
    knows(&cache, "a", None);
    cache.keep_found(&key("a"), &stored("1"), ticket(&cache, "a"));
    commit(&cache, "b", stored("1"));
    knows(&cache, "a", None);
    knows(&cache, "b", None);
}
