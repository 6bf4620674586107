//! What a direct billed call costs on DynamoDB, step by step: `cargo run -p ringfall-tests --bin units`.

use std::io::{self, Write};

use anyhow::Result;
use clap::Parser;
use ringfall_tests::units::{
    Usage,
    calls::{CALLS_SUMMED, DirectCall, Screening, Step, direct_call, share},
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
        let call = direct_call(screening).await?;
        print(&mut out, title, &call, arguments.operations)?;
    }
    Ok(())
}

fn print(out: &mut impl Write, title: &str, call: &DirectCall, operations: bool) -> io::Result<()> {
    writeln!(out, "\n{title:<28} {:>6} {:>6} {:>9} {:>12}", "read", "write", "messages", "round trips")?;
    for Step { name, usage } in &call.webhooks {
        let Usage { read, written, messages, round_trips, .. } = usage;
        writeln!(out, "  {name:<26} {read:>6} {written:>6} {messages:>9} {round_trips:>12}")?;
        for operation in usage.operations.iter().filter(|_| operations) {
            writeln!(out, "      {operation}")?;
        }
    }
    let (read, written) = (share(call.summed.read), share(call.summed.written));
    writeln!(out, "  {:<26} {read:>6.2} {written:>6.2}", "listed, charged, summed *")?;
    writeln!(out, "  {:<26} {:>6.2} {:>6.2}", "in all", call.read(), call.written())?;
    writeln!(out, "  * its share, where {CALLS_SUMMED} calls are summed at once")
}
