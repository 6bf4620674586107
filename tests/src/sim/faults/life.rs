//! An invocation lives until it answers, or dies between any two of its steps.

use std::{
    future::pending,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::FutureExt;
use ringfall_domain::ids::AccountId;
use tokio::{sync::Notify, task_local, time::Instant};

task_local! {
    static LIFE: Arc<Life>;
}

#[derive(Debug)]
struct Life {
    began_at: Instant,
    account: Option<AccountId>,
    death: Notify,
    harmed: AtomicBool,
}

/// What became of an invocation.
#[derive(Debug)]
pub enum Lived<T> {
    /// It came to its end.
    Through {
        /// What it answered.
        answer: T,
        /// Whether any fault has touched it.
        harmed: bool,
    },
    /// It died on the way.
    Died,
    /// It panicked.
    Panicked,
}

/// Lives an invocation. One that is about a single account may touch nothing of another.
pub async fn live<T>(account: Option<AccountId>, invocation: impl Future<Output = T>) -> Lived<T> {
    let life = Arc::new(Life {
        began_at: Instant::now(),
        account,
        death: Notify::new(),
        harmed: AtomicBool::new(false),
    });
    let death = async {
        life.death.notified().await;
    };
    let invocation = LIFE.scope(Arc::clone(&life), AssertUnwindSafe(invocation).catch_unwind());
    tokio::select! {
        biased;
        () = death => Lived::Died,
        ended = invocation => match ended {
            Ok(answer) => Lived::Through { answer, harmed: life.harmed.load(Ordering::Relaxed) },
            Err(_) => Lived::Panicked,
        },
    }
}

/// The invocation ends here: nothing that it would still have done is done.
pub(super) async fn die() {
    if let Ok(life) = LIFE.try_with(Arc::clone) {
        life.death.notify_one();
        pending::<()>().await;
    }
}

/// Notes that a fault touches this invocation.
pub(super) fn harm() {
    // What happens outside of invocations, as when the world is founded, is nobody's harm.
    let _ = LIFE.try_with(|life| life.harmed.store(true, Ordering::Relaxed));
}

/// The account that this invocation is about, if it is about one.
pub(super) fn account() -> Option<AccountId> {
    LIFE.try_with(|life| life.account).ok().flatten()
}

/// When this invocation began, if this is within one.
pub(super) fn began_at() -> Option<Instant> {
    LIFE.try_with(|life| life.began_at).ok()
}
