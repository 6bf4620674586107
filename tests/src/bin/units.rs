//! What a direct billed call costs on DynamoDB, step by step: `cargo run -p ringfall-tests --bin units`.

use std::io::{self, Write};

use anyhow::Result;
use clap::Parser;
use ringfall_store::engines::dynamodb::Units;
use ringfall_tests::{
    aws::Aws,
    units::{
        Consumed, Usage,
        calls::{CALLS_SUMMED, DirectCall, Screening, Step, direct_call, reported_call, share},
    },
};

/// Prints the units that a direct billed call uses on DynamoDB, by its published rules.
#[derive(Debug, Parser)]
struct Arguments {
    /// Also prints each operation with the items' sizes
    #[arg(long)]
    operations: bool,
    /// Also makes the calls on DynamoDB, and prints the units that it reports: on the one that `AWS_ENDPOINT_URL_DYNAMODB` names,
    /// or else on a local one
    #[arg(long)]
    reported: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let aws = if arguments.reported { Some(Aws::start().await?) } else { None };
    let mut out = io::stdout().lock();
    for (title, screening) in
        [("A direct billed call", Screening::None), ("The same with screening", Screening::Press)]
    {
        let call = direct_call(screening).await?;
        let reported = match &aws {
            Some(aws) => Some(reported_call(&aws.names(), screening).await?),
            None => None,
        };
        Table { title, call: &call, reported: reported.as_ref(), operations: arguments.operations }
            .print(&mut out)?;
    }
    Ok(())
}

/// What is printed of one kind of call.
struct Table<'a> {
    title: &'a str,
    call: &'a DirectCall<Usage>,
    reported: Option<&'a DirectCall<Units>>,
    operations: bool,
}

impl Table<'_> {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let title = self.title;
        write!(out, "\n{title:<28} {:>6} {:>6} {:>9} {:>12}", "read", "write", "messages", "round trips")?;
        if self.reported.is_some() {
            write!(out, " {:>16}", "reported: read")?;
            write!(out, " {:>6}", "write")?;
        }
        writeln!(out)?;
        for (index, Step { name, usage }) in self.call.webhooks.iter().enumerate() {
            let Usage { read, written, messages, round_trips, .. } = usage;
            write!(out, "  {name:<26} {read:>6} {written:>6} {messages:>9} {round_trips:>12}")?;
            self.print_reported(out, |reported| Some(reported.webhooks.get(index)?.usage))?;
            for operation in usage.operations.iter().filter(|_| self.operations) {
                writeln!(out, "      {operation}")?;
            }
        }
        let summed = |units: Units| Units { read: share(units.read), written: share(units.written) };
        self.print_sum(out, "listed, charged, summed *", summed(self.call.summed.units()), |reported| {
            summed(reported.summed)
        })?;
        self.print_sum(out, "in all", in_all(self.call.read(), self.call.written()), |reported| {
            in_all(reported.read(), reported.written())
        })?;
        writeln!(out, "  * its share, where {CALLS_SUMMED} calls are summed at once")
    }

    fn print_sum(
        &self,
        out: &mut impl Write,
        name: &str,
        by_rules: Units,
        reported: impl Fn(&DirectCall<Units>) -> Units,
    ) -> io::Result<()> {
        write!(out, "  {name:<26} {:>6.2} {:>6.2} {:>22}", by_rules.read, by_rules.written, "")?;
        self.print_reported(out, |call| Some(reported(call)))
    }

    fn print_reported(
        &self,
        out: &mut impl Write,
        units: impl Fn(&DirectCall<Units>) -> Option<Units>,
    ) -> io::Result<()> {
        if let Some(Units { read, written }) = self.reported.and_then(units) {
            write!(out, " {read:>16.2} {written:>6.2}")?;
        }
        writeln!(out)
    }
}

const fn in_all(read: f64, written: f64) -> Units {
    Units { read, written }
}
