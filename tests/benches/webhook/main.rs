//! Signed webhook → TwiML, over HTTP on loopback, against `ringfall serve` on SQLite: whole calls of eleven webhooks each.
//!
//! - `throughput`: as many webhooks as there come through, in turns with a bare axum endpoint that only reads the same
//!   forms. Both are processes of their own, and one driver posts the same webhooks to both.
//! - `1,000 webhooks per second`: a webhook is due every millisecond, however long earlier ones take; its time counts
//!   from when it was due.
//!
//! Run it on a machine that does nothing else: `cargo bench -p ringfall-tests --bench webhook`.

#![expect(clippy::print_stdout, reason = "the figures are the point")]

mod bare;
#[path = "../machine/mod.rs"]
mod machine;
mod measured;
mod throughput;
mod timed;
mod wire;

use anyhow::Result;
use ringfall_tests::stack::{Agency, Offer, Profile, Stack, qualifying_flow};
use serde_json::json;

/// The program's, so that neither endpoint is slower for its memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// So many buyers share the calls, none of them ever full.
const BUYERS: usize = 5;
const CONCURRENCY: u32 = 60;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if bare::is_wanted() {
        return runtime.block_on(bare::serve());
    }
    // `cargo bench` says so; `cargo test` only wants to know that it starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    runtime.block_on(measure())
}

async fn measure() -> Result<()> {
    println!("{}", machine::description());
    let stack = Stack::start(Profile::Release).await?;
    let agency = Agency::set_up(stack.api(), offer()).await?;
    timed::measure(&stack, &agency).await?;
    throughput::measure(&stack, &agency).await
}

/// The campaign of the README: a menu, a ZIP, screened desks that take callers from Texas who were injured.
fn offer() -> Offer {
    let buyer = |index| {
        let caps = json!({"concurrency": CONCURRENCY, "daily": 1_000_000});
        json!({"name": format!("Buyer {index}"), "time_zone": "America/Chicago", "caps": caps, "budget": "900000000.00"})
    };
    let target = |index| {
        json!({
            "name": format!("Desk {index}"),
            "destination": {"phone_number": format!("+1214555010{index}")},
            "price": "45.00",
            "caps": {"concurrency": CONCURRENCY},
            "ring_timeout_seconds": 20,
            "screening": {"press": "1"},
            "filter": {"all": [
                {"field": "caller.state", "op": "in", "value": ["TX", "OK"]},
                {"field": "tags.injured", "op": "eq", "value": "yes"},
            ]},
        })
    };
    let mut offer = Offer::direct(0);
    offer.buyers = (0..BUYERS).map(|index| (buyer(index), target(index))).collect();
    offer.campaign["flow"] = qualifying_flow();
    offer
}
