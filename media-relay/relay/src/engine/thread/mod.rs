//! A thread that moves packets: it waits until sockets have something, a turn is due, or a command came.

mod orders;
mod packets;
mod rounds;
mod socket;
mod turns;

use std::{
    io,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, SendError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedSender;

use super::{
    EngineConfig, EngineEvent,
    bell::{Bell, Button, bell},
    command::Command,
    counters::{Shown, Tally},
    leg::Legs,
    ports::Ports,
    readiness::Readiness,
    recorder::Recorder,
    wheel::{Turn, Wheel},
};

/// The number under which a thread's bell is waited for; sockets have small ones.
const BELL: u64 = u64::MAX;

/// Room for a packet: the longest, what is too long by some bytes, so that it is seen to be, and the tag of SRTP.
const BUFFER_BYTES: usize = 2_048;

/// How long a thread waits before it tries again when the system fails it.
const AFTER_FAILURE: Duration = Duration::from_millis(20);

/// Time, as all threads of an engine count it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(self) -> Duration {
        self.0.elapsed()
    }
}

/// A thread, from outside.
#[derive(Debug)]
pub(super) struct ThreadHandle {
    commands: Sender<Command>,
    button: Button,
    pub(super) shown: Arc<Shown>,
    thread: Option<JoinHandle<()>>,
}

impl ThreadHandle {
    /// Gives the thread a command.
    pub(super) fn tell(&self, command: Command) -> Result<(), SendError<Command>> {
        self.commands.send(command)?;
        self.button.press();
        Ok(())
    }

    /// Lets the thread close its legs and end.
    pub(super) fn stop(&mut self) {
        // If it has ended already, nothing is left to be told.
        let _ = self.tell(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts a thread.
pub(super) fn start(
    config: &EngineConfig,
    clock: Clock,
    ports: &Arc<Mutex<Ports>>,
    events: &UnboundedSender<EngineEvent>,
    recorder: &Recorder,
) -> io::Result<ThreadHandle> {
    let (commands, given) = channel();
    let (button, bell) = bell()?;
    let shown = Arc::new(Shown::default());
    let mut readiness = Readiness::new()?;
    readiness.add(&bell.wire, BELL)?;
    let now = clock.now();
    let mover = Mover {
        clock,
        now,
        readiness,
        bell,
        commands: given,
        legs: Legs::default(),
        wheel: Wheel::new(now),
        turns: Vec::new(),
        events: events.clone(),
        recorder: recorder.clone(),
        ports: Arc::clone(ports),
        tally: Tally::default(),
        shown: Arc::clone(&shown),
        round: rounds::Round::new(now),
        silent_after: config.silent_after,
        buffer: Box::new([0; BUFFER_BYTES]),
        is_over: false,
    };
    let thread = std::thread::Builder::new().name("media".to_owned()).spawn(move || mover.run())?;
    Ok(ThreadHandle { commands, button, shown, thread: Some(thread) })
}

/// A thread, from inside.
struct Mover {
    clock: Clock,
    /// The time at which what is looked at now came, or is due.
    now: Duration,
    readiness: Readiness,
    bell: Bell,
    commands: Receiver<Command>,
    legs: Legs,
    wheel: Wheel,
    /// Room for the turns of a ms.
    turns: Vec<Turn>,
    events: UnboundedSender<EngineEvent>,
    recorder: Recorder,
    ports: Arc<Mutex<Ports>>,
    tally: Tally,
    shown: Arc<Shown>,
    round: rounds::Round,
    silent_after: Duration,
    buffer: Box<[u8; BUFFER_BYTES]>,
    is_over: bool,
}

impl Mover {
    fn run(mut self) {
        while !self.is_over {
            let round = self.round.due();
            let due = self.wheel.due().map_or(round, |due| due.min(round));
            match self.readiness.wait_until(due, self.now) {
                Ok(count) => self.look(count),
                Err(error) => {
                    tracing::error!(%error, "waiting for packets failed");
                    std::thread::sleep(AFTER_FAILURE);
                    self.now = self.clock.now();
                }
            }
            self.take_turns();
            self.go_round();
        }
    }

    /// Looks at all that have something: one packet of each, so that a leg that is flooded starves no other. Commands come first: one that
    /// was given before a packet came holds for the packet. A socket that they close has nothing for the leg that comes to its place.
    fn look(&mut self, count: usize) {
        self.now = self.clock.now();
        if (0..count).any(|ready| self.readiness.ready(ready) == Some(BELL)) {
            self.obey();
        }
        for ready in 0..count {
            if let Some(number) = self.readiness.ready(ready).filter(|number| *number != BELL) {
                self.receive(number);
            }
        }
    }

    fn tell(&self, event: EngineEvent) {
        // Nobody may be listening any more.
        let _ = self.events.send(event);
    }
}
