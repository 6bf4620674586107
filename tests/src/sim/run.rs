//! One run, from its seed to its verdict.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use ringfall_store::engines::memory::MemoryStore;
use tokio::{runtime::Builder, time::sleep};

use super::{
    agencies::Agencies,
    carrier::{Carrier, SimulatedConnector, Surroundings},
    chance::Chance,
    checker::Checker,
    clock::SimulatedClock,
    defects::Defect,
    faults::{Faults, FaultyFeed, FaultyMessages, FaultyTable, ObservedTable},
    fleet::{Fleet, Parts, SWEEP_INTERVAL},
    trace::{Telling, Trace},
    verdict::{Invariant, Verdict, Violation},
    world::{Scene, World, found},
};

/// What kind of run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many callers call.
    pub calls: u32,
    /// What it is drawn for.
    pub scene: Scene,
    /// In what the platform is built wrong; none is the platform as it is.
    pub defect: Option<Defect>,
}

impl Default for Options {
    /// A run of 100 calls on the platform as it is.
    fn default() -> Self {
        Self { calls: 100, scene: Scene::Any, defect: None }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// What kind of run it was.
    pub options: Options,
    /// What was broken first, if anything was.
    pub violation: Option<Violation>,
    /// Every invariant that was broken.
    pub broken: BTreeSet<Invariant>,
    /// Steps taken.
    pub steps: u64,
    /// The same for two runs that went alike in every step, if both were told or neither was.
    pub hash: u64,
    /// How often each kind of thing happened.
    pub counts: BTreeMap<&'static str, u64>,
}

/// How long the watchdog may take once nothing goes wrong any more: until a live leg's lease runs out, whose message was lost,
/// and the sweep comes by; until a message shows itself again that a dead worker had taken; and some retries.
fn watchdogs_time() -> Duration {
    Duration::from_secs(15 * 60) + SWEEP_INTERVAL
}

/// Runs a seed.
///
/// # Panics
/// If the operating system gives no runtime.
pub fn run(seed: u64, options: Options) -> Outcome {
    run_with(seed, options, Telling::Silent)
}

/// Runs a seed alike, and tells of it: a violation has so many lines of what came before it.
///
/// # Panics
/// If the operating system gives no runtime.
pub fn told(seed: u64, options: Options, lines: usize) -> Outcome {
    run_with(seed, options, Telling::Lines(lines))
}

fn run_with(seed: u64, options: Options, telling: Telling) -> Outcome {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime of one thread").block_on(simulate(seed, options, telling))
}

async fn simulate(seed: u64, options: Options, telling: Telling) -> Outcome {
    let trace = Arc::new(Trace::begin(telling));
    let world = Arc::new(World::drawn(seed, options.calls, options.scene));
    let clock = SimulatedClock::starting(world.begins_at);
    trace.note(format_args!("seed {seed} begins at {}", world.begins_at));
    let verdict = Arc::new(Verdict::new(Arc::clone(&trace)));
    let store = MemoryStore::new();
    let checker =
        Checker::new(Arc::clone(&world), store.clone(), clock, Arc::clone(&trace), Arc::clone(&verdict));
    let checker = Arc::new(checker);
    let faults = Arc::new(Faults::of_run(seed, Arc::clone(&trace)));
    let observed =
        ObservedTable::over(store.clone(), Arc::clone(&checker), Arc::clone(&trace), options.defect);
    found(&world, &observed).await;

    let carrier = Carrier::new(Surroundings {
        world: Arc::clone(&world),
        clock,
        faults: Arc::clone(&faults),
        checker: Arc::clone(&checker),
        trace: Arc::clone(&trace),
        defect: options.defect,
    });
    let table = FaultyTable::over(observed, Arc::clone(&faults));
    let forgets = Chance::new(seed, "feed").happens(750);
    let feed = FaultyFeed::over(store.clone(), Arc::clone(&faults), forgets);
    let fleet = Fleet::new(
        seed,
        Parts {
            table: table.clone(),
            messages: FaultyMessages::over(store.clone(), Arc::clone(&faults), clock, world.own_clocks_apart),
            feed,
            clock,
            own_clocks_apart: world.own_clocks_apart,
            connector: Arc::new(SimulatedConnector::to(&carrier)),
            faults: Arc::clone(&faults),
            verdict: Arc::clone(&verdict),
            trace: Arc::clone(&trace),
        },
    );
    carrier.call_out_to(Arc::clone(&fleet));
    let repairs = options.defect.is_none_or(Defect::outlives_repair);
    fleet.start(repairs);
    carrier.open();
    let agencies = Agencies { world, table, fleet: Arc::clone(&fleet), clock, trace: Arc::clone(&trace) };
    tokio::join!(carrier.close(), agencies.change_their_minds());

    faults.calm_down();
    sleep(watchdogs_time()).await;
    if repairs {
        fleet.repaired().await;
    }
    fleet.stop();
    let concluded = conclude(&checker, &store, &fleet, forgets).await;
    if let Err(error) = concluded {
        verdict.violated(Invariant::Soundness, format_args!("at the end: {error}"));
    }
    Outcome {
        seed,
        options,
        violation: verdict.first(),
        broken: verdict.broken(),
        steps: trace.steps(),
        hash: trace.hash(),
        counts: trace.counts(),
    }
}

/// The run is over: everything must add up, and once more after the whole feed was read again.
async fn conclude(
    checker: &Checker,
    store: &MemoryStore,
    fleet: &Fleet,
    feed_forgets: bool,
) -> Result<(), ringfall_store::port::StoreError> {
    checker.conclude(store).await?;
    checker.failed_only_by_faults(fleet.failures());
    if !feed_forgets {
        fleet.replay().await?;
        checker.conclude(store).await?;
    }
    Ok(())
}
