//! What durability costs: the embedded store against bare SQLite on the same disk, in the same run.
//!
//! - `reservations`: 64 writers that each wait for their write, against single-threaded upserts of rows of
//!   the same size, 64 to a commit.
//! - `lone write`: one writer, against one upsert to a commit.
//! - `webhooks`: one read and two writes, 1,000 times a second, however long earlier ones take.

#![expect(clippy::print_stdout, reason = "the ratios are the point")]

mod bare;
#[path = "../machine/mod.rs"]
mod machine;
mod measured;
mod reservation;

use std::{
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use ringfall_store::{
    engines::sqlite::SqliteStore,
    port::{Condition, Key, Table, Write},
};
use rusqlite::Connection;
use tokio::{runtime::Runtime, task::JoinSet};

use self::{
    measured::Measured,
    reservation::{WRITERS, capacity, filled, reservation},
};

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WEBHOOKS_PER_SECOND: u32 = 1_000;
const WEBHOOKS: u32 = 10_000;

/// Names the next attempt, over all runs of a benchmark.
#[derive(Default)]
struct Attempts(AtomicU64);

impl Attempts {
    /// The first of so many.
    fn take(&self, count: u64) -> u64 {
        1 + self.0.fetch_add(count, Ordering::Relaxed)
    }
}

/// Every writer makes so many reservations one after the other, all writers at once.
fn reserve_at_once(runtime: &Runtime, store: &SqliteStore, attempts: &Attempts, each: u64) -> Duration {
    let first = attempts.take(each);
    let start = Instant::now();
    runtime.block_on(async {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move {
                for attempt in first..first + each {
                    store.write(vec![reservation(writer, attempt)]).await.expect("there is room");
                }
            });
        }
        writers.join_all().await;
    });
    start.elapsed()
}

/// A row's text of the size that the store keeps.
fn body(store: &Path) -> String {
    let connection = Connection::open(store).expect("the store is there");
    let bytes =
        connection.query_row("SELECT length(body) FROM items LIMIT 1", [], |row| row.get::<_, u32>(0));
    "x".repeat(bytes.expect("the store has items") as usize)
}

/// What is compared: a store and a bare table on the same disk.
struct Bench {
    runtime: Runtime,
    store: SqliteStore,
    bare: Connection,
    attempts: Attempts,
    measured: Measured,
}

impl Bench {
    fn new(folder: &Path) -> Self {
        let runtime = Runtime::new().expect("the system has threads");
        let store = filled(&runtime, folder);
        let (bare, attempts, measured) = (bare::open(folder), Attempts::default(), Measured::default());
        Self { runtime, store, bare, attempts, measured }
    }

    /// So many rounds of a reservation by every writer.
    fn reservations(&self, rounds: u64) -> Duration {
        self.measured.add("reservations", rounds * WRITERS, || {
            reserve_at_once(&self.runtime, &self.store, &self.attempts, rounds)
        })
    }

    fn bare_upserts(&self, commits: u64, each: u64, body: &mut String, name: &'static str) -> Duration {
        let first = self.attempts.take(commits * each);
        self.measured.add(name, commits * each, || {
            let start = Instant::now();
            for commit in 0..commits {
                let first = first + commit * each;
                bare::upsert(&self.bare, body, first..first + each);
            }
            start.elapsed()
        })
    }

    fn lone_writes(&self, count: u64) -> Duration {
        let first = self.attempts.take(count);
        self.measured.add("lone write", count, || {
            let start = Instant::now();
            self.runtime.block_on(async {
                for attempt in first..first + count {
                    self.store.write(vec![reservation(0, attempt)]).await.expect("there is room");
                }
            });
            start.elapsed()
        })
    }
}

fn compare(criterion: &mut Criterion, bench: &Bench, body: &mut String) {
    let mut group = criterion.benchmark_group("reservations");
    group.throughput(Throughput::Elements(WRITERS)).sample_size(20).measurement_time(Duration::from_secs(8));
    group.bench_function("store, 64 writers", |bencher| {
        bencher.iter_custom(|rounds| bench.reservations(rounds));
    });
    group.bench_function("bare upserts, 64 to a commit", |bencher| {
        bencher.iter_custom(|commits| bench.bare_upserts(commits, WRITERS, body, "bare upserts"));
    });
    group.finish();

    let mut group = criterion.benchmark_group("lone write");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    group.bench_function("store", |bencher| bencher.iter_custom(|count| bench.lone_writes(count)));
    group.bench_function("bare commit", |bencher| {
        bencher.iter_custom(|commits| bench.bare_upserts(commits, 1, body, "bare commit"));
    });
    group.finish();
}

/// One webhook's share of the store: the call is read, a reservation and a fact of the call are written.
async fn webhook(store: &SqliteStore, number: u64) {
    let call = Key::new(format!("acc_01K8ZQ4V9Y3T7M5N2P6R8S0W1X#C#cal_{number:026}"), "CALL");
    store.get(&call).await.expect("it can be read");
    let facts =
        Write::Put { key: call, item: capacity(), condition: Some(Condition::Absent("ended".into())) };
    store.write(vec![reservation(number % WRITERS, 1 + number / WRITERS)]).await.expect("there is room");
    store.write(vec![facts]).await.expect("the call is new");
}

/// How long webhooks take that come at a steady pace, from when each was due.
fn webhooks() -> Vec<Duration> {
    let runtime = Runtime::new().expect("the system has threads");
    let folder = tempfile::tempdir().expect("a folder for the benchmark");
    let store = filled(&runtime, folder.path());
    let mut running = JoinSet::new();
    let start = Instant::now();
    for number in 0..WEBHOOKS {
        let due = start + Duration::from_secs(1) / WEBHOOKS_PER_SECOND * number;
        // A thread's sleep is finer than the runtime's timer, which counts milliseconds.
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let store = store.clone();
        let handled = async move {
            webhook(&store, number.into()).await;
            due.elapsed()
        };
        running.spawn_on(handled, runtime.handle());
    }
    let mut taken = runtime.block_on(running.join_all());
    taken.sort_unstable();
    taken
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder for the benchmark");
    let bench = Bench::new(folder.path());
    let mut body = body(&folder.path().join("store"));
    println!("{}", machine::description());
    println!("an item has {} bytes", body.len());
    let mut criterion = Criterion::default().configure_from_args();
    compare(&mut criterion, &bench, &mut body);
    criterion.final_summary();
    bench.measured.print("reservations", "reservations", "bare upserts");
    bench.measured.print("lone write", "lone write", "bare commit");
    let taken = webhooks();
    let at = |thousandths: usize| taken[taken.len() * thousandths / 1_000];
    println!(
        "webhooks at {WEBHOOKS_PER_SECOND}/s: median {:?}, p99 {:?}, p99.9 {:?}",
        at(500),
        at(990),
        at(999)
    );
}
