//! Callers who wait, on `ringfall serve` with SQLite over HTTP on loopback.
//!
//! - `release`: 5,000 callers wait in 50 queues; a line becomes free 50 times a second. The time from the webhook that tells
//!   of it to the order by which the next caller is redirected. Once with a buyer for each queue, once with one buyer for all queues.
//! - `held`: 10,000 callers wait; each hears a round of the music, and then how they stand. Memory of each, and processor time.
//!
//! Run it on a machine that does nothing else: `cargo bench -p ringfall-tests --bench queue`.

#![expect(clippy::print_stdout, reason = "the figures are the point")]

mod agency;
mod held;
#[path = "../machine/mod.rs"]
mod machine;
mod orders;
mod release;
mod times;
#[path = "../webhook/wire.rs"]
mod wire;

use anyhow::Result;

use self::agency::Buyers;

/// The program's, so that the driver is not slower for its memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    // `cargo bench` says so; `cargo test` only wants to know that it starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        println!("{}", machine::description());
        release::measure(Buyers::OfOneQueue).await?;
        release::measure(Buyers::OfAllQueues).await?;
        held::measure().await
    })
}
