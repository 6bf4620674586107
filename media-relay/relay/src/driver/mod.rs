//! The thread of SIP: it owns the user agent, the sockets and the calls, and is the only one who touches them.
//!
//! Whatever takes its time (the platform, names, audio) runs elsewhere and comes back into the inbox. Each turn takes what is there, tells the calls,
//! does what they want, and sends.

mod actions;
mod arrival;
mod caller;
mod changes;
mod commands;
mod ended;
mod hops;
mod inbox;
mod incoming;
mod legs;
mod outgoing;
mod rates;
mod sessions;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    net::IpAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use ringfall_control::{Trunk, notice::Arrival, text::Id};
use ringfall_sip::{
    Chance, Moment,
    agent::{Agent, SessionId},
    auth::Challenger,
    message::Host,
};
use tokio::{
    runtime::Handle as Runtime,
    sync::{mpsc, watch},
};
use url::Url;

pub(crate) use self::inbox::{Command, Inbox, Reply};
use self::{
    ended::Ended,
    hops::{Alike, Carried},
    legs::Leg,
    rates::Rates,
};
use crate::{
    audio::Library,
    call::{Call, Event, LegNumber},
    clock::Clock,
    engine::{Engine, EngineEvent, LegId},
    instance::Instance,
    metrics::Metrics,
    platform::Platform,
    resolver::Resolver,
    transport::{Arrived, Gate, Transports},
    trunks::Trunks,
    uploads::Uploads,
};

/// How much of one kind is taken in a turn before the others have theirs.
const MOST_IN_A_TURN: usize = 64;

/// What is left at the end for BYEs to be answered, and notices to be heard.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What is left for the recordings of calls that were ended: whoever runs the relay waits somewhat longer than it drains. What is not in the bucket
/// then stays on the disk.
const LAST_UPLOADS: Duration = Duration::from_secs(20);

/// What the thread needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What our From says.
    pub(crate) host: Host,
    /// Which relay this is.
    pub(crate) instance: Instance,
    /// Where recordings are written.
    pub(crate) recordings: PathBuf,
    /// What links to them begin with.
    pub(crate) links_begin: Url,
    /// How many calls there may be at once, of all trunks.
    pub(crate) most_calls: usize,
}

/// What the thread works with.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    pub(crate) agent: Agent,
    pub(crate) chance: Chance,
    pub(crate) transports: Transports,
    pub(crate) gate: Gate,
    pub(crate) resolver: Resolver,
    pub(crate) engine: Engine,
    pub(crate) engine_events: mpsc::UnboundedReceiver<EngineEvent>,
    pub(crate) inbox: mpsc::UnboundedReceiver<Inbox>,
    pub(crate) to_inbox: mpsc::UnboundedSender<Inbox>,
    pub(crate) trunks: watch::Receiver<Arc<Trunks>>,
    pub(crate) platform: Platform,
    pub(crate) library: Library,
    pub(crate) uploads: Uploads,
    pub(crate) runtime: Runtime,
    pub(crate) metrics: Metrics,
}

/// A call with all that is needed to carry it.
#[derive(Debug)]
struct Live {
    call: Call,
    trunk: Arc<Trunk>,
    arrival: Option<Arrival>,
    /// What calls that are made for it say of it.
    carried: Carried,
    legs: BTreeMap<LegNumber, Leg>,
    /// How far the music is.
    music_at: usize,
    /// Who is to be joined with the caller as soon as both have agreed on their audio.
    to_join: Option<LegNumber>,
    /// What is to be recorded as soon as the caller has agreed on audio, and for how long.
    to_record: Option<(u32, Duration)>,
    /// Recordings under way, by their files.
    recordings: HashMap<u32, Recording>,
    /// When the platform's last word came.
    told_at: Instant,
    wake: Option<Moment>,
}

