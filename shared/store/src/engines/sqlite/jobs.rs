//! Work for a thread that owns a place to work at (a connection, say), and the queue in which it waits.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{mpsc, oneshot};

use super::fault::Fault;
use crate::port::StoreError;

/// How much work waits at most; who comes later waits for room.
const CAPACITY: usize = 1_024;

/// A piece of work that keeps its outcome until it may be told.
pub(super) trait Job<P>: Send {
    /// Does the work.
    ///
    /// # Errors
    ///
    /// SQLite's failure, which is one of the whole transaction. A refusal or an invalid request is an outcome
    /// like any other.
    fn run(&mut self, place: &mut P) -> rusqlite::Result<()>;

    /// Tells who waits: the outcome if it is now durable, else why not.
    fn answer(self: Box<Self>, durable: Result<(), StoreError>);
}

/// Jobs that a thread takes out one by one, in order.
pub(super) type Jobs<P> = mpsc::Receiver<Box<dyn Job<P>>>;

/// The way to a thread; closed, it lets the thread finish what waits.
pub(super) struct Queue<P>(Mutex<Option<Sender<P>>>);

type Sender<P> = mpsc::Sender<Box<dyn Job<P>>>;

impl<P> fmt::Debug for Queue<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl<P: 'static> Queue<P> {
    /// An open queue, and its end for the thread.
    pub(super) fn open() -> (Self, Jobs<P>) {
        let (sender, jobs) = mpsc::channel(CAPACITY);
        (Self(Mutex::new(Some(sender))), jobs)
    }

    /// Lets nothing more in.
    pub(super) fn close(&self) {
        self.sender().take();
    }

    /// Has the thread do some work, and waits for the outcome.
    ///
    /// # Errors
    ///
    /// The work's own, or [`StoreError::Unavailable`] if it failed, if the queue is closed or if the thread
    /// is gone.
    pub(super) async fn ask<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: FnOnce(&mut P) -> Result<T, Fault<E>> + Send + 'static,
    {
        let gone = || StoreError::Unavailable("the store is closed".to_owned());
        let sender = self.sender().clone().ok_or_else(gone)?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task { work: Some(work), outcome: None, reply });
        sender.send(job).await.map_err(|_| gone())?;
        // Held on to, the sender would keep a queue open that was closed meanwhile.
        drop(sender);
        answer.await.map_err(|_| gone())?
    }

    fn sender(&self) -> MutexGuard<'_, Option<Sender<P>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Task<T, E, W> {
    work: Option<W>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<P, T, E, W> Job<P> for Task<T, E, W>
where
    T: Send,
    E: From<StoreError> + Send,
    W: FnOnce(&mut P) -> Result<T, Fault<E>> + Send,
{
    fn run(&mut self, place: &mut P) -> rusqlite::Result<()> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        match work(place) {
            Ok(found) => self.outcome = Some(Ok(found)),
            Err(Fault::Own(error)) => self.outcome = Some(Err(error)),
            Err(Fault::Sqlite(error)) => return Err(error),
        }
        Ok(())
    }

    fn answer(self: Box<Self>, durable: Result<(), StoreError>) {
        let outcome = match durable {
            Ok(()) => self.outcome,
            Err(error) => Some(Err(error.into())),
        };
        if let Some(outcome) = outcome {
            // Who no longer waits has given up; the work is done all the same.
            let _ = self.reply.send(outcome);
        }
    }
}
