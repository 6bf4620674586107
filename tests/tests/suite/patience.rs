//! Waiting for what follows within moments.

use std::time::Duration;

use anyhow::{Result, bail};

const MOMENTS: Duration = Duration::from_secs(30);
/// A webhook's deadline, what clocks and providers may be late, and the time to ring, twice over.
const WATCHDOG: Duration = Duration::from_secs(120);
const INTERVAL: Duration = Duration::from_millis(50);

/// Asks again until there is an answer: sums and lists follow calls within moments.
///
/// # Errors
/// There was none within half a minute, or asking failed.
pub(crate) async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    within(MOMENTS, what, ask).await
}

/// Asks again until there is an answer: a place that its function died without giving back is the watchdog's to free.
///
/// # Errors
/// There was none within two minutes, or asking failed.
pub(crate) async fn once_watched<T>(what: &str, ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    within(WATCHDOG, what, ask).await
}

async fn within<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    for _ in 0..patience.as_millis() / INTERVAL.as_millis() {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        tokio::time::sleep(INTERVAL).await;
    }
    bail!("{what}: not within any patience")
}