/// A recording under way.
#[derive(Debug)]
struct Recording {
    leg: LegId,
    id: crate::engine::RecordingId,
    file_name: String,
}

/// The thread's whole state.
#[derive(Debug)]
pub(crate) struct Driver {
    parts: Parts,
    settings: Settings,
    challenger: Challenger,
    calls: BTreeMap<u64, Live>,
    ids: HashMap<Id, u64>,
    /// How many calls each connection has.
    of_connection: HashMap<Id, u32>,
    sessions: HashMap<SessionId, LegId>,
    /// From where each leg that we have rung is heard.
    heard: HashMap<LegId, Vec<IpAddr>>,
    /// By the engine's number: whose recording it is.
    recordings: HashMap<u64, (u64, u32)>,
    wakes: BTreeSet<(Moment, u64)>,
    /// What is still to be told to calls.
    told: VecDeque<(u64, Event)>,
    ended: Ended,
    rates: Rates,
    alike: Alike,
    /// Calls there were: their numbers.
    count: u64,
    recording_count: u64,
    drain_until: Option<Moment>,
}

impl Driver {
    /// The realm of our challenges.
    pub(crate) const REALM: &'static str = "ringfall";

    pub(crate) fn new(parts: Parts, settings: Settings) -> Self {
        Self {
            parts,
            settings,
            challenger: Challenger::new(Self::REALM),
            calls: BTreeMap::new(),
            ids: HashMap::new(),
            of_connection: HashMap::new(),
            sessions: HashMap::new(),
            heard: HashMap::new(),
            recordings: HashMap::new(),
            wakes: BTreeSet::new(),
            told: VecDeque::new(),
            ended: Ended::default(),
            rates: Rates::default(),
            alike: Alike::default(),
            count: 0,
            recording_count: 0,
            drain_until: None,
        }
    }

