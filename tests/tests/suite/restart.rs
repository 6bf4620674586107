//! The platform is killed and started again in the middle of calls by SIP.

use std::time::Duration;

use anyhow::{Result, ensure};
use ringfall_tests::{
    restart::{Load, run},
    stack::Profile,
};

/// Talks are short, so that a busy machine need not carry all of them at once. `cargo run --release -p ringfall-tests --bin restart` plays more.
const LOAD: Load = Load { calls: 200, calls_per_second: 20, talk: Duration::from_millis(1_500) };

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_while_the_platform_is_away_reaches_the_desk_and_nothing_is_left() -> Result<()> {
    let outcome = run(Profile::Debug, LOAD).await?;
    ensure!(outcome.served == LOAD.calls && outcome.heard == LOAD.calls, "everybody talks: {outcome:?}");
    // Those from before and after, at the least: they are known, and nearly all of them talked long enough.
    ensure!(outcome.known >= LOAD.calls / 2 && outcome.billed >= LOAD.calls / 2, "{outcome:?}");
    ensure!(outcome.known < LOAD.calls, "the platform was away too shortly for the fallback: {outcome:?}");
    Ok(())
}
