//! The carrier: it places calls, tells of them by webhooks, obeys instructions, and knows what is true.
//!
//! It behaves as Twilio does, and within what is documented of others: [`call`] is one caller's call, [`obeying`] what it does with its
//! instructions, [`callback`] a call that the platform places, [`leg`] one leg to a target, [`webhooks`] the way to the platform with all that gets lost on it, [`api`] its REST API, [`wire`] the form in
//! which the platform's router reads its webhooks and writes its instructions.

mod api;
mod call;
mod callback;
mod instructions;
mod leg;
mod obeying;
mod people;
mod webhooks;
mod wire;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

use jiff::Timestamp;
use ringfall_providers::Callbacks;
use tokio::{task::JoinSet, time::Instant};

pub use self::wire::SimulatedConnector;
use self::{call::Line, leg::Leg, wire::Exchange};
use super::{
    checker::Checker,
    clock::SimulatedClock,
    defects::Defect,
    faults::Faults,
    fleet::Fleet,
    held,
    trace::Trace,
    world::{Agency, Caller, World},
};

/// The carrier of both agencies.
pub struct Carrier {
    world: Arc<World>,
    clock: SimulatedClock,
    faults: Arc<Faults>,
    checker: Arc<Checker>,
    trace: Arc<Trace>,
    defect: Option<Defect>,
    exchange: Exchange,
    fleet: OnceLock<Arc<Fleet>>,
    lines: Mutex<BTreeMap<String, Arc<Line>>>,
    legs: Mutex<BTreeMap<String, Arc<Leg>>>,
    crew: Mutex<JoinSet<()>>,
}

/// What the carrier stands in.
pub struct Surroundings {
    /// Who calls whom.
    pub world: Arc<World>,
    /// The right time.
    pub clock: SimulatedClock,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    /// Who is told the truth.
    pub checker: Arc<Checker>,
    /// What happened.
    pub trace: Arc<Trace>,
    /// What the platform is built wrong in.
    pub defect: Option<Defect>,
}

impl Carrier {
    /// A carrier without calls, that does not know the platform yet.
    pub fn new(surroundings: Surroundings) -> Arc<Self> {
        let Surroundings { world, clock, faults, checker, trace, defect } = surroundings;
        Arc::new(Self {
            world,
            clock,
            faults,
            checker,
            trace,
            defect,
            exchange: Exchange::default(),
            fleet: OnceLock::new(),
            lines: Mutex::default(),
            legs: Mutex::default(),
            crew: Mutex::default(),
        })
    }

    /// From now on webhooks go to these machines.
    pub fn call_out_to(&self, fleet: Arc<Fleet>) {
        // A carrier is told once; were it told again, the first would stand.
        let _ = self.fleet.set(fleet);
    }

    /// Lets every caller of the world call, each at their time.
    pub fn open(self: &Arc<Self>) {
        for caller in self.world.callers.clone() {
            let carrier = Arc::clone(self);
            self.spawn(async move {
                tokio::time::sleep(caller.after).await;
                carrier.take(caller).await;
            });
        }
    }

    /// Returns when all calls are over and all that was to be told of them has been told, or lost.
    pub async fn close(&self) {
        loop {
            let mut crew = std::mem::take(&mut *held(&self.crew));
            if crew.is_empty() {
                return;
            }
            while crew.join_next().await.is_some() {}
        }
    }

    async fn take(self: &Arc<Self>, caller: Caller) {
        let line = Line::new(self, caller);
        held(&self.lines).insert(line.sid.clone(), Arc::clone(&line));
        self.conduct(&line).await;
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        held(&self.crew).spawn(work);
    }

    fn line(&self, sid: &str) -> Option<Arc<Line>> {
        held(&self.lines).get(sid).cloned()
    }

    fn leg(&self, sid: &str) -> Option<Arc<Leg>> {
        held(&self.legs).get(sid).cloned()
    }

    fn legs_of(&self, call_sid: &str) -> Vec<Arc<Leg>> {
        held(&self.legs).values().filter(|leg| leg.call_sid == call_sid).cloned().collect()
    }

    fn agency(&self, index: usize) -> &Agency {
        &self.world.agencies[index]
    }

    /// The callback URLs that an agency has configured: those that name no call.
    fn entries(&self, agency: usize) -> Callbacks {
        let public_url = super::fleet::public_url();
        Callbacks::new(&public_url, self.agency(agency).connection)
    }

    /// An instant by the carrier's own clock, in whole seconds, as it tells times.
    fn told_time(&self, agency: usize, instant: Instant) -> Timestamp {
        let shown = self.clock.at(instant) + self.agency(agency).manners.clock_ahead;
        Timestamp::from_second(shown.as_second()).unwrap_or(shown)
    }
}
