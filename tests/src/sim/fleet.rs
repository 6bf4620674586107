//! The platform's machines: those that answer webhooks, the workers, the consumers of the change feed, the sweep. Each has
//! caches and a clock of its own, and dies and is replaced as functions in a cloud are.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use jiff::SignedDuration;
use ringfall_app::{
    clock::Clock,
    connection::Connector,
    message::ServeWaiters,
    platform::{Platform, Ports, Settings},
    repair::{Repaired, repair},
    rollup,
    seal::{KeyRing, KeysAtHand},
    sweep, webhooks, worker,
};
use ringfall_domain::ids::{AccountId, CampaignId};
use ringfall_store::port::{Feed, Position};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use url::Url;

use super::{
    chance::Chance,
    clock::{Counting, SimulatedClock},
    faults::{Faults, FaultyFeed, FaultyMessages, FaultyTable, Lived, live},
    held,
    trace::Trace,
    verdict::{Invariant, Verdict},
};

/// What all machines share.
pub struct Parts {
    /// State.
    pub table: FaultyTable,
    /// Delayed messages.
    pub messages: FaultyMessages,
    /// The change feed.
    pub feed: FaultyFeed,
    /// The right time.
    pub clock: SimulatedClock,
    /// How far apart the machines' clocks are at most.
    pub own_clocks_apart: Duration,
    /// The way to the carrier.
    pub connector: Arc<dyn Connector>,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    /// What is found to be wrong.
    pub verdict: Arc<Verdict>,
    /// What happened.
    pub trace: Arc<Trace>,
}

/// The platform's machines.
pub struct Fleet {
    parts: Parts,
    chance: Chance,
    machines: Mutex<Vec<Machine>>,
    /// Those that answer no webhooks.
    workers: Mutex<Vec<Machine>>,
    retired: Mutex<Vec<Arc<Platform>>>,
    crew: Mutex<JoinSet<()>>,
}

#[derive(Clone)]
struct Machine {
    platform: Arc<Platform>,
    router: Router,
    /// Since when it goes by what it has seen of how fast queues are served.
    outlooks_since: Arc<Mutex<Instant>>,
}

impl Machine {
    /// Lets go of what it may not know any longer.
    fn refresh(&self) {
        let mut since = held(&self.outlooks_since);
        if since.elapsed() >= 2 * CACHE_TIME {
            *since = Instant::now();
            self.platform.forget_outlooks();
        }
    }
}

/// Machines that answer webhooks.
const MACHINES: usize = 2;
/// How often is swept: oftener than in earnest, so that runs stay short.
pub(super) const SWEEP_INTERVAL: Duration = Duration::from_secs(40 * 60);
/// How long is waited before hours are repaired that could not be yet.
const REPAIR_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// Turns after which everything is repaired that calm weather has left.
const MOST_REPAIRS: usize = 100;
/// How long a machine may go by a plan that has changed.
const CACHE_TIME: Duration = Duration::from_secs(10);
/// By then every machine has noticed: what it was reading when it let go may have put the old back, once more.
pub(super) const NOTICED_WITHIN: Duration = Duration::from_secs(40);
/// A cache reads the computer's clock, not the run's: it never lets go by itself, and is made to at the right time.
const FOR_EVER: Duration = Duration::from_secs(1_000_000);

/// The base of the platform's callback URLs.
pub(super) fn public_url() -> Url {
    Url::parse("https://calls.example.com").expect("a URL")
}

impl Fleet {
    /// Machines in front of some parts.
    pub fn new(seed: u64, parts: Parts) -> Arc<Self> {
        let fleet = Self {
            parts,
            chance: Chance::new(seed, "machines"),
            machines: Mutex::default(),
            workers: Mutex::default(),
            retired: Mutex::default(),
            crew: Mutex::default(),
        };
        let machines = (0..MACHINES).map(|_| fleet.machine()).collect();
        *held(&fleet.machines) = machines;
        Arc::new(fleet)
    }

    fn machine(&self) -> Machine {
        let parts = &self.parts;
        let apart = i64::try_from(parts.own_clocks_apart.as_millis()).unwrap_or(0);
        let ahead = i64::try_from(self.chance.within(0..=apart.unsigned_abs())).unwrap_or(0);
        let clock = parts.clock.ahead(SignedDuration::from_millis(ahead - apart / 2));
        let ports = Ports {
            table: Arc::new(parts.table.clone()),
            messages: Arc::new(parts.messages.clone()),
            feed: Arc::new(parts.feed.clone()),
            survey: Arc::new(parts.table.clone()),
        };
        let settings =
            Settings { public_url: public_url(), cache_time: FOR_EVER, private_addresses_allowed: false };
        let platform = Arc::new(Platform::new(
            ports,
            Arc::new(clock) as Arc<dyn Clock>,
            Arc::new(Counting::default()),
            Arc::clone(&parts.connector),
            Arc::new(KeysAtHand::new(KeyRing::read(&"0a".repeat(32)).expect("a key"))),
            settings,
        ));
        let outlooks_since = Arc::new(Mutex::new(Instant::now()));
        Machine { router: webhooks::router(Arc::clone(&platform)), platform, outlooks_since }
    }

