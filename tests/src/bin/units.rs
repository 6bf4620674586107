//! What a direct billed call costs on DynamoDB, step by step: `cargo run -p ringfall-tests --bin units`.

use std::io::{self, Write};

use anyhow::Result;
use clap::Parser;
use ringfall_tests::units::{
    Usage,
    calls::{Screening, Step, direct_call},
};

/// Prints the units that a direct billed call uses on DynamoDB, by its published rules.
#[derive(Debug, Parser)]
struct Arguments {
    /// Also prints each operation with the items' sizes
    #[arg(long)]
    operations: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut out = io::stdout().lock();
    for (title, screening) in
        [("A direct billed call", Screening::None), ("The same with screening", Screening::Press)]
    {
        let steps = direct_call(screening).await?;
        print(&mut out, title, &steps, arguments.operations)?;
    }
    Ok(())
}

fn print(out: &mut impl Write, title: &str, steps: &[Step], operations: bool) -> io::Result<()> {
    writeln!(out, "\n{title:<28} {:>5} {:>5} {:>9} {:>12}", "read", "write", "messages", "round trips")?;
    for Step { name, usage } in steps {
        line(out, name, usage)?;
        for operation in usage.operations.iter().filter(|_| operations) {
            writeln!(out, "      {operation}")?;
        }
    }
    let sum = |units: fn(&Usage) -> usize| steps.iter().map(|step| units(&step.usage)).sum();
    let total = Usage {
        read: sum(|usage| usage.read),
        written: sum(|usage| usage.written),
        messages: sum(|usage| usage.messages),
        ..Usage::default()
    };
    line(out, "in all", &total)
}

fn line(out: &mut impl Write, name: &str, usage: &Usage) -> io::Result<()> {
    let Usage { read, written, messages, round_trips, .. } = usage;
    let round_trips = if *round_trips == 0 { String::new() } else { round_trips.to_string() };
    writeln!(out, "  {name:<26} {read:>5} {written:>5} {messages:>9} {round_trips:>12}")
}
