//! How large the functions are as `sam build` builds them, and how long they take from their start to their first request for an event, beside
//! a bare `lambda_http` hello: `cargo run -p ringfall-tests --bin start`. It needs cargo-lambda.

use std::io::{self, Write};

use anyhow::Result;
use clap::Parser;
use ringfall_tests::deployed::start::{Started, measure};

/// Prints the size of each function and the time from its start to its first request for an event, as a median.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each is started
    #[arg(long, default_value_t = 40)]
    times: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let measured = measure(Arguments::parse().times.max(1)).await?;
    let mut out = io::stdout().lock();
    writeln!(out, "{:<10} {:>10} {:>16} {:>8}", "function", "MB", "to first poll", "× hello")?;
    let hello = measured.first().map_or(0.0, |hello| hello.median.as_secs_f64());
    for Started { name, bytes, median } in &measured {
        let (megabytes, milliseconds) = (as_megabytes(*bytes), median.as_secs_f64() * 1_000.0);
        writeln!(
            out,
            "{name:<10} {megabytes:>10} {milliseconds:>13.1} ms {:>8.2}",
            median.as_secs_f64() / hello
        )?;
    }
    Ok(())
}

/// With one digit behind the point.
fn as_megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}
