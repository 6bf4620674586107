//! How many calls a core carries: `cargo run --release -p ringfall-tests --bin rtp_load -- compare`, and how much callers on hold cost:
//! `… -- music`. It needs a machine with two cores and nothing else to do: beside other programs the figures tell of those. rtpengine is
//! Debian's package `rtpengine-daemon`; without it, `--without rtpengine`.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use ringfall_tests::rtp_load::{
    Figures, Kind, MOST_CALLS, MOST_SECONDS, PHONES_CORE, Phones, Subject, Traffic, more_files, pin,
    serve_bare, serve_bridges, serve_music,
};

/// Measures how much audio a core carries, on loopback.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Bridged calls through our engine, a bare forwarder and rtpengine, level by level
    Compare {
        /// How many calls at once
        #[arg(long, value_delimiter = ',', default_values_t = [500, 800, 1_000, 1_200, 1_500, 1_700, 2_000])]
        calls: Vec<usize>,
        /// How long each level is measured, in seconds
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// What not to measure
        #[arg(long)]
        without: Vec<Kind>,
        /// The program rtpengine
        #[arg(long, default_value = "rtpengine")]
        rtpengine: String,
    },
    /// Callers on hold music
    Music {
        /// How many callers at once
        #[arg(long, default_value_t = 5_000)]
        callers: usize,
        /// How long it is measured, in seconds
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Whether the callers' telephones send all the time, as most do
        #[arg(long)]
        speaking: bool,
    },
    /// What this program starts itself as
    #[command(hide = true)]
    Serve { kind: Kind, calls: usize, one: SocketAddr, other: SocketAddr },
}

fn main() -> Result<()> {
    more_files()?;
    match Arguments::parse().task {
        Task::Compare { calls, seconds, without, rtpengine } => {
            compare(&calls, seconds, &without, &rtpengine)
        }
        Task::Music { callers, seconds, speaking } => music(callers, seconds, speaking),
        Task::Serve { kind, calls, one, other } => serve(kind, calls, [one, other]),
    }
}

fn traffic(seconds: u64) -> Traffic {
    let measured = Duration::from_secs(seconds.clamp(1, MOST_SECONDS));
    Traffic { speak: true, is_music: false, warm_up: Duration::from_secs(3), measured }
}

fn compare(levels: &[usize], seconds: u64, without: &[Kind], rtpengine: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let mut phones = start_phones(levels)?;
    let kinds =
        [Kind::Engine, Kind::Bare, Kind::Rtpengine].into_iter().filter(|kind| !without.contains(kind));
    let mut all = Vec::new();
    for kind in kinds {
        writeln!(out, "{kind:?}")?;
        let mut measured: Vec<Figures> = Vec::new();
        for calls in levels {
            let subject = Subject::start(kind, *calls, phones.addresses()?, rtpengine)?;
            let figures = phones.run(&subject, traffic(seconds))?;
            writeln!(out, "  {figures}")?;
            measured.push(figures);
            // Twice too much is enough to know.
            if measured.iter().rev().take(2).filter(|figures| !figures.is_clean()).count() == 2 {
                break;
            }
        }
        all.push((kind, measured));
    }
    ratios(&mut out, &all)
}

/// Our engine beside the others, in this run.
fn ratios(out: &mut impl Write, all: &[(Kind, Vec<Figures>)]) -> Result<()> {
    let clean = |figures: &[Figures]| {
        figures
            .iter()
            .filter(|figures| figures.is_clean())
            .map(|figures| figures.calls)
            .max()
            .unwrap_or_default()
    };
    let Some((_, ours)) = all.iter().find(|(kind, _)| *kind == Kind::Engine) else { return Ok(()) };
    for (kind, theirs) in all.iter().filter(|(kind, _)| *kind != Kind::Engine) {
        let (mine, other) = (clean(ours), clean(theirs));
        #[expect(clippy::cast_precision_loss, reason = "calls are some thousands")]
        let calls = mine as f64 / other.max(1) as f64;
        writeln!(out, "Most clean calls: {mine} beside {other} of {kind:?}: {calls:.2} times")?;
        if let (Some(mine), Some(other)) = (ours.first(), theirs.first()) {
            let [mine, other] = [mine, other].map(|figures| figures.processor_of_thousand().as_secs_f64());
            writeln!(
                out,
                "Processor time of a packet at the first level: {:.2} of that of {kind:?}",
                mine / other
            )?;
        }
    }
    Ok(())
}

fn music(callers: usize, seconds: u64, speak: bool) -> Result<()> {
    let mut phones = start_phones(&[callers])?;
    let subject = Subject::start(Kind::Music, callers, phones.addresses()?, "")?;
    let figures = phones.run(&subject, Traffic { speak, is_music: true, ..traffic(seconds) })?;
    let Figures { sent, received, processor, bytes_a_call, .. } = &figures;
    let (each, share) =
        (figures.processor_of_thousand(), processor.as_secs_f64() / figures.measured.as_secs_f64());
    writeln!(
        io::stdout(),
        "{callers} callers: {received} of {sent} packets of music heard in their time, {:.2} ms/1,000 packets, {:.0} % of its core, \
         {bytes_a_call} bytes a caller",
        each.as_secs_f64() * 1_000.0,
        share * 100.0,
    )?;
    Ok(())
}

fn start_phones(levels: &[usize]) -> Result<Phones> {
    let fits = levels.iter().all(|calls| (1..=MOST_CALLS).contains(calls));
    ensure!(fits, "--calls and --callers are from 1 to {MOST_CALLS}");
    pin(PHONES_CORE).context("two cores are needed: one for what is measured, one for the phones")?;
    Phones::open()
}

/// Is what is measured, until its input ends.
fn serve(kind: Kind, calls: usize, phones: [SocketAddr; 2]) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "begins")?;
    out.flush()?;
    std::thread::sleep(Duration::from_millis(200));
    let tell = |[one, other]: [SocketAddr; 2]| Ok(writeln!(out, "{one} {other}")?);
    let engine = match kind {
        Kind::Engine => Some(serve_bridges(calls, phones, tell)?),
        Kind::Music => Some(serve_music(calls, phones[0], tell)?),
        Kind::Bare => serve_bare(calls, phones, tell).map(|()| None)?,
        Kind::Rtpengine => anyhow::bail!("rtpengine is a program of its own"),
    };
    std::thread::sleep(Duration::from_millis(200));
    writeln!(out, "ready")?;
    out.flush()?;
    let _ = io::stdin().read(&mut [0; 1])?;
    drop(engine);
    Ok(())
}
