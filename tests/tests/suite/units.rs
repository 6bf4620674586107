//! What a call costs on DynamoDB stays within what was aimed at.

use anyhow::Result;
use ringfall_tests::units::{
    calls::{Screening, direct_call},
    queued::queued_call,
};

/// Write and read units of a direct billed call, and operations one after the other before a reply.
const MOST_WRITTEN: f64 = 11.5;
const MOST_READ: f64 = 8.0;
const MOST_ROUND_TRIPS: usize = 2;
/// Units of the webhooks of a call that was held for a minute, and of serving it: what was reached. The sums are a direct call's.
const MOST_WRITTEN_QUEUED: f64 = 19.0;
const MOST_READ_QUEUED: f64 = 19.0;
const MOST_MESSAGES_QUEUED: usize = 3;

#[tokio::test]
async fn a_direct_billed_call_stays_within_its_units_and_round_trips() -> Result<()> {
    for screening in [Screening::None, Screening::Press] {
        let call = direct_call(screening).await?;
        assert!(call.written() <= MOST_WRITTEN, "{screening:?}: {} write units", call.written());
        assert!(call.read() <= MOST_READ, "{screening:?}: {} read units", call.read());
        for step in &call.webhooks {
            assert!(step.usage.round_trips <= MOST_ROUND_TRIPS, "{screening:?}: {step:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_call_that_was_held_uses_no_more_than_it_did() -> Result<()> {
    let call = queued_call().await?;
    let units = call.units();
    assert!(units.written <= MOST_WRITTEN_QUEUED, "{} write units", units.written);
    assert!(units.read <= MOST_READ_QUEUED, "{} read units", units.read);
    assert!(call.messages() <= MOST_MESSAGES_QUEUED, "{} messages", call.messages());
    Ok(())
}
