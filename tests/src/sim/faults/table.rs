//! The table: every commit is seen by the checker, and on the way to it things go wrong.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{
        Direction, Key, Page, Range, Segment, SharedItem, Sheet, StoreError, Survey, Table, Update, Wanted,
        Write, WriteError, Written,
    },
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until},
};

use super::{
    super::{checker::Checker, defects::Defect, trace::Trace, verdict::Invariant},
    Fate, Faults, life, pause,
};

/// The engine in memory, with the checker beside it. Nothing fails here.
#[derive(Clone)]
pub struct ObservedTable {
    inner: MemoryStore,
    checker: Arc<Checker>,
    trace: Arc<Trace>,
    defect: Option<Defect>,
}

impl ObservedTable {
    /// Over an engine. A defect makes it a table that a broken product would write to.
    pub fn over(
        inner: MemoryStore,
        checker: Arc<Checker>,
        trace: Arc<Trace>,
        defect: Option<Defect>,
    ) -> Self {
        Self { inner, checker, trace, defect }
    }

    /// `began_at`: when the invocation began that writes, if one does.
    async fn commit(
        &self,
        mut writes: Vec<Write>,
        began_at: Option<Instant>,
    ) -> Result<Vec<Written>, WriteError> {
        if let Some(defect) = self.defect {
            defect.spoil(&self.inner, &mut writes).await?;
        }
        writes.iter().for_each(|write| self.checker.sent(write));
        let keys: Vec<Key> = writes.iter().map(|write| write.key().clone()).collect();
        let shown = if self.trace.is_told() { Shown(&writes).to_string() } else { String::new() };
        let result = self.inner.write(writes).await;
        match &result {
            Ok(written) => {
                self.trace.note(format_args!("wrote {shown}"));
                let mut changes = Vec::with_capacity(keys.len());
                for (key, written) in keys.iter().zip(written) {
                    if let Written::Now(after) = written {
                        self.checker.committed(key, after.as_deref());
                        changes.push((key, after.as_deref()));
                    }
                }
                self.checker.transacted(began_at, &changes);
            }
            Err(WriteError::Refused(_)) => self.trace.note(format_args!("did not write {shown}")),
            Err(WriteError::Store(error)) => {
                self.checker.verdict.violated(Invariant::Soundness, format_args!("{error} of {shown}"));
            }
        }
        result
    }

    fn reads(&self, keys: &[Key]) {
        if let Some(account) = life::account() {
            keys.iter().for_each(|key| self.checker.reads(account, key));
        }
    }
}

#[async_trait]
impl Table for ObservedTable {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        self.inner.get(key).await
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        self.inner.get_many(keys).await
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let page = self.inner.query(partition, range, direction, limit).await?;
        Ok(match self.defect {
            Some(defect) => defect.spoil_page(partition, limit, page),
            None => page,
        })
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        self.commit(writes, life::began_at()).await
    }
}

#[async_trait]
impl Survey for FaultyTable {
    async fn survey(
        &self,
        segment: Segment,
        after: Option<&Key>,
        limit: usize,
        wanted: Wanted,
    ) -> Result<Sheet, StoreError> {
        self.faults.carry("survey", self.table.inner.survey(segment, after, limit, wanted)).await
    }
}

/// The port of the table, as an invocation in a cloud sees it.
#[derive(Clone)]
pub struct FaultyTable {
    table: ObservedTable,
    faults: Arc<Faults>,
}

impl FaultyTable {
    /// Over a table.
    pub const fn over(table: ObservedTable, faults: Arc<Faults>) -> Self {
        Self { table, faults }
    }
}

#[async_trait]
impl Table for FaultyTable {
    async fn get(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        self.table.reads(std::slice::from_ref(key));
        self.faults.carry("get", self.table.get(key)).await
    }

    /// Each item is read at its own time: what is read together did not necessarily stand together.
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        self.table.reads(keys);
        let torn = async {
            let mut items = Vec::with_capacity(keys.len());
            for key in keys {
                if self.faults.strikes(self.faults.weather.partial, "store: a batch in parts") {
                    pause(self.faults.delay(25..=800)).await;
                } else if self.faults.index(8) == 0 {
                    pause(self.faults.delay(0..=5)).await;
                }
                items.push(self.table.get(key).await?);
            }
            Ok(items)
        };
        self.faults.carry("get several", torn).await
    }

    async fn query(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.table.reads(&[Key::new(partition, "")]);
        self.faults.carry("query", self.table.query(partition, range, direction, limit)).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Vec<Written>, WriteError> {
        let several = writes.len();
        let keys: Vec<Key> = writes.iter().map(|write| write.key().clone()).collect();
        self.table.reads(&keys);
        self.faults.crowds.throttle(&self.faults, &keys)?;
        let passage = self.faults.passage();
        let _under_way = self.faults.crowds.join(&self.faults, keys).await?;
        let mut sent = Sent::new(self.table.clone(), writes, Instant::now() + passage.there);
        if matches!(passage.fate, Fate::Refused | Fate::DeathBefore) || !self.faults.survives() {
            sent.is_lost_with_sender = true;
        }
        self.faults.depart("write", passage).await?;
        let result = sent.arrive().await;
        self.faults.come_back("write", passage).await?;
        // A transaction does not tell what it left behind (`TransactWriteItems` answers nothing).
        result.map(|written| if several > 1 { vec![Written::Unknown; several] } else { written })
    }
}

/// A write on its way. It may still take effect when nobody waits for it any more.
struct Sent {
    table: ObservedTable,
    writes: Vec<Write>,
    arrives_at: Instant,
    /// When the invocation began that has sent it.
    began_at: Option<Instant>,
    is_lost_with_sender: bool,
}

impl Sent {
    fn new(table: ObservedTable, writes: Vec<Write>, arrives_at: Instant) -> Self {
        Self { table, writes, arrives_at, began_at: life::began_at(), is_lost_with_sender: false }
    }

    async fn arrive(mut self) -> Result<Vec<Written>, WriteError> {
        let writes = std::mem::take(&mut self.writes);
        self.table.commit(writes, self.began_at).await
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if self.writes.is_empty() || self.is_lost_with_sender {
            return;
        }
        // At the end of a run there is no runtime any more to carry anything out.
        if let Ok(runtime) = Handle::try_current() {
            let (table, writes, at) = (self.table.clone(), std::mem::take(&mut self.writes), self.arrives_at);
            let began_at = self.began_at;
            table.trace.count("store: took effect after its sender had gone");
            runtime.spawn(async move {
                sleep_until(at).await;
                // Nobody is there to be told.
                drop(table.commit(writes, began_at).await);
            });
        }
    }
}

/// Writes in one line: which items, and of items that are changed in part what becomes of their slots and facts. Counts and
/// money follow from those.
struct Shown<'a>(&'a [Write]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, write) in self.0.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { " + " }, write.key())?;
            let Write::Update { updates, .. } = write else { continue };
            for update in updates {
                let change = match update {
                    Update::Set(..) => "=",
                    Update::SetIfAbsent(..) => "=?",
                    Update::Remove(_) => "gone",
                    Update::Add(..) => continue,
                };
                f.write_str(" ")?;
                for name in &update.path().0 {
                    write!(f, ".{name}")?;
                }
                write!(f, " {change}")?;
            }
        }
        Ok(())
    }
}
