//! How large the functions are as `sam build` builds them, how long they take from their start to their first request for an event, beside
//! a bare `lambda_http` hello, and what they compute for a call: `cargo run -p ringfall-tests --bin start`. It needs cargo-lambda.

use std::io::{self, Write};

use anyhow::Result;
use clap::Parser;
use ringfall_tests::deployed::{
    computed::{Computed, compute},
    start::{Started, measure},
};

/// Prints the size of each function and the time from its start to its first request for an event, as a median; then what those that take
/// webhooks and changes compute and log for a direct billed call, beside a local stand-in of DynamoDB.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each is started
    #[arg(long, default_value_t = 40)]
    times: usize,
    /// How many calls they take
    #[arg(long, default_value_t = 200)]
    calls: usize,
}

/// What Lambda gives a function of 256 MB of a processor: the whole of one has 1,769 MB (Developer Guide, "Configure Lambda function memory").
const SHARE_OF_256_MB: f64 = 256.0 / 1_769.0;

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { times, calls } = Arguments::parse();
    let measured = measure(times.max(1)).await?;
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
    let calls = calls.max(1);
    writeln!(
        out,
        "\n{:<10} {:>10} {:>16} {:>16} {:>14} {:>10}",
        "a call", "events", "computes", "of 256 MB", "logs", "calls/s"
    )?;
    for Computed { name, events, computed, logged_bytes } in compute(calls).await? {
        let a_call = computed.as_secs_f64() / calls as f64;
        writeln!(
            out,
            "{name:<10} {:>10.2} {:>13.2} ms {:>13.2} ms {:>12.0} B {:>10.0}",
            events as f64 / calls as f64,
            a_call * 1_000.0,
            a_call * 1_000.0 / SHARE_OF_256_MB,
            logged_bytes as f64 / calls as f64,
            1.0 / a_call
        )?;
    }
    Ok(())
}

/// With one digit behind the point.
fn as_megabytes(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}
