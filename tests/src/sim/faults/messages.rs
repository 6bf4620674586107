//! Delayed messages that come early and twice, that get lost, and whose acknowledgements get lost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ringfall_store::{
    engines::memory::MemoryStore,
    port::{Delivery, MessageBody, Messages, Receipt, StoreError},
};
use tokio::{sync::Semaphore, task::AbortHandle, time::sleep_until};

use super::{
    super::{clock::SimulatedClock, held},
    Faults,
};

/// The port of delayed messages over the engine in memory.
#[derive(Debug, Clone)]
pub struct FaultyMessages {
    inner: MemoryStore,
    faults: Arc<Faults>,
    clock: SimulatedClock,
    /// By then a message is due by every worker's clock.
    told_after: Duration,
    due: Arc<Semaphore>,
    /// Who tells workers that a delivery's message shows itself again, for as long as it may.
    hidden: Arc<Mutex<HashMap<Receipt, AbortHandle>>>,
}

/// How long after a message is due, by the clock that is furthest behind, a worker is told to look.
const POLLING: Duration = Duration::from_secs(1);

impl FaultyMessages {
    /// Over an engine, for workers whose clocks may be so far apart.
    pub fn over(
        inner: MemoryStore,
        faults: Arc<Faults>,
        clock: SimulatedClock,
        clocks_apart: Duration,
    ) -> Self {
        let told_after = POLLING + clocks_apart;
        Self { inner, faults, clock, told_after, due: Arc::new(Semaphore::new(0)), hidden: Arc::default() }
    }

    /// Returns when a message may be due that no worker was told of yet. Polling would do the same, for many more steps.
    pub async fn wait(&self) {
        if let Ok(permit) = self.due.acquire().await {
            permit.forget();
        }
    }

    fn tell_workers(&self, due_at: Timestamp) -> AbortHandle {
        let (due, at) = (Arc::clone(&self.due), self.clock.instant_of(due_at) + self.told_after);
        let telling = tokio::spawn(async move {
            sleep_until(at).await;
            due.add_permits(1);
        });
        telling.abort_handle()
    }

    /// What was delivered shows itself no more, or at another time.
    fn settle(&self, receipt: &Receipt) {
        if let Some(telling) = held(&self.hidden).remove(receipt) {
            telling.abort();
        }
    }
}

#[async_trait]
impl Messages for FaultyMessages {
    async fn send(&self, body: MessageBody, due_at: Timestamp) -> Result<(), StoreError> {
        let sent = self.faults.carry("send", async {
            if self.faults.strikes(self.faults.weather.message_lost, "message: lost") {
                return Ok(());
            }
            self.tell_workers(due_at);
            if self.faults.strikes(self.faults.weather.redelivered, "message: sent twice") {
                self.inner.send(body.clone(), due_at).await?;
            }
            self.inner.send(body, due_at).await
        });
        sent.await
    }

    async fn receive(
        &self,
        now: Timestamp,
        hidden_seconds: u32,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let is_early = self.faults.strikes(self.faults.weather.early, "message: early");
        let early = if is_early { self.faults.delay(1..=90_000) } else { Duration::ZERO };
        let now = now + SignedDuration::try_from(early).unwrap_or(SignedDuration::ZERO);
        // A receiver that is still at work when the message shows itself again shares it with another.
        let is_shared = self.faults.strikes(self.faults.weather.redelivered, "message: delivered twice");
        let hidden_seconds = if is_shared { 0 } else { hidden_seconds };
        let received = self.faults.carry("receive", async {
            let deliveries = self.inner.receive(now, hidden_seconds, limit).await?;
            for delivery in &deliveries {
                let telling = self.tell_workers(now + SignedDuration::from_secs(i64::from(hidden_seconds)));
                held(&self.hidden).insert(delivery.receipt.clone(), telling);
            }
            Ok(deliveries)
        });
        received.await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> Result<(), StoreError> {
        if self.faults.strikes(self.faults.weather.redelivered, "message: acknowledgement lost") {
            return Ok(());
        }
        let acknowledged = self.faults.carry("acknowledge", async {
            self.inner.acknowledge(receipt).await?;
            self.settle(receipt);
            Ok(())
        });
        acknowledged.await
    }

    async fn postpone(&self, receipt: &Receipt, due_at: Timestamp) -> Result<(), StoreError> {
        self.tell_workers(due_at);
        let postponed = self.faults.carry("postpone", async {
            self.inner.postpone(receipt, due_at).await?;
            self.settle(receipt);
            Ok(())
        });
        postponed.await
    }
}