    /// Runs until it was drained.
    pub(crate) async fn run(mut self) {
        loop {
            self.settle();
            if self.is_drained() {
                return;
            }
            let wake = self.next_wake();
            let sleep = async {
                match wake {
                    Some(instant) => tokio::time::sleep_until(instant).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // What we are told to do comes before what strangers want. Nobody is starved: each turn takes of all kinds.
                biased;
                Some(inbox) = self.parts.inbox.recv() => self.on_inbox(inbox),
                Some(event) = self.parts.engine_events.recv() => self.on_engine(event),
                arrived = self.parts.transports.next() => self.on_arrived(arrived),
                () = sleep => {}
            }
            self.take_what_is_there();
            self.on_time();
        }
    }

    /// Whether a trunk has as many calls as it may have, or the relay has.
    fn is_full(&self, trunk: &Trunk) -> bool {
        let calls = self.of_connection.get(&trunk.connection).copied().unwrap_or_default();
        calls >= trunk.rules.most_calls || self.calls.len() >= self.settings.most_calls
    }

    fn now(&self) -> Moment {
        self.parts.clock.now()
    }

    /// What came while something else was done.
    fn take_what_is_there(&mut self) {
        for _ in 0..MOST_IN_A_TURN {
            let Some(arrived) = self.parts.transports.next_at_once() else { break };
            self.on_arrived(arrived);
        }
        for _ in 0..MOST_IN_A_TURN {
            let Ok(inbox) = self.parts.inbox.try_recv() else { break };
            self.on_inbox(inbox);
        }
        for _ in 0..MOST_IN_A_TURN {
            let Ok(event) = self.parts.engine_events.try_recv() else { break };
            self.on_engine(event);
        }
    }

    fn on_arrived(&mut self, arrived: Arrived) {
        let now = self.now();
        match arrived {
            Arrived::Message(from, message) => {
                // Copies and strays are answered by the agent, or are nobody's.
                let _ = self.parts.agent.handle_message(now, from, *message);
            }
            Arrived::Failed(peers) => {
                for peer in peers {
                    self.parts.agent.handle_peer_failure(now, peer);
                }
            }
        }
        self.take_sessions(now);
    }

    fn on_inbox(&mut self, inbox: Inbox) {
        let now = self.now();
        match inbox {
            Inbox::Orders { call, ask, orders } => {
                if let Some(live) = self.calls.get_mut(&call) {
                    live.told_at = Instant::now();
                    self.tell(now, call, Event::Orders(ask, orders));
                }
            }
            Inbox::Audio { leg, playback, playlist, music_at, missing } => {
                self.on_audio(now, leg, playback, playlist, music_at, missing);
            }
            Inbox::Resolved { leg, peers } => {
                self.on_resolved(now, leg, peers.as_deref().map_err(|error| *error));
            }
            Inbox::Command(command, reply) => {
                let answer = self.command(now, *command);
                // Who asked may have gone.
                let _ = reply.send(answer);
            }
            Inbox::Drain(limit) => {
                tracing::info!(calls = self.calls.len(), "no more calls are taken");
                self.drain_until.get_or_insert(now + limit);
            }
        }
    }

    /// Tells a call what happened, and does what it wants, and so on until there is nothing more.
    fn tell(&mut self, now: Moment, call: u64, event: Event) {
        self.told.push_back((call, event));
        self.settle_calls(now);
    }

    fn settle_calls(&mut self, now: Moment) {
        while let Some((number, event)) = self.told.pop_front() {
            let Some(live) = self.calls.get_mut(&number) else { continue };
            live.call.handle(now, event);
            self.perform(now, number);
        }
    }

    /// Sends what is to be sent.
    fn settle(&mut self) {
        while let Some(transmit) = self.parts.agent.poll_transmit() {
            self.parts.transports.send(transmit);
        }
    }

    fn on_time(&mut self) {
        let now = self.now();
        if self.parts.agent.poll_timeout().is_some_and(|due| due <= now) {
            self.parts.agent.handle_timeout(now);
            self.take_sessions(now);
        }
        while let Some((due, number)) = self.wakes.first().copied().filter(|(due, _)| *due <= now) {
            self.wakes.remove(&(due, number));
            if let Some(live) = self.calls.get_mut(&number) {
                live.wake = None;
                live.call.handle_timeout(now);
                self.perform(now, number);
                self.settle_calls(now);
            }
        }
        self.ended.forget_old(now);
    }

    fn next_wake(&self) -> Option<tokio::time::Instant> {
        let calls = self.wakes.first().map(|(due, _)| *due);
        let draining = self.drain_until.map(|_| self.now() + Duration::from_millis(200));
        let next = [self.parts.agent.poll_timeout(), calls, draining].into_iter().flatten().min()?;
        Some(self.parts.clock.instant(next))
    }

    /// A call is to be woken at another time than before.
    fn set_wake(&mut self, number: u64) {
        let Some(live) = self.calls.get_mut(&number) else { return };
        let wake = live.call.poll_timeout();
        if live.wake == wake {
            return;
        }
        if let Some(old) = std::mem::replace(&mut live.wake, wake) {
            self.wakes.remove(&(old, number));
        }
        self.wakes.extend(wake.map(|wake| (wake, number)));
    }

    /// Whether it is time to stop: nothing is left to do, or there is no more time.
    fn is_drained(&mut self) -> bool {
        let Some(until) = self.drain_until else { return false };
        let now = self.now();
        let is_idle = self.calls.is_empty() && self.sessions.is_empty();
        let uploads = self.parts.uploads.waiting();
        if is_idle && self.parts.platform.waiting() == 0 && uploads == 0 {
            return true;
        }
        if now < until {
            return false;
        }
        let left: Vec<_> = self.calls.keys().copied().collect();
        for number in left {
            self.tell(now, number, Event::End(crate::call::CALLER));
        }
        self.settle();
        now > until + if uploads == 0 { LAST_WORDS } else { LAST_UPLOADS }
    }
}
