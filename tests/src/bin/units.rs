//! What a billed call costs on DynamoDB, step by step, direct or held before: `cargo run -p ringfall-tests --bin units`; with `-- --hot`, which
//! partition of its table is full first.

use std::io::{self, Write};

use anyhow::Result;
use clap::Parser;
use ringfall_store::engines::dynamodb::Units;
use ringfall_tests::{
    aws::Aws,
    units::{
        Consumed, Step, Usage,
        calls::{CALLS_SUMMED, DirectCall, Screening, direct_call, reported_call, share},
        hot::{Heat, PARTITION_TAKES, direct_calls, held_call},
        prices::{
            ASSUMED_SECONDS, Bill, GIGABYTE_SECOND, INVOCATIONS, QUEUE_REQUESTS, READ_UNITS, WRITE_UNITS,
        },
        queued::{QueuedCall, queued_call, reported_queued_call},
    },
};

/// Prints the units that a billed call uses on DynamoDB, by its published rules: a direct one, and one that was held for a minute.
#[derive(Debug, Parser)]
struct Arguments {
    /// Also prints each operation with the items' sizes
    #[arg(long)]
    operations: bool,
    /// Also makes the calls on DynamoDB, and prints the units that it reports: on the one that `AWS_ENDPOINT_URL_DYNAMODB` names,
    /// or else on a local one
    #[arg(long)]
    reported: bool,
    /// Prints something else: what calls use of each partition of the table, and at how many calls a second it is full
    #[arg(long)]
    hot: bool,
}

/// So many calls of the buyer go on at the same time, in turn.
const LIVE: [usize; 4] = [1, 16, 63, 70];

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let aws = if arguments.reported { Some(Aws::start().await?) } else { None };
    let mut out = io::stdout().lock();
    if arguments.hot {
        return print_hot(&mut out).await;
    }
    let direct = direct_call(Screening::None).await?;
    for (title, screening) in
        [("A direct billed call", Screening::None), ("The same with screening", Screening::Press)]
    {
        let call = match screening {
            Screening::None => direct.clone(),
            Screening::Press => direct_call(screening).await?,
        };
        let reported = match &aws {
            Some(aws) => Some(reported_call(&aws.names(), screening).await?),
            None => None,
        };
        arguments.print_direct(&mut out, title, &call, reported.as_ref())?;
    }
    let call = queued_call().await?;
    let reported = match &aws {
        Some(aws) => Some(reported_queued_call(&aws.names()).await?),
        None => None,
    };
    arguments.print_queued(&mut out, &call, &direct, reported.as_ref())?;
    print_prices(&mut out)?;
    Ok(())
}

impl Arguments {
    fn print_direct(
        &self,
        out: &mut impl Write,
        title: &str,
        call: &DirectCall<Usage>,
        reported: Option<&DirectCall<Units>>,
    ) -> io::Result<()> {
        print_title(out, title, reported.is_some())?;
        self.print_steps(out, &call.webhooks, reported.map(|reported| &*reported.webhooks))?;
        let summed = |units: Units| Units { read: share(units.read), written: share(units.written) };
        let reported_sums = reported.map(|reported| summed(reported.summed));
        print_sum(out, "listed, charged, summed *", summed(call.summed.units()), reported_sums)?;
        for operation in call.summed_alone.operations.iter().filter(|_| self.operations) {
            writeln!(out, "      {operation}")?;
        }
        let reported = reported.map(|call| Units { read: call.read(), written: call.written() });
        print_sum(out, "in all", Units { read: call.read(), written: call.written() }, reported)?;
        print_bill(out, "USD per million calls", call.bill())?;
        let Units { read, written } = call.summed_alone.units();
        writeln!(
            out,
            "  * its share, where {CALLS_SUMMED} calls are summed at once; a call that is summed alone reads {read} and writes {written}"
        )
    }

    fn print_queued(
        &self,
        out: &mut impl Write,
        call: &QueuedCall<Usage>,
        direct: &DirectCall<Usage>,
        reported: Option<&QueuedCall<Units>>,
    ) -> io::Result<()> {
        print_title(out, "A call held for a minute", reported.is_some())?;
        self.print_steps(out, &call.webhooks, reported.map(|reported| &*reported.webhooks))?;
        writeln!(out, "  the line before it is freed *")?;
        let release = [call.release.0.clone()];
        let reported_release = reported.map(|reported| [reported.release.0.clone()]);
        self.print_steps(out, &release, reported_release.as_ref().map(<[_; 1]>::as_slice))?;
        print_sum(out, "in all", call.units(), reported.map(QueuedCall::units))?;
        print_bill(out, "USD per million calls", direct.bill() + call.more_than(direct))?;
        print_bill(out, "  more than direct ones", call.more_than(direct))?;
        let Units { read, written } = call.release.1.usage.units();
        writeln!(
            out,
            "  * {read} read and {written} written without anybody waiting; the sums come to a direct call's"
        )
    }