    /// The machine that a webhook happens to reach: now and then a new one, that remembers nothing.
    pub fn any_router(&self) -> Router {
        let index = self.chance.index(MACHINES);
        let replacement = self.chance.happens(5).then(|| self.machine());
        let mut machines = held(&self.machines);
        if let Some(replacement) = replacement {
            self.parts.trace.count("machine: replaced");
            let retired = std::mem::replace(&mut machines[index], replacement);
            held(&self.retired).push(retired.platform);
        }
        machines[index].refresh();
        machines[index].router.clone()
    }

    /// Lets each machine notice, within the time that caches keep, that plans have changed.
    pub fn forget(self: &Arc<Self>, account: AccountId, campaigns: Vec<CampaignId>) {
        let campaigns: Vec<_> = campaigns.into_iter().map(|campaign| (account, campaign)).collect();
        let machines = [held(&self.machines).clone(), held(&self.workers).clone()].concat();
        let most = u64::try_from(CACHE_TIME.as_millis()).unwrap_or(0);
        for machine in machines {
            let (delay, campaigns) = (self.chance.milliseconds(0..=most), campaigns.clone());
            self.spawn(async move {
                for delay in [delay, 2 * CACHE_TIME] {
                    sleep(delay).await;
                    machine.platform.forget(&campaigns, &[]).await;
                    machine.platform.forget_block_list(account).await;
                }
            });
        }
    }

    /// Tells those who wait that somebody may be free for them, as the API does after a change.
    pub async fn serve_after_change(&self, account: AccountId, campaigns: &[CampaignId]) {
        let platform = held(&self.machines)[self.chance.index(MACHINES)].platform.clone();
        match live(Some(account), ServeWaiters::after_change(&platform, account, campaigns)).await {
            Lived::Through { .. } | Lived::Died => {}
            Lived::Panicked => self.panicked("who serves after a change"),
        }
    }

    /// Starts the sweep, the repair if it is to run, and one or two of the workers and of the consumers of the feed.
    pub fn start(self: &Arc<Self>, repairs: bool) {
        for _ in 0..=self.chance.index(2) {
            let fleet = Arc::clone(self);
            self.spawn(async move { fleet.work().await });
        }
        for _ in 0..=self.chance.weighted(&[3, 1]) {
            let fleet = Arc::clone(self);
            self.spawn(async move { fleet.consume().await });
        }
        let fleet = Arc::clone(self);
        self.spawn(async move { fleet.sweep().await });
        if repairs {
            let fleet = Arc::clone(self);
            self.spawn(async move { fleet.repair().await });
        }
    }

    /// Stops them all.
    pub fn stop(&self) {
        held(&self.crew).abort_all();
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        held(&self.crew).spawn(work);
    }

    /// A machine that serves those who wait by the plans that it knows.
    fn worker(&self) -> Machine {
        let machine = self.machine();
        held(&self.workers).push(machine.clone());
        machine
    }

    async fn work(&self) {
        let machine = self.worker();
        let platform = &machine.platform;
        loop {
            self.parts.messages.wait().await;
            machine.refresh();
            // Each message has told somebody, so that none is left behind by who does not look twice.
            loop {
                match live(None, worker::work_off(platform)).await {
                    Lived::Through { answer: Ok(_), .. } => break,
                    Lived::Through { answer: Err(error), .. } => {
                        self.parts.trace.note(format_args!("a worker fails: {error}"));
                    }
                    Lived::Died => self.parts.trace.note(format_args!("a worker dies")),
                    Lived::Panicked => self.panicked("a worker"),
                }
                sleep(self.chance.milliseconds(100..=1_500)).await;
            }
        }
    }

