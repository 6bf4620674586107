//! What every engine of the store must do: the contract of its ports, as cases.
//!
//! The cases know the ports alone. They hold for a database across a network as for one in memory: they poll
//! where an answer may be late, they do not ask for what the ports leave open, and they tell time only
//! through [`Time`].
//!
//! An engine joins with one test: `hold_to_contract(async || Engine { … }).await`.

mod changes;
mod conditions;
mod items;
mod messages;
mod queries;
mod races;
mod requests;
mod several;
mod surveys;
mod updates;

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt, future::ready, stream};
use jiff::Timestamp;
use ringfall_store::port::{Feed, Messages, Survey, Table};

/// An engine with nothing in it, and how to deal with it.
#[derive(Clone)]
pub struct Engine {
    /// Its table, empty.
    pub table: Arc<dyn Table>,
    /// Its messages: none.
    pub messages: Arc<dyn Messages>,
    /// The feed of the table's changes: none yet.
    pub feed: Arc<dyn Feed>,
    /// All items of the table.
    pub survey: Arc<dyn Survey>,
    /// The time that its messages go by.
    pub time: Arc<dyn Time>,
    /// Seconds that are more than its queue delays a message at once.
    pub beyond_one_delay_seconds: u32,
    /// How it is asked again for what may be late.
    pub patience: Patience,
    /// Lives as long as the engine: the folder of a file, say.
    pub kept: Arc<dyn Send + Sync>,
}

/// The time as an engine sees it.
#[async_trait]
pub trait Time: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Returns when so many seconds have passed.
    async fn pass(&self, seconds: u32);
}

/// Time for engines that take it from their caller: it passes at once.
#[derive(Debug)]
pub struct GivenTime(AtomicI64);

impl Default for GivenTime {
    /// Some time in 2026.
    fn default() -> Self {
        Self(AtomicI64::new(1_780_000_000))
    }
}

#[async_trait]
impl Time for GivenTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("no case lets centuries pass")
    }

    async fn pass(&self, seconds: u32) {
        self.0.fetch_add(seconds.into(), Ordering::SeqCst);
    }
}

/// The time as it is, for engines that look at a clock themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealTime;

#[async_trait]
impl Time for RealTime {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn pass(&self, seconds: u32) {
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    }
}

/// How often, and at what distance, an engine is asked for what may be late.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often at most.
    pub attempts: u32,
    /// How long between two attempts.
    pub pause: Duration,
}

impl Patience {
    /// For engines that are never late. (Several attempts all the same: an answer may hold less than was
    /// asked for.)
    pub const NONE_NEEDED: Self = Self { attempts: 100, pause: Duration::ZERO };

    /// For engines across a network, which tell of changes and messages when they come to it.
    pub const FOR_A_NETWORK: Self = Self { attempts: 100, pause: Duration::from_millis(200) };
}

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One thing that an engine must do. It panics if the engine does not.
struct Case {
    name: &'static str,
    run: fn(Engine) -> Running,
}

/// The cases of a file: async functions from an [`Engine`].
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        pub(super) const CASES: &[super::Case] =
            &[$(super::Case { name: stringify!($case), run: |engine| Box::pin($case(engine)) }),+];
    };
}
use cases;

const ALL: &[&[Case]] = &[
    items::CASES,
    conditions::CASES,
    updates::CASES,
    several::CASES,
    races::CASES,
    queries::CASES,
    surveys::CASES,
    changes::CASES,
    messages::CASES,
];

/// Cases that run at once: most wait for their engine.
const AT_ONCE: usize = 8;

/// Runs every case, each on an engine that `open` gives it.
///
/// # Panics
///
/// With the names of the cases that failed, after all were run.
pub async fn hold_to_contract<O: AsyncFn() -> Engine>(open: O) {
    hold_to_contract_but_for(&[], open).await;
}

/// Runs every case on an engine whose database is known to err in some.
///
/// # Panics
///
/// With the names of the other cases that failed, or of known ones that did not.
pub async fn hold_to_contract_but_for<O: AsyncFn() -> Engine>(known: &[&str], open: O) {
    let runs = ALL.iter().copied().flatten().map(async |case| {
        let run = tokio::spawn((case.run)(open().await));
        run.await.err().map(|failure| Failure { case: case.name, why: said(failure) })
    });
    let failures: Vec<Failure> =
        stream::iter(runs).buffer_unordered(AT_ONCE).filter_map(ready).collect().await;
    let is_known = |name: &str| known.contains(&name);
    let unknown: Vec<&Failure> = failures.iter().filter(|failure| !is_known(failure.case)).collect();
    assert!(unknown.is_empty(), "the engine does not hold to its contract: {unknown:#?}");
    assert_eq!(failures.len(), known.len(), "no longer known to err in all of {known:?}: {failures:#?}");
}

struct Failure {
    case: &'static str,
    why: String,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.case, self.why)
    }
}

/// What a case said when it failed.
fn said(failure: tokio::task::JoinError) -> String {
    match failure.try_into_panic() {
        Ok(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => {
                panic.downcast::<&str>().map_or("it panicked".to_owned(), |text| (*text).to_owned())
            }
        },
        Err(failure) => failure.to_string(),
    }
}
