//! Runs the simulator over many seeds: `cargo run --release -p ringfall-tests --bin simulate -- --runs 1000 --calls 200`.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use ringfall_tests::sim::{Defect, Options, Scene, Series};

/// A good part of a run goes into memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the simulator over many seeds, and tells which of them break an invariant.
#[derive(Debug, Parser)]
struct Arguments {
    /// The first seed
    #[arg(long, env = "SIM_SEED", default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after the other
    #[arg(long, env = "SIM_RUNS", default_value_t = 1_000)]
    runs: u64,
    /// Callers in each run
    #[arg(long, env = "SIM_CALLS", default_value_t = 200)]
    calls: u32,
    /// What runs are drawn for; that of the defect, or anything, where none is given
    #[arg(long, value_enum)]
    scene: Option<Scene>,
    /// Runs a platform that is built wrong in this way, such as `PlainCounter`
    #[arg(long)]
    defect: Option<Defect>,
    /// Also prints so many of the last lines before what is broken: with 100000, all of them
    #[arg(long, default_value_t = 0)]
    lines: usize,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let options = Options {
        calls: arguments.calls,
        scene: arguments.scene.or(arguments.defect.map(Defect::scene)).unwrap_or_default(),
        defect: arguments.defect,
    };
    let began_at = Instant::now();
    let summary = Series { first_seed: arguments.seed, runs: arguments.runs, options }.run();
    let mut out = io::stdout().lock();
    for outcome in &summary.broken {
        writeln!(out, "{}", outcome.shown(arguments.lines))?;
    }
    for (kind, count) in &summary.counts {
        writeln!(out, "{count:>10}  {kind}")?;
    }
    let (runs, failed, seconds) = (summary.runs, summary.broken.len(), began_at.elapsed().as_secs());
    writeln!(out, "{runs} runs of {} calls in {seconds} s, {failed} failed", arguments.calls)?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
