//! What only this engine promises: about its file, its thread and its commits.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rust_decimal::Decimal;
use tempfile::TempDir;

use super::*;
use crate::port::{Condition, Item, Update, Value};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("store");
    (folder, path)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("the file is ours")
}

fn key(sort: &str) -> Key {
    Key::new("p", sort)
}

fn put(sort: &str) -> Vec<Write> {
    let item = Item::from([("a".to_owned(), Value::from(sort))]);
    vec![Write::Put { key: key(sort), item, condition: None }]
}

/// Work on the writer's own connection.
async fn on_writer(store: &SqliteStore, sql: &'static str) -> Result<(), StoreError> {
    store.change(move |connection| connection.execute_batch(sql)).await
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let (_folder, path) = folder();
    let store = open(&path);
    store.write(put("1")).await.expect("written");
    store.send("m".to_owned(), Timestamp::UNIX_EPOCH).await.expect("sent");
    drop(store);
    let store = open(&path);
    assert!(store.get(&key("1")).await.expect("read").is_some());
    assert_eq!(store.read(&Position::default(), 10, |_| true).await.expect("read").changes.len(), 1);
    assert_eq!(store.receive(Timestamp::UNIX_EPOCH, 0, 10).await.expect("received").len(), 1);
}

#[tokio::test]
async fn changes_that_nobody_wants_are_kept_nowhere_and_are_no_gap() {
    let (_folder, path) = folder();
    let store = SqliteStore::open_feeding(&path, |key| key.sort != "2").expect("the folder is new");
    for sort in ["1", "2", "3", "2"] {
        store.write(put(sort)).await.expect("written");
    }
    store.write(vec![Write::Delete { key: key("2"), condition: None }]).await.expect("written");
    let Reading { changes, reached, has_gap } =
        store.read(&Position::default(), 10, |_| true).await.expect("read");
    let sorts: Vec<String> = changes.into_iter().map(|change| change.key.sort).collect();
    assert_eq!((sorts, has_gap), (vec!["1".to_owned(), "3".to_owned()], false));
    store.write(put("2")).await.expect("written");
    assert_eq!(store.read(&reached, 10, |_| true).await.expect("read").reached, reached);
    assert!(store.get(&key("2")).await.expect("read").is_some(), "the item itself is there");
    drop(store);
    let kept = Connection::open(&path).expect("a file");
    let kept: u32 = kept.query_row("SELECT count(*) FROM changes", [], |row| row.get(0)).expect("a count");
    assert_eq!(kept, 2);
}

