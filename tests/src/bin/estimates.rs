//! Prints how right the announced wait is, by queue length: `cargo run -p ringfall-tests --bin estimates`.

use std::io::{self, Write};

use clap::Parser;
use ringfall_tests::estimates::{AIMS, Errors, measure};

/// Prints how far the announced wait is off, beside two other ways to estimate it.
#[derive(Debug, Parser)]
struct Arguments {
    /// Calls on each kind of traffic
    #[arg(long, default_value_t = 100_000)]
    calls: u64,
    /// What all chance comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "mean absolute error in seconds over those who were served; calls of 240 s, patience of 300 s"
    )?;
    for (traffic, aim) in AIMS {
        let accuracy = measure(traffic, arguments.calls, arguments.seed);
        let load = f64::from(traffic.load_percent) / 100.0;
        writeln!(out, "\n{} slots, load {load:.2}, aim {aim:.0} s", traffic.slots)?;
        writeln!(out, "     ahead   callers      wait       own     place   average")?;
        for (most, errors) in &accuracy.by_ahead {
            line(&mut out, &format!("to {most}"), errors)?;
        }
        line(&mut out, "all", &accuracy.overall())?;
    }
    Ok(())
}

fn line(out: &mut impl Write, ahead: &str, errors: &Errors) -> io::Result<()> {
    let [wait, own, place, average] =
        [errors.waited_seconds, errors.own_seconds, errors.by_place_seconds, errors.by_average_seconds]
            .map(|sum| errors.mean(sum));
    let callers = errors.callers;
    writeln!(out, "{ahead:>10} {callers:>9} {wait:>9.1} {own:>9.1} {place:>9.1} {average:>9.1}")
}
