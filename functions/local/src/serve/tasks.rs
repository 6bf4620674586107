//! What runs beside the requests: the worker, the rollup, the sweep and the repair. None ever gives up.
//!
//! Each has a thread of its own. A turn may compute for some milliseconds, and the threads that answer webhooks are few.

use std::{future::Future, io, panic::AssertUnwindSafe, sync::Arc, thread, time::Duration};

use futures::FutureExt;
use ringfall_app::{
    platform::Platform,
    repair::{Repaired, repair},
    rollup::{checkpoint, consume},
    sweep::sweep,
    worker::work_off,
};
use ringfall_store::port::{Position, StoreError};
use tokio::{runtime::Handle, sync::oneshot, time::Instant};

use super::{
    logs,
    stop::{Stop, Stopper, stopper},
};

/// How often the worker looks for messages while none is due.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// How soon after the start the first sweep is made, and how often from then on.
const SWEEPS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3_600));
/// How often is looked for sums to be repaired, and for those that are to be looked at again.
const REPAIR_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// The pauses after failures: the first, and what doubling leads to.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// What one turn of a task found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something to do: there may be more.
    Busy,
    /// Nothing.
    Idle,
}

/// Work that is done in turns, for as long as the process runs.
pub(super) trait Task: Send + 'static {
    /// What it is called in logs.
    const NAME: &'static str;
    /// Whether it does what is left before it stops.
    const FINISHES: bool;

    /// Does one turn.
    async fn turn(&mut self) -> Result<Turn, StoreError>;

    /// Returns when another turn may find something.
    async fn idle(&self);
}

/// Delayed messages.
pub(super) struct Worker {
    /// Whose.
    pub(super) platform: Arc<Platform>,
}

impl Task for Worker {
    const NAME: &'static str = "worker";
    const FINISHES: bool = false;

    async fn turn(&mut self) -> Result<Turn, StoreError> {
        let count = work_off(&self.platform).await?;
        Ok(if count == 0 { Turn::Idle } else { Turn::Busy })
    }

    async fn idle(&self) {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The consumer of the change feed.
pub(super) struct Rollup {
    platform: Arc<Platform>,
    position: Option<Position>,
}

impl Rollup {
    /// Goes on from where it last came to.
    pub(super) const fn new(platform: Arc<Platform>) -> Self {
        Self { platform, position: None }
    }
}

impl Task for Rollup {
    const NAME: &'static str = "rollup";
    const FINISHES: bool = true;

    async fn turn(&mut self) -> Result<Turn, StoreError> {
        let position = match &self.position {
            Some(position) => position.clone(),
            None => checkpoint(&self.platform).await?,
        };
        let reached = consume(&self.platform, &position).await?;
        let turn = if reached == position { Turn::Idle } else { Turn::Busy };
        self.position = Some(reached);
        Ok(turn)
    }

    async fn idle(&self) {
        self.platform.feed.wait(self.position.as_ref().unwrap_or(&Position::default())).await;
    }
}

/// What looks for things that should never be left behind.
pub(super) struct Sweep {
    platform: Arc<Platform>,
    due: Instant,
}

impl Sweep {
    /// Waits until the start's own work is done.
    pub(super) fn new(platform: Arc<Platform>) -> Self {
        Self { platform, due: Instant::now() + SWEEPS.0 }
    }
}

impl Task for Sweep {
    const NAME: &'static str = "sweep";
    const FINISHES: bool = false;

    async fn turn(&mut self) -> Result<Turn, StoreError> {
        if self.due <= Instant::now() {
            let swept = sweep(&self.platform).await?;
            tracing::debug!(
                legs_watched = swept.legs_watched,
                entries_written = swept.entries_written,
                "swept"
            );
            self.due = Instant::now() + SWEEPS.1;
        }
        Ok(Turn::Idle)
    }

    async fn idle(&self) {
        tokio::time::sleep_until(self.due).await;
    }
}

/// What rebuilds sums that were left wrong.
pub(super) struct Repair {
    /// Whose.
    pub(super) platform: Arc<Platform>,
}

impl Task for Repair {
    const NAME: &'static str = "repair";
    const FINISHES: bool = false;

    async fn turn(&mut self) -> Result<Turn, StoreError> {
        Ok(match repair(&self.platform).await? {
            Repaired::More => Turn::Busy,
            Repaired::Nothing | Repaired::Later => Turn::Idle,
        })
    }

    async fn idle(&self) {
        tokio::time::sleep(REPAIR_INTERVAL).await;
    }
}

/// A task that runs.
#[derive(Debug)]
pub(super) struct Running {
    name: &'static str,
    stopper: Stopper,
    /// Closes when the task has come to its end.
    finished: oneshot::Receiver<()>,
}

impl Running {
    /// Starts a task.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start<T: Task>(task: T) -> io::Result<Self> {
        let (stopper, stop) = stopper();
        let (finishing, finished) = oneshot::channel();
        let runtime = Handle::current();
        thread::Builder::new().name(T::NAME.to_owned()).spawn(move || {
            runtime.block_on(keep_on(task, stop));
            drop(finishing);
        })?;
        Ok(Self { name: T::NAME, stopper, finished })
    }

    /// Lets it come to its end, but waits no longer than that: whatever it does not finish is taken up again at the next start.
    pub(super) async fn stop(self, patience: Duration) {
        self.stopper.ask();
        if tokio::time::timeout(patience, self.finished).await.is_err() {
            tracing::warn!(task = self.name, "a task does not come to its end");
        }
    }
}

async fn keep_on<T: Task>(mut task: T, mut stop: Stop) {
    let (first_pause, longest_pause) = PAUSES;
    let mut pause = first_pause;
    while T::FINISHES || !stop.is_asked() {
        match AssertUnwindSafe(task.turn()).catch_unwind().await {
            Ok(Ok(turn)) => {
                pause = first_pause;
                if turn == Turn::Idle && !waits(task.idle(), &mut stop).await {
                    return;
                }
                continue;
            }
            Ok(Err(error)) => {
                tracing::error!(task = T::NAME, %error, ?pause, "a task failed and goes on after a pause");
            }
            Err(panic) => {
                let reason = logs::reason(&*panic);
                tracing::error!(task = T::NAME, reason, ?pause, "a task panicked and goes on after a pause");
            }
        }
        if !waits(tokio::time::sleep(pause), &mut stop).await {
            return;
        }
        pause = (pause * 2).min(longest_pause);
    }
}

/// Waits unless it is time to stop. False if it is.
async fn waits(event: impl Future<Output = ()>, stop: &mut Stop) -> bool {
    tokio::select! {
        biased;
        () = stop.asked() => false,
        () = event => true,
    }
}

#[cfg(test)]
mod tests;
