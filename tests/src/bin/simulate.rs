//! Runs the simulator over many seeds: `cargo run --release -p ringfall-tests --bin simulate -- --runs 1000 --calls 200`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use ringfall_tests::sim::{Defect, Options, Scene, Series};

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
    /// Also prints the whole trace of each run that fails
    #[arg(long)]
    trace: bool,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let options = Options {
        calls: arguments.calls,
        scene: arguments.scene.or(arguments.defect.map(Defect::scene)).unwrap_or_default(),
        defect: arguments.defect,
        lines_kept: if arguments.trace { usize::MAX } else { 0 },
    };
    let series = Series { first_seed: arguments.seed, runs: arguments.runs, options };
    let mut out = io::stdout().lock();
    let outcomes = series.run();
    let mut failed = 0;
    for outcome in outcomes.iter().filter(|outcome| outcome.violation.is_some()) {
        failed += 1;
        writeln!(out, "{}", outcome.shown(arguments.trace))?;
    }
    for (kind, count) in Series::counts(&outcomes) {
        writeln!(out, "{count:>10}  {kind}")?;
    }
    writeln!(out, "{} runs of {} calls, {failed} failed", outcomes.len(), arguments.calls)?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
