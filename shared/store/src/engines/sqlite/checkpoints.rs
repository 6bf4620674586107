//! The thread that brings the log into the file while the writer goes on. Left to the writer, this would hold
//! up all that waits, each time for as long as it takes to write thousands of pages.

use std::{
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use rusqlite::Connection;

use super::schema::{OpenError, open_checkpointer};

/// After so many requests the log is brought into the file.
const REQUESTS: usize = 256;

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Checkpoints {
    due: SyncSender<()>,
    thread: thread::JoinHandle<()>,
    requests: usize,
}

impl Checkpoints {
    /// Starts the thread.
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let connection = open_checkpointer(path)?;
        // One that is due while another is being made is enough for all that come until then.
        let (due, made_due) = sync_channel(1);
        let thread = thread::Builder::new().name("store-checkpoints".to_owned());
        let thread = thread.spawn(move || serve(&connection, &made_due)).map_err(OpenError::Thread)?;
        Ok(Self { due, thread, requests: 0 })
    }

    /// Tells of requests that were committed. Never waits.
    pub(super) fn committed(&mut self, requests: usize) {
        self.requests += requests;
        if self.requests >= REQUESTS {
            self.requests = 0;
            // Full: one is due already. Closed: the writer's connection sees to its log itself, only later.
            let _ = self.due.try_send(());
        }
    }

    /// Waits for a checkpoint that is being made, and makes no more.
    pub(super) fn end(self) {
        drop(self.due);
        if self.thread.join().is_err() {
            tracing::error!("the store's checkpoints had ended early");
        }
    }
}

fn serve(connection: &Connection, due: &Receiver<()>) {
    while due.recv().is_ok() {
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the store's log could not be brought into its file");
        }
    }
}
