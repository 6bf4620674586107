//! The one thread that writes, with group commit: whatever waits goes into one transaction, and nobody is
//! answered before it is on disk. A lone request is committed at once.

use std::{path::Path, thread};

use rusqlite::Connection;
use tokio::sync::watch;

use super::{
    super::lane::Serial,
    changes,
    checkpoints::Checkpoints,
    fault::unavailable,
    jobs::{Job, Jobs, Queue},
    schema::{Lock, OpenError, open_writer},
};

/// The most requests of one transaction, so that the first of them does not wait for too many others.
const BATCH: usize = 256;

/// The writer's thread, and the way to it.
#[derive(Debug)]
pub(super) struct Writer {
    /// Closed, it lets the thread end.
    pub(super) queue: Queue,
    /// Ends after what was in the queue is done, the log is in the file and the lock is let go.
    pub(super) thread: thread::JoinHandle<()>,
    /// The position of the last change.
    pub(super) head: watch::Sender<Serial>,
}

/// Opens the file and starts the thread.
pub(super) fn start(path: &Path, lock: Lock) -> Result<Writer, OpenError> {
    let connection = open_writer(path)?;
    let failed = |source| OpenError::Sqlite { path: path.to_owned(), source };
    let head = watch::Sender::new(changes::head(&connection).map_err(failed)?);
    let mut checkpoints = Checkpoints::start(path)?;
    let (queue, jobs) = Queue::open();
    let told = head.clone();
    let thread = thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || {
            serve(&connection, jobs, &told, &mut checkpoints);
            checkpoints.end();
            close(connection);
            drop(lock);
        })
        .map_err(OpenError::Thread)?;
    Ok(Writer { queue, thread, head })
}

fn serve(
    connection: &Connection,
    mut jobs: Jobs,
    head: &watch::Sender<Serial>,
    checkpoints: &mut Checkpoints,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(first) = jobs.blocking_recv() {
        let committed = transact(connection, first, &mut jobs, &mut batch);
        let durable = match committed {
            Ok(last) => {
                head.send_if_modified(|head| std::mem::replace(head, last) != last);
                checkpoints.committed(batch.len());
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, requests = batch.len(), "a transaction of the store failed");
                roll_back(connection);
                Err(unavailable(&error))
            }
        };
        for job in batch.drain(..) {
            job.answer(durable.clone());
        }
    }
}

/// Commits the first job and all that wait by the time their predecessors are done. Every job that was begun
/// is in `batch`. Gives the position of the last change.
fn transact(
    connection: &Connection,
    first: Box<dyn Job>,
    jobs: &mut Jobs,
    batch: &mut Vec<Box<dyn Job>>,
) -> rusqlite::Result<Serial> {
    let mut ran = begin(connection);
    let mut next = Some(first);
    while let Some(mut job) = next {
        ran = ran.and_then(|()| job.run(connection));
        batch.push(job);
        next = if ran.is_ok() && batch.len() < BATCH { jobs.try_recv().ok() } else { None };
    }
    ran?;
    let head = changes::head(connection)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(head)
}

fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)
}

/// A transaction that failed may have ended by itself.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a transaction of the store could not be rolled back");
    }
}

/// Brings the log into the file. What stays in the log is as durable: the next opening finds it there.
fn close(connection: Connection) {
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = emptied.and_then(|()| connection.close().map_err(|(_, error)| error)) {
        tracing::warn!(%error, "the store's log could not be brought into its file");
    }
}
