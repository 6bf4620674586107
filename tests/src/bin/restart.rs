//! Calls by SIP while the platform is killed and started again: `cargo run --release -p ringfall-tests --bin restart -- --calls 1000`.

use std::{
    io::{self, Write},
    time::Duration,
};

use anyhow::{Result, ensure};
use clap::Parser;
use ringfall_tests::{
    restart::{Load, MOST_CALLS, run},
    rtp_load::more_files,
    stack::Profile,
};

/// Plays calls by SIP, all on loopback, kills the platform half-way and starts it again.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many calls
    #[arg(long, default_value_t = 1_000)]
    calls: usize,
    /// How many begin in a second
    #[arg(long, default_value_t = 50)]
    calls_per_second: u32,
    /// How long each caller talks, in seconds
    #[arg(long, default_value_t = 5)]
    talk_seconds: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { calls, calls_per_second, talk_seconds } = Arguments::parse();
    ensure!((10..=MOST_CALLS).contains(&calls), "--calls is from 10 to {MOST_CALLS}");
    ensure!((1..=200).contains(&calls_per_second), "--calls-per-second is from 1 to 200");
    more_files()?;
    let talk = Duration::from_secs(talk_seconds.clamp(1, 60));
    let outcome = run(Profile::Release, Load { calls, calls_per_second, talk }).await?;
    writeln!(
        io::stdout(),
        "{calls} calls: {} callers heard the desk, the desk heard {}; the platform knows {} and has billed {}, each once; \
         no call, port or slot is left",
        outcome.served,
        outcome.heard,
        outcome.known,
        outcome.billed,
    )?;
    Ok(())
}
