//! Waiting for the feed to grow.

use std::time::Duration;

use tokio::{sync::watch, time};

use crate::port::Position;

/// How long a consumer waits at most before it looks again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Returns when the head of the feed is behind `after`, or after [`LONGEST_WAIT`].
pub(super) async fn wait(head: &watch::Sender<Position>, after: Position) {
    let mut head = head.subscribe();
    // Too long a wait and a sender that is gone mean the same here: the caller looks for itself.
    let _ = time::timeout(LONGEST_WAIT, head.wait_for(|head| *head > after)).await;
}