/// As if the process had been killed: the log was never brought into the file, and its last commit is torn.
#[tokio::test]
async fn a_torn_log_loses_only_what_was_never_acknowledged() {
    let (_folder, path) = folder();
    let store = open(&path);
    let log = path.with_file_name("store-wal");
    store.write(put("1")).await.expect("written");
    let whole = std::fs::metadata(&log).expect("the log is there").len();
    store.write(put("2")).await.expect("written");
    let other = path.with_file_name("other");
    std::fs::copy(&path, &other).expect("copied");
    let bytes = std::fs::read(&log).expect("read");
    let torn = usize::try_from(whole).expect("small") + 100;
    std::fs::write(path.with_file_name("other-wal"), &bytes[..torn]).expect("written");
    let found = open(&other).get_many(&[key("1"), key("2")]).await.expect("read");
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn closing_leaves_one_file_without_a_log() {
    let (_folder, path) = folder();
    let store = open(&path);
    let clone = store.clone();
    store.write(put("1")).await.expect("written");
    store.close().await.expect("closed in order");
    let left = std::fs::metadata(path.with_file_name("store-wal")).map_or(0, |log| log.len());
    assert_eq!(left, 0);
    assert!(matches!(clone.get(&key("1")).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(clone.write(put("2")).await, Err(WriteError::Store(StoreError::Unavailable(_)))));
    assert!(open(&path).get(&key("1")).await.expect("read").is_some());
}

#[tokio::test]
async fn one_store_keeps_another_out() {
    let (_folder, path) = folder();
    let store = open(&path);
    assert!(matches!(SqliteStore::open(&path), Err(OpenError::InUse(_))));
    drop(store);
    open(&path);
}

#[test]
fn a_file_that_is_not_ours_is_left_alone() {
    let (_folder, path) = folder();
    std::fs::write(&path, "not a database, but long enough to be looked at as one".repeat(100))
        .expect("written");
    assert!(matches!(SqliteStore::open(&path), Err(OpenError::Foreign(_))));
    std::fs::remove_file(&path).expect("removed");
    let foreign = Connection::open(&path).expect("opened");
    foreign.execute_batch("CREATE TABLE theirs (x)").expect("made");
    assert!(matches!(SqliteStore::open(&path), Err(OpenError::Foreign(_))));
}

#[test]
fn a_file_of_another_version_says_so() {
    let (_folder, path) = folder();
    drop(open(&path));
    let newer = Connection::open(&path).expect("opened");
    newer.execute_batch("PRAGMA user_version = 99").expect("set");
    drop(newer);
    assert!(matches!(SqliteStore::open(&path), Err(OpenError::Version { found: 99, .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_a_store() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, path) = folder();
    let store = open(&path);
    store.write(put("1")).await.expect("written");
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).expect("listed").map(|file| file.expect("listed")).collect();
    assert_eq!(files.len(), 4, "the store, its log, the log's index and the lock: {files:?}");
    for file in files {
        assert_eq!(file.metadata().expect("it is there").permissions().mode() & 0o077, 0, "{file:?}");
    }
}

#[tokio::test]
async fn the_log_does_not_grow_with_every_write() {
    let (_folder, path) = folder();
    let store = open(&path);
    let large = "x".repeat(100_000);
    for number in 0..300_u32 {
        let item =
            Item::from([("a".to_owned(), Value::from(large.clone())), ("n".to_owned(), number.into())]);
        store.write(vec![Write::Put { key: key("1"), item, condition: None }]).await.expect("written");
    }
    // Each write put 300 KB into the log.
    let log = std::fs::metadata(path.with_file_name("store-wal")).expect("the log is there").len();
    assert!(log < 60_000_000, "{log}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let (_folder, path) = folder();
    assert!(matches!(SqliteStore::open(path.join("x").join("store")), Err(OpenError::File { .. })));
}

/// Has the requests of `work` wait behind a job that holds the writer, so that they share its transaction.
/// Gives that job's answer too.
async fn in_one_transaction<T>(
    store: &SqliteStore,
    work: impl Future<Output = T>,
) -> (Result<(), StoreError>, T) {
    let (open, gate) = std::sync::mpsc::channel();
    let held = store.change(move |_| {
        gate.recv().expect("the test opens the gate");
        Ok(())
    });
    let (held, found, ()) =
        tokio::join!(biased; held, work, async { open.send(()).expect("the writer waits") });
    (held, found)
}

#[tokio::test]
async fn a_refused_and_an_invalid_request_leave_their_neighbours_alone() {
    let (_folder, path) = folder();
    let store = open(&path);
    let refused = vec![
        put("refused").remove(0),
        Write::Check { key: key("none"), condition: Condition::Exists("a".into()) },
    ];
    let nested = crate::port::Path::of(["none", "x"]);
    let invalid = vec![
        put("invalid").remove(0),
        Write::Update { key: key("u"), updates: vec![Update::Remove(nested)], condition: None },
    ];
    let work = async {
        let (first, last) = (store.write(put("1")), store.write(put("2")));
        tokio::join!(biased; first, store.write(refused), store.write(invalid), last)
    };
    let (_, (first, refused, invalid, last)) = in_one_transaction(&store, work).await;
    assert!(first.is_ok() && last.is_ok());
    assert!(matches!(refused, Err(WriteError::Refused(_))));
    assert!(matches!(invalid, Err(WriteError::Store(StoreError::Invalid(_)))));
    let there = store.query("p", &Range::default(), Direction::Ascending, 10).await.expect("read").items;
    assert_eq!(there.into_iter().map(|(key, _)| key.sort).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(store.read(&Position::default(), 10, |_| true).await.expect("read").changes.len(), 2);
}

#[tokio::test]
async fn a_transaction_that_fails_is_answered_so_to_all_in_it_and_the_store_goes_on() {
    let (_folder, path) = folder();
    let store = open(&path);
    on_writer(&store, "PRAGMA max_page_count = 1").await.expect("set to the pages there are");
    let large = Item::from([("a".to_owned(), Value::from("x".repeat(100_000)))]);
    let large = vec![Write::Put { key: key("large"), item: large, condition: None }];
    let work = async { tokio::join!(biased; store.write(put("small")), store.write(large)) };
    let (held, (small, large)) = in_one_transaction(&store, work).await;
    assert!(matches!(held, Err(StoreError::Unavailable(_))), "{held:?}");
    assert!(matches!(small, Err(WriteError::Store(StoreError::Unavailable(_)))), "{small:?}");
    assert!(matches!(large, Err(WriteError::Store(StoreError::Unavailable(_)))), "{large:?}");
    assert_eq!(store.get(&key("small")).await, Ok(None));
    on_writer(&store, "PRAGMA max_page_count = 1000000").await.expect("set");
    assert!(store.write(put("later")).await.is_ok());
    assert_eq!(store.read(&Position::default(), 10, |_| true).await.expect("read").changes.len(), 1);
}

#[tokio::test]
async fn a_damaged_item_is_told_as_such() {
    let (_folder, path) = folder();
    let store = open(&path);
    on_writer(&store, "INSERT INTO items VALUES ('p', 'bad', x'CC')").await.expect("written");
    assert!(matches!(store.get(&key("bad")).await, Err(StoreError::Damaged(_))));
    let update = Update::Remove("a".into());
    let update = vec![Write::Update { key: key("bad"), updates: vec![update], condition: None }];
    // Nor is it put over: the feed could not tell what stood there.
    for writes in [update, put("bad")] {
        assert!(matches!(store.write(writes).await, Err(WriteError::Store(StoreError::Damaged(_)))));
    }
    assert!(store.write(put("good")).await.is_ok());
}

#[tokio::test]
async fn after_the_death_of_the_writer_every_call_is_answered() {
    let (_folder, path) = folder();
    let store = open(&path);
    let dead: Result<(), StoreError> = store.change(|_| panic!("the writer dies of this test")).await;
    assert!(matches!(dead, Err(StoreError::Unavailable(_))));
    for _ in 0..2_000 {
        assert!(matches!(store.write(put("1")).await, Err(WriteError::Store(StoreError::Unavailable(_)))));
    }
    assert!(matches!(store.close().await, Err(StoreError::Unavailable(_))));
    open(&path);
}

#[tokio::test]
async fn more_callers_than_the_queue_has_room_for_are_all_answered() {
    let (_folder, path) = folder();
    let store = open(&path);
    let mut callers = task::JoinSet::new();
    for caller in 0..3_000 {
        let store = store.clone();
        callers.spawn(async move { store.write(put(&caller.to_string())).await });
    }
    assert!(callers.join_all().await.iter().all(Result::is_ok));
    assert_eq!(*store.threads.on_disk.head.borrow(), Serial(3_000));
}

async fn number_by_get(store: &SqliteStore) -> Decimal {
    let item = store.get(&key("1")).await.expect("read").expect("it is there");
    item["n"].as_number().expect("a number")
}

async fn number_by_query(store: &SqliteStore) -> Decimal {
    let page = store.query("p", &Range::default(), Direction::Ascending, 1).await.expect("read");
    page.items[0].1["n"].as_number().expect("a number")
}

/// Gets are answered from memory, queries from the file: together they must tell one story.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_read_takes_back_what_a_write_or_another_read_has_shown() {
    let (_folder, path) = folder();
    let store = open(&path);
    let add_one = || {
        let updates = vec![Update::Add("n".into(), Decimal::ONE)];
        vec![Write::Update { key: key("1"), updates, condition: None }]
    };
    store.write(add_one()).await.expect("written");
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for written in 2..=500_u32 {
                store.write(add_one()).await.expect("written");
                assert!(number_by_get(&store).await >= written.into());
                assert!(number_by_query(&store).await >= written.into());
            }
        }
    });
    let mut seen = Decimal::ONE;
    while !writer.is_finished() {
        for number in [number_by_get(&store).await, number_by_query(&store).await] {
            assert!(number >= seen, "{number} after {seen}");
            seen = number;
        }
    }
    writer.await.expect("all was written");
    assert_eq!(number_by_get(&store).await, 500.into());
}
