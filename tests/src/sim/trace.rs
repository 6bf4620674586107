//! What happened in a run: how often each thing did, a hash over its steps, and, where it is told, its last lines.
//!
//! A line costs more than the step that it tells of. So runs are not told; whoever wants to read of one runs its seed again.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::{self, Write},
    sync::{Mutex, MutexGuard},
};

use tokio::time::Instant;

use super::{
    chance::{FNV_OFFSET, fnv},
    held,
};

/// How much is told of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Nothing.
    Silent,
    /// So many of its last lines.
    Lines(usize),
}

/// The record of one run.
#[derive(Debug)]
pub struct Trace {
    began_at: Instant,
    telling: Telling,
    record: Mutex<Record>,
}

#[derive(Debug)]
struct Record {
    hash: u64,
    steps: u64,
    lines: VecDeque<String>,
    counts: BTreeMap<&'static str, u64>,
}

impl Trace {
    /// An empty record that begins now.
    pub fn begin(telling: Telling) -> Self {
        let record = Record { hash: FNV_OFFSET, steps: 0, lines: VecDeque::new(), counts: BTreeMap::new() };
        Self { began_at: Instant::now(), telling, record: Mutex::new(record) }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        held(&self.record)
    }

    /// Whether anybody reads what is told.
    pub fn is_told(&self) -> bool {
        self.telling != Telling::Silent
    }

    /// One step of the world: a line with the time since the run began.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        let milliseconds = self.began_at.elapsed().as_millis();
        let mut record = self.record();
        record.steps += 1;
        record.hash = fnv(record.hash, &milliseconds.to_le_bytes()[..8]);
        let Telling::Lines(most) = self.telling else { return };
        // The line that is forgotten makes room for the new one.
        let is_full = record.lines.len() >= most.max(1);
        let mut line = is_full.then(|| record.lines.pop_front()).flatten().unwrap_or_default();
        line.clear();
        // Writing into a string does not fail.
        let _ = write!(line, "{:>8}.{:03}  {what}", milliseconds / 1_000, milliseconds % 1_000);
        record.hash = fnv(record.hash, line.as_bytes());
        record.lines.push_back(line);
    }

    /// Counts one more of a kind.
    pub fn count(&self, kind: &'static str) {
        *self.record().counts.entry(kind).or_default() += 1;
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.record().steps
    }

    /// The same for two runs that went alike: in the time of every step, and in every line where they are told.
    pub fn hash(&self) -> u64 {
        self.record().hash
    }

    /// How often each kind of thing happened.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.record().counts.clone()
    }

    /// The last lines.
    pub fn last_lines(&self) -> Vec<String> {
        self.record().lines.iter().cloned().collect()
    }
}
