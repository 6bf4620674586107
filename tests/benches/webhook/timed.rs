//! A webhook is due every millisecond, however long earlier ones take.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use ringfall_tests::stack::{Agency, NUMBER, Script, Stack, Step, Twilio};
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    measured::Times,
    wire::{self, Wire},
};

const EVERY: Duration = Duration::from_millis(1);
const WARM_UP: usize = 3_000;
const WEBHOOKS: usize = 20_000;
/// Calls under way: each of them has a webhook every so many milliseconds.
const CALLS: usize = 60;
/// Calls of this part begin with this index.
const FIRST_CALL: usize = 10_000_000;

/// A call under way, and which of its steps comes next.
struct Call {
    script: Script,
    next: usize,
}

/// What waits for its turn: calls whose last webhook was answered, and connections that nobody uses.
#[derive(Default)]
struct Idle {
    calls: VecDeque<Call>,
    wires: Vec<Wire>,
    begun: usize,
    under_way: usize,
}

impl Idle {
    /// The call that waits longest, or a new one while there are too few, or where all wait for answers.
    fn next_call(&mut self, agency: &Agency, twilio: &Twilio) -> Call {
        let waiting = if self.under_way < CALLS { None } else { self.calls.pop_front() };
        waiting.unwrap_or_else(|| {
            self.begun += 1;
            self.under_way += 1;
            let call = twilio.call(FIRST_CALL + self.begun, "+12145550123", NUMBER);
            Call { script: Script::new(agency, call), next: 0 }
        })
    }

    /// Takes back what was used.
    fn take(&mut self, wire: Wire, call: Call) {
        self.wires.push(wire);
        if call.next < Step::ALL.len() {
            self.calls.push_back(call);
        } else {
            self.under_way -= 1;
        }
    }
}

/// Locks what the posts share.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("no holder of the lock panics")
}

pub(crate) async fn measure(stack: &Stack, agency: &Agency) -> Result<()> {
    let idle = Arc::new(Mutex::new(Idle::default()));
    let twilio = Twilio::quick();
    let mut due = clock();
    let mut posts: JoinSet<Result<()>> = JoinSet::new();
    let times = Arc::new(Mutex::new(Times::default()));
    for turn in 0..WARM_UP + WEBHOOKS {
        let Some(due_at) = due.recv().await else { break };
        let call = lock(&idle).next_call(agency, &twilio);
        let (idle, times, address) = (Arc::clone(&idle), Arc::clone(&times), stack.address());
        let counts = turn >= WARM_UP;
        posts.spawn(async move { post(call, &idle, address, due_at, counts.then_some(&*times)).await });
        while let Some(posted) = posts.try_join_next() {
            posted??;
        }
    }
    while let Some(posted) = posts.join_next().await {
        posted??;
    }
    println!("1,000 webhooks per second, from when each was due:");
    for line in lock(&times).lines() {
        println!("{line}");
    }
    Ok(())
}

/// Tells each moment at which a webhook is due. A thread of its own wakes up more exactly than tokio's timer, which counts
/// whole milliseconds.
fn clock() -> mpsc::UnboundedReceiver<Instant> {
    let (tell, told) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let mut due_at = Instant::now();
        for _ in 0..WARM_UP + WEBHOOKS {
            due_at += EVERY;
            thread::sleep(due_at.saturating_duration_since(Instant::now()));
            if tell.send(due_at).is_err() {
                return;
            }
        }
    });
    told
}

async fn post(
    mut call: Call,
    idle: &Mutex<Idle>,
    address: SocketAddr,
    due_at: Instant,
    times: Option<&Mutex<Times>>,
) -> Result<()> {
    let step = Step::ALL[call.next];
    let request = wire::request(&call.script.webhook(step), address);
    let unused = lock(idle).wires.pop();
    let mut wire = match unused {
        Some(wire) => wire,
        None => Wire::open(address).await?,
    };
    let document = wire.post(&request).await?;
    if let Some(times) = times {
        lock(times).add(step, due_at.elapsed());
    }
    call.script.answered(step, document)?;
    call.next += 1;
    lock(idle).take(wire, call);
    Ok(())
}