    fn print_steps(
        &self,
        out: &mut impl Write,
        steps: &[Step<Usage>],
        reported: Option<&[Step<Units>]>,
    ) -> io::Result<()> {
        for (index, Step { name, usage }) in steps.iter().enumerate() {
            let Usage { read, written, messages, round_trips, .. } = usage;
            write!(out, "  {name:<26} {read:>6} {written:>6} {messages:>9} {round_trips:>12}")?;
            print_reported(out, reported.and_then(|steps| Some(steps.get(index)?.usage)))?;
            for operation in usage.operations.iter().filter(|_| self.operations) {
                writeln!(out, "      {operation}")?;
            }
        }
        Ok(())
    }
}

async fn print_hot(out: &mut impl Write) -> Result<()> {
    for live in LIVE {
        let title = format!("One account, campaign and buyer, {live} live");
        writeln!(out, "\n{title:<42} {:>8} {:>12} {:>8} {:>12}", "write", "to one item", "read", "full at")?;
        for heat in direct_calls(live).await? {
            print_heat(out, &heat)?;
        }
    }
    writeln!(out, "\nA call that is held")?;
    print_heat(out, &held_call().await?)?;
    let [written, read] = PARTITION_TAKES;
    writeln!(
        out,
        "\nUnits per call, of that partition of its kind which is used most. \"Full\" is a partition with {written} write or {read} read units a \
         second. DynamoDB divides one that is used much between its items, where they are not always the last: never an item."
    )?;
    Ok(())
}

fn print_heat(out: &mut impl Write, heat: &Heat) -> io::Result<()> {
    let Heat { partition, is_each_calls_own, written, written_to_one_item, read } = heat;
    let full_at =
        if *is_each_calls_own { "each its own".to_owned() } else { format!("{:.0}/s", heat.full_at()) };
    writeln!(out, "  {partition:<40} {written:>8.2} {written_to_one_item:>12.2} {read:>8.2} {full_at:>12}")
}

fn print_title(out: &mut impl Write, title: &str, is_reported: bool) -> io::Result<()> {
    write!(out, "\n{title:<28} {:>6} {:>6} {:>9} {:>12}", "read", "write", "messages", "round trips")?;
    if is_reported {
        write!(out, " {:>16} {:>6}", "reported: read", "write")?;
    }
    writeln!(out)
}

fn print_sum(out: &mut impl Write, name: &str, by_rules: Units, reported: Option<Units>) -> io::Result<()> {
    write!(out, "  {name:<26} {:>6.2} {:>6.2} {:>22}", by_rules.read, by_rules.written, "")?;
    print_reported(out, reported)
}

fn print_bill(out: &mut impl Write, name: &str, bill: Bill) -> io::Result<()> {
    let Bill { table, queue, functions } = bill;
    writeln!(
        out,
        "  {name:<26} {:>6.2} = DynamoDB {table:.2} + SQS {queue:.2} + Lambda {functions:.2}",
        bill.sum()
    )
}

fn print_prices(out: &mut impl Write) -> io::Result<()> {
    let [itself, round_trip] = ASSUMED_SECONDS.map(|seconds| seconds * 1e3);
    writeln!(
        out,
        "\nList prices of us-east-1 in USD: DynamoDB on demand {WRITE_UNITS} a million write units, {READ_UNITS} a million read units; \
         SQS {QUEUE_REQUESTS} a million requests, three a message; Lambda {INVOCATIONS} a million requests and {} a million \
         gigabyte-seconds (arm64, 256 MB). Assumed: an invocation lasts {itself} ms, and {round_trip} ms for each round trip. Not in it: \
         logs, storage, the media.",
        GIGABYTE_SECOND * 1e6
    )
}

fn print_reported(out: &mut impl Write, units: Option<Units>) -> io::Result<()> {
    if let Some(Units { read, written }) = units {
        write!(out, " {read:>16.2} {written:>6.2}")?;
    }
    writeln!(out)
}
