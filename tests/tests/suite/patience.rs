//! Waiting for what follows within moments.

use std::time::Duration;

use anyhow::{Result, bail};

/// Asks again until there is an answer: sums and lists follow calls within moments.
///
/// # Errors
/// There was none within half a minute, or asking failed.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    for _ in 0..600 {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("{what}: not within any patience")
}
