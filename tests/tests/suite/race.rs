//! Many callers at once for few places: never one call too many, and none too few.

use anyhow::Result;
use ringfall_tests::stack::{Agency, Dial, InboundCall, NUMBER, Offer, Profile, Stack, Store, Twilio};
use tokio::task::JoinSet;

const CAP: usize = 3;
const CALLERS: usize = 64;

/// Has every call arrive at once, each as often as said, and gives those that were connected.
///
/// # Panics
/// If copies of one webhook were answered differently, or a caller is neither connected nor told that all lines are busy.
async fn arrive(agency: &Agency, calls: &[InboundCall], copies: usize) -> Result<Vec<(InboundCall, Dial)>> {
    let mut arrivals = JoinSet::new();
    for call in calls {
        for _ in 0..copies {
            let (call, arrival) = (call.clone(), call.arrival(agency));
            arrivals.spawn(async move {
                Ok::<_, anyhow::Error>((call.sid.clone(), call.send(&arrival).await?.document()?))
            });
        }
    }
    let mut dials = std::collections::BTreeMap::new();
    while let Some(arrived) = arrivals.join_next().await {
        let (sid, document) = arrived??;
        let dial = document.dial();
        assert!(dial.is_some() || document.verbs() == ["Say", "Hangup"], "{document:?}");
        let first = dials.entry(sid).or_insert_with(|| dial.clone());
        assert_eq!(*first, dial, "copies of one webhook are answered alike");
    }
    let connected = calls.iter().filter_map(|call| Some((call.clone(), dials.get(&call.sid)?.clone()?)));
    Ok(connected.collect())
}

/// Has calls end whose targets were talked to.
async fn hang_up(agency: &Agency, connected: &[(InboundCall, Dial)]) -> Result<()> {
    for (call, dial) in connected {
        for webhook in [call.dial_end(dial, 1, Ok(95))?, call.end(agency, 100)] {
            call.send(&webhook).await?.document()?;
        }
    }
    Ok(())
}

fn calls(twilio: &Twilio, round: usize) -> Vec<InboundCall> {
    (0..CALLERS)
        .map(|caller| twilio.call(round * CALLERS + caller, &format!("+1214555{caller:04}"), NUMBER))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_callers_for_a_cap_of_3_exactly_3_connect_always() -> Result<()> {
    // Every other round each webhook comes twice at once: a copy must not take a place of its own.
    exactly_the_cap_connects_on(Store::Sqlite, &[1, 2, 1, 2, 1, 2]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_callers_for_a_cap_of_3_exactly_3_connect_on_dynamodb_too() -> Result<()> {
    // A local DynamoDB answers some hundred requests a second: with more at once, webhooks would pass their deadline.
    exactly_the_cap_connects_on(Store::dynamodb().await?, &[1, 1]).await
}

/// `copies`: by round, how often each webhook comes at once.
async fn exactly_the_cap_connects_on(store: Store, copies: &[usize]) -> Result<()> {
    let stack = Stack::start_on(store, Profile::Debug).await?;
    let agency = Agency::set_up(stack.api(), Offer::direct(3)).await?;
    let twilio = Twilio::quick();
    for (round, copies) in copies.iter().copied().enumerate() {
        let connected = arrive(&agency, &calls(&twilio, 2 * round), copies).await?;
        assert_eq!(connected.len(), CAP, "round {round}");
        let late = arrive(&agency, &calls(&twilio, 2 * round + 1), 1).await?;
        assert_eq!(late.len(), 0, "round {round}: all places are taken");
        hang_up(&agency, &connected).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_a_webhook_at_once_never_stand_in_each_others_way() -> Result<()> {
    let stack = Stack::start(Profile::Debug).await?;
    let agency = Agency::set_up(stack.api(), Offer::direct(1)).await?;
    let twilio = Twilio::quick();
    for index in 0..50 {
        let call = twilio.call(index, "+12145550123", NUMBER);
        let connected = arrive(&agency, &[call], 4).await?;
        assert_eq!(connected.len(), 1, "call {index}: its only rival is its own copy");
        hang_up(&agency, &connected).await?;
    }
    Ok(())
}
