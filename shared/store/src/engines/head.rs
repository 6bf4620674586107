//! Waiting for the feed to grow.

use std::time::Duration;

use tokio::{sync::watch, time};

use super::lane::Serial;

/// How long a consumer waits at most before it looks again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Returns when the head of the feed is behind `after`, or after [`LONGEST_WAIT`].
pub(super) async fn wait(head: &watch::Sender<Serial>, after: Serial) {
    let mut head = head.subscribe();
    // Too long a wait and a sender that is gone mean the same here: the caller looks for itself.
    let _ = time::timeout(LONGEST_WAIT, head.wait_for(|head| *head > after)).await;
}

#[cfg(test)]
mod tests {
    use tokio::{join, time::Instant};

    use super::*;

    /// How long a consumer at position 1 waits while something happens, on a clock that moves only when all wait.
    async fn waited(happens: impl AsyncFnOnce(&watch::Sender<Serial>)) -> Duration {
        let head = watch::Sender::new(Serial(1));
        let start = Instant::now();
        join!(wait(&head, Serial(1)), happens(&head));
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_ends_the_wait_at_once() {
        let change = async |head: &watch::Sender<Serial>| {
            head.send_replace(Serial(2));
        };
        assert_eq!(waited(change).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_for_nothing_ends_too() {
        let same = async |head: &watch::Sender<Serial>| {
            head.send_replace(Serial(1));
        };
        assert!(waited(same).await >= LONGEST_WAIT);
    }
}
