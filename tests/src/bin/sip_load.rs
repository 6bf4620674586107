//! How many calls a core sets up and tears down: `cargo run --release -p ringfall-tests --bin sip_load -- throughput`, and what the relay adds to a
//! call's way to the desk, beside a program that only asks the platform and hands the call over: `… -- latency`. It needs a machine with two cores
//! and nothing else to do.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use ringfall_tests::{
    rtp_load::{PHONES_CORE, more_files, pin},
    sip_load::{Figures, Kind, MOST_CALLS, MOST_SECONDS, Pace, run, serve_bare, serve_relay},
};

/// RTP and RTCP of both its sides.
const FILES_OF_A_CALL: u64 = 4;
const FILES_OF_ALL_ELSE: u64 = 256;

/// Measures the relay's signalling, on loopback.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Calls as fast as they come through: INVITE, webhook, INVITE, both answers, both BYEs
    Throughput {
        /// How many calls. The four sockets of each stay bound for five seconds after it, and must fit the limit of open files
        #[arg(long, default_value_t = 4_500)]
        calls: usize,
        /// How many at once
        #[arg(long, default_value_t = 50)]
        at_once: usize,
    },
    /// From the caller's INVITE to the desk's, the platform's time left out
    Latency {
        /// How many calls in a second
        #[arg(long, default_value_t = 100)]
        calls_per_second: u32,
        /// For how long, in seconds
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// What this program starts itself as
    #[command(hide = true)]
    Serve { platform: SocketAddr },
    /// What this program starts itself as, to compare with
    #[command(hide = true)]
    ServeBare { platform: SocketAddr, desk: SocketAddr },
}

fn main() -> Result<()> {
    let files = more_files()?;
    match Arguments::parse().task {
        Task::Throughput { calls, at_once } => throughput(calls, at_once, files),
        Task::Latency { calls_per_second, seconds } => latency(calls_per_second, seconds),
        Task::Serve { platform } => serve_relay(platform),
        Task::ServeBare { platform, desk } => serve_bare(platform, desk),
    }
}

fn measured(kind: Kind, calls: usize, pace: Pace) -> Result<Figures> {
    ensure!((1..=MOST_CALLS).contains(&calls), "there are from 1 to {MOST_CALLS} calls");
    pin(PHONES_CORE)
        .context("two cores are needed: one for the relay, one for callers, desk and platform")?;
    run(kind, calls, pace)
}

fn throughput(calls: usize, at_once: usize, files: u64) -> Result<()> {
    ensure!((1..=5_000).contains(&at_once), "--at-once is from 1 to 5,000");
    let most = files.saturating_sub(FILES_OF_ALL_ELSE) / FILES_OF_A_CALL;
    ensure!(
        u64::try_from(calls)? <= most,
        "--calls is {most} at most while {files} files may be open (ulimit -n)"
    );
    let figures = measured(Kind::Relay, calls, Pace::AtOnce(at_once))?;
    let Figures { done, failed, processor, measured, .. } = &figures;
    writeln!(
        io::stdout(),
        "{done} calls, {failed} failed: {:.0} calls/s, {} µs of the processor a call, {:.0} % of its core",
        figures.rate(),
        figures.processor_of_call().as_micros(),
        100.0 * processor.as_secs_f64() / measured.as_secs_f64(),
    )?;
    Ok(())
}

fn latency(calls_per_second: u32, seconds: u64) -> Result<()> {
    ensure!((1..=2_000).contains(&calls_per_second), "--calls-per-second is from 1 to 2,000");
    let seconds = seconds.clamp(1, MOST_SECONDS);
    let calls = usize::try_from(u64::from(calls_per_second) * seconds)?;
    for (kind, name) in [(Kind::Bare, "hands over"), (Kind::Relay, "relay")] {
        let figures = measured(kind, calls, Pace::ASecond(calls_per_second))?;
        let [median, high] = [500, 990].map(|share| figures.added.of_thousand(share).as_secs_f64() * 1_000.0);
        let Figures { done, failed, .. } = &figures;
        writeln!(
            io::stdout(),
            "{name:10}  {done} calls at {calls_per_second}/s, {failed} failed: {median:.2} ms median, {high:.2} ms p99 from INVITE to INVITE",
        )?;
    }
    Ok(())
}
