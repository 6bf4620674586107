//! Threads that only read. In WAL mode they neither wait for the writer nor make it wait, and each statement
//! sees everything that was committed before it began.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use rusqlite::Connection;

use super::{
    fault::unavailable,
    jobs::{Job, Jobs, Queue},
    schema::{OpenError, open_reader},
};

/// How many reads run at once; more wait their turn.
const READERS: usize = 4;

/// Starts the readers. They end when their queue is closed.
pub(super) fn start(path: &Path) -> Result<Queue, OpenError> {
    let (queue, jobs) = Queue::open();
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..READERS {
        let connection = open_reader(path)?;
        let jobs = Arc::clone(&jobs);
        thread::Builder::new()
            .name("store-reader".to_owned())
            .spawn(move || serve(&connection, &jobs))
            .map_err(OpenError::Thread)?;
    }
    Ok(queue)
}

fn serve(connection: &Connection, jobs: &Mutex<Jobs>) {
    while let Some(mut job) = next(jobs) {
        let read = job.run(connection).map_err(|error| unavailable(&error));
        job.answer(read);
    }
}

/// One reader waits for the next job, the others wait for that one.
fn next(jobs: &Mutex<Jobs>) -> Option<Box<dyn Job>> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}