    async fn sweep(&self) {
        let platform = self.worker().platform;
        loop {
            sleep(SWEEP_INTERVAL).await;
            match live(None, sweep::sweep(&platform)).await {
                Lived::Through { answer: Ok(swept), .. } => {
                    self.parts.trace.note(format_args!("{swept:?}"));
                    if swept.legs_watched > 0 {
                        self.parts.trace.count("sweep: a leg given back to the watchdog");
                    }
                    if swept.waiters_remembered > 0 {
                        self.parts.trace.count("sweep: somebody whom a queue has forgotten");
                    }
                }
                Lived::Through { answer: Err(error), .. } => {
                    self.parts.trace.note(format_args!("the sweep fails: {error}"));
                }
                Lived::Died => self.parts.trace.note(format_args!("the sweep dies")),
                Lived::Panicked => self.panicked("the sweep"),
            }
        }
    }

    async fn repair(&self) {
        let platform = self.machine().platform;
        loop {
            sleep(REPAIR_INTERVAL).await;
            while self.repair_once(&platform).await == Some(Repaired::More) {}
        }
    }

    /// A turn of the repair; none if it failed.
    async fn repair_once(&self, platform: &Platform) -> Option<Repaired> {
        let corrected = &platform.metrics.sums_corrected;
        let before = corrected.get();
        let lived = live(None, repair(platform)).await;
        (before..corrected.get()).for_each(|_| self.parts.trace.count("repair: a row corrected"));
        match lived {
            Lived::Through { answer: Ok(repaired), .. } => return Some(repaired),
            Lived::Through { answer: Err(error), .. } => {
                self.parts.trace.note(format_args!("a repair fails: {error}"));
            }
            Lived::Died => self.parts.trace.note(format_args!("a repair dies")),
            Lived::Panicked => self.panicked("a repair"),
        }
        None
    }

    /// Returns once nothing is left to be repaired, or after a time in which it should have been.
    pub async fn repaired(&self) {
        let platform = self.machine().platform;
        for _ in 0..MOST_REPAIRS {
            match self.repair_once(&platform).await {
                Some(Repaired::Nothing) => return,
                Some(Repaired::More) => {}
                Some(Repaired::Later) | None => sleep(REPAIR_INTERVAL).await,
            }
        }
        self.parts.verdict.violated(Invariant::ProfitAndLoss, format_args!("the repair comes to no end"));
    }

    async fn consume(&self) {
        let platform = self.machine().platform;
        let mut position = Position::default();
        loop {
            match live(None, rollup::consume(&platform, &position)).await {
                Lived::Through { answer: Ok(next), .. } if next == position => {
                    self.parts.feed.wait(&position).await;
                }
                Lived::Through { answer: Ok(next), .. } => {
                    position = next;
                    // Changes gather meanwhile, as in a stream's batches.
                    sleep(self.chance.milliseconds(200..=40_000)).await;
                }
                Lived::Through { answer: Err(error), .. } => {
                    self.parts.trace.note(format_args!("a consumer of the feed fails: {error}"));
                    sleep(self.chance.milliseconds(100..=1_500)).await;
                }
                Lived::Died => {
                    self.parts.trace.note(format_args!("a consumer of the feed dies"));
                    sleep(Duration::from_secs(1)).await;
                    position = self.resumed(&platform).await;
                }
                Lived::Panicked => self.panicked("a consumer of the feed"),
            }
        }
    }

    /// Where a new consumer begins: at the checkpoint, unless that is lost.
    async fn resumed(&self, platform: &Platform) -> Position {
        let is_lost =
            self.parts.faults.strikes(self.parts.faults.weather.checkpoint_lost, "feed: checkpoint lost");
        loop {
            match live(None, rollup::checkpoint(platform)).await {
                Lived::Through { answer: Ok(_), .. } if is_lost => return Position::default(),
                Lived::Through { answer: Ok(position), .. } => return position,
                Lived::Through { answer: Err(_), .. } | Lived::Died | Lived::Panicked => {
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn panicked(&self, who: &str) {
        self.parts.verdict.violated(Invariant::Soundness, format_args!("{who} panics"));
    }

    /// Consumes the whole feed once more, from its beginning.
    ///
    /// # Errors
    /// The store failed, which it does not do in calm weather.
    pub async fn replay(&self) -> Result<(), ringfall_store::port::StoreError> {
        let platform = self.machine().platform;
        let mut position = Position::default();
        loop {
            let next = rollup::consume(&platform, &position).await?;
            if next == position {
                return Ok(());
            }
            position = next;
        }
    }

    /// Webhooks that were answered with the last resort.
    pub fn failures(&self) -> u64 {
        let at_work = held(&self.machines).clone().into_iter().map(|machine| machine.platform);
        let retired = held(&self.retired).clone();
        at_work.chain(retired).map(|platform| platform.metrics.failures.get()).sum()
    }
}
