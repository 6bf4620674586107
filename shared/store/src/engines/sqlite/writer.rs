//! The one thread that writes, with group commit: whatever waits goes into one transaction, and nobody is
//! answered before it is on disk. A lone request is committed at once.

use std::{path::Path, sync::Arc, thread};

use rusqlite::Connection;

use super::{
    checkpoints::Checkpoints,
    fault::unavailable,
    jobs::{Job, Jobs, Queue},
    schema::{Lock, OpenError, open_writer},
    transaction::{OnDisk, Transaction},
};
use crate::port::Wanted;

/// The most requests of one transaction, so that the first of them does not wait for too many others.
const BATCH: usize = 256;

/// The writer's thread, and the way to it.
#[derive(Debug)]
pub(super) struct Writer {
    /// Closed, it lets the thread end.
    pub(super) queue: Queue<Transaction>,
    /// Ends after what was in the queue is done, the log is in the file and the lock is let go.
    pub(super) thread: thread::JoinHandle<()>,
    /// What it has committed.
    pub(super) on_disk: Arc<OnDisk>,
}

/// Opens the file and starts the thread.
pub(super) fn start(path: &Path, lock: Lock, fed: Wanted) -> Result<Writer, OpenError> {
    let failed = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let mut transaction = Transaction::on(open_writer(path)?, fed).map_err(failed)?;
    let on_disk = Arc::clone(transaction.on_disk());
    let mut checkpoints = Checkpoints::start(path)?;
    let (queue, jobs) = Queue::open();
    let thread = thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || {
            serve(&mut transaction, jobs, &mut checkpoints);
            checkpoints.end();
            close(transaction.into_connection());
            drop(lock);
        })
        .map_err(OpenError::Thread)?;
    Ok(Writer { queue, thread, on_disk })
}

fn serve(transaction: &mut Transaction, mut jobs: Jobs<Transaction>, checkpoints: &mut Checkpoints) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(first) = jobs.blocking_recv() {
        let durable = match transact(transaction, first, &mut jobs, &mut batch) {
            Ok(()) => {
                checkpoints.committed(batch.len());
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, requests = batch.len(), "a transaction of the store failed");
                transaction.roll_back();
                Err(unavailable(&error))
            }
        };
        for job in batch.drain(..) {
            job.answer(durable.clone());
        }
    }
}

/// Commits the first job and all that wait by the time their predecessors are done. Every job that was begun
/// is in `batch`.
fn transact(
    transaction: &mut Transaction,
    first: Box<dyn Job<Transaction>>,
    jobs: &mut Jobs<Transaction>,
    batch: &mut Vec<Box<dyn Job<Transaction>>>,
) -> rusqlite::Result<()> {
    let mut ran = transaction.begin();
    let mut next = Some(first);
    while let Some(mut job) = next {
        ran = ran.and_then(|()| job.run(transaction));
        batch.push(job);
        next = if ran.is_ok() && batch.len() < BATCH { jobs.try_recv().ok() } else { None };
    }
    ran?;
    transaction.commit()
}

/// Brings the log into the file. What stays in the log is as durable: the next opening finds it there.
fn close(connection: Connection) {
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = emptied.and_then(|()| connection.close().map_err(|(_, error)| error)) {
        tracing::warn!(%error, "the store's log could not be brought into its file");
    }
}
