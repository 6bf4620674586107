//! What a call costs on DynamoDB stays within what was aimed at.

use anyhow::Result;
use ringfall_tests::units::calls::{Screening, direct_call};

/// Write and read units of a direct billed call, and operations one after the other before a reply.
const MOST_WRITTEN: f64 = 11.5;
const MOST_READ: f64 = 8.0;
const MOST_ROUND_TRIPS: usize = 2;

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
