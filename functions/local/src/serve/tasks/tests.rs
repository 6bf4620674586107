use std::{
    panic,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio::sync::Notify;

use super::*;

/// Does what its script says, turn by turn, and counts.
struct Scripted {
    script: Vec<fn() -> Result<Turn, StoreError>>,
    turns: Arc<AtomicU32>,
    idle: Arc<Notify>,
}

impl Task for Scripted {
    const NAME: &'static str = "scripted";
    const FINISHES: bool = true;

    async fn turn(&mut self) -> Result<Turn, StoreError> {
        self.turns.fetch_add(1, Ordering::SeqCst);
        if self.script.is_empty() { Ok(Turn::Idle) } else { self.script.remove(0)() }
    }

    async fn idle(&self) {
        self.idle.notify_one();
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_task_survives_failures_and_panics_and_finishes_before_it_stops() {
    let (turns, idle) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
    panic::set_hook(Box::new(|_| {}));
    let running = Running::start(Scripted {
        script: vec![
            || Ok(Turn::Busy),
            || Err(StoreError::Unavailable("for a moment".to_owned())),
            || panic!("a fault of ours"),
            || Ok(Turn::Busy),
        ],
        turns: Arc::clone(&turns),
        idle: Arc::clone(&idle),
    })
    .expect("a thread");
    idle.notified().await;
    assert_eq!(turns.load(Ordering::SeqCst), 5);
    running.stop(TASK_STOPS_IN).await;
    assert_eq!(turns.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn what_is_left_is_done_before_a_task_stops() {
    let turns = Arc::new(AtomicU32::new(0));
    let running = Running::start(Scripted {
        script: vec![|| Ok(Turn::Busy); 100],
        turns: Arc::clone(&turns),
        idle: Arc::new(Notify::new()),
    })
    .expect("a thread");
    running.stop(TASK_STOPS_IN).await;
    assert_eq!(turns.load(Ordering::SeqCst), 101);
}

const TASK_STOPS_IN: Duration = Duration::from_secs(5);
