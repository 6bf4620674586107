//! Threads that only read. In WAL mode they neither wait for the writer nor make it wait, and each statement
//! sees everything that was committed before it began.

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use rusqlite::Connection;

use super::{
    fault::{Fault, unavailable},
    jobs::{Jobs, Queue},
    schema::{OpenError, open_reader},
};
use crate::port::StoreError;

/// How many reads run at once.
const READERS: usize = 4;

/// The readers' threads. They end when their queues are closed.
#[derive(Debug)]
pub(super) struct Readers {
    queues: Vec<Queue<Connection>>,
    turn: AtomicUsize,
}

impl Readers {
    /// Starts the threads.
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let queues = (0..READERS).map(|_| start(path)).collect::<Result<_, _>>()?;
        Ok(Self { queues, turn: AtomicUsize::new(0) })
    }

    /// Lets no more work in.
    pub(super) fn close(&self) {
        self.queues.iter().for_each(Queue::close);
    }

    /// Reads, on the readers in turn.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault<StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.queues[turn % READERS].ask(work).await
    }
}

fn start(path: &Path) -> Result<Queue<Connection>, OpenError> {
    let mut connection = open_reader(path)?;
    let (queue, jobs) = Queue::open();
    let reader = thread::Builder::new().name("store-reader".to_owned());
    reader.spawn(move || serve(&mut connection, jobs)).map_err(OpenError::Thread)?;
    Ok(queue)
}

fn serve(connection: &mut Connection, mut jobs: Jobs<Connection>) {
    while let Some(mut job) = jobs.blocking_recv() {
        let read = job.run(connection).map_err(|error| unavailable(&error));
        job.answer(read);
    }
}
