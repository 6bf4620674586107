//! Which changes the table's stream brings.

use anyhow::{Result, ensure};
use ringfall_app::rollup::concerns_the_sums;
use ringfall_tests::{
    deployed::{stream_calls_for, translated},
    units::{hot::used_by_direct_calls, queued::queued_call},
};

/// The function is called by every change that it sums, and by no other of all those that calls make: its own sums would call it for ever.
#[tokio::test]
async fn the_stream_calls_for_what_is_summed_and_for_nothing_else() -> Result<()> {
    let template = translated()?;
    let mut touched = used_by_direct_calls(1).await?;
    let held = queued_call().await?;
    touched.extend(held.webhooks.into_iter().flat_map(|step| step.usage.touched));
    let mut kinds = [0, 0];
    for one in touched.iter().filter(|one| one.written > 0) {
        let is_summed = concerns_the_sums(&one.key);
        ensure!(stream_calls_for(&template, &one.key)? == is_summed, "{}", one.key);
        kinds[usize::from(is_summed)] += 1;
    }
    ensure!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
    let telephony = touched.iter().any(|one| one.key.sort.ends_with("#telephony"));
    ensure!(telephony, "no minutes of a carrier were entered");
    Ok(())
}
