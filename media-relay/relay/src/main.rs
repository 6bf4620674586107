//! The relay alone: `ringfall-relay`.

mod ec2;
mod settings;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use ringfall_relay::{check_trunks, open_as_many_files_as_allowed, prompt_file_name, start};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use settings::{Options, Settings};

/// How long `healthcheck` waits.
const HEALTH_PATIENCE: Duration = Duration::from_secs(3);

/// How long the platform may take to say, before the start, which trunks there are.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);

/// Ringfall's media relay: SIP trunks on one side, the platform's webhooks on the other.
#[derive(Debug, Parser)]
#[command(name = "ringfall-relay", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Asks a running relay whether it takes calls: for a container's HEALTHCHECK.
    Healthcheck,
    /// Prints the file name under which a recorded prompt is looked for.
    PromptName {
        /// Its language.
        #[arg(long)]
        language: Option<String>,
        /// What is said.
        text: String,
    },
}

fn main() -> ExitCode {
    let Arguments { command, options } = Arguments::parse();
    let done = match command {
        Some(Command::PromptName { language, text }) => {
            writeln!(io::stdout(), "{}", prompt_file_name(language.as_deref(), &text))
        }
        Some(Command::Healthcheck) => wait_for(check_health(&options)),
        None => wait_for(options.resolved()).and_then(|options| run(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done about an error that cannot be told.
            let _ = writeln!(io::stderr(), "ringfall-relay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    let Settings { config, drain, log } = Settings::read(options)?;
    let filter = EnvFilter::try_new(&log).map_err(|error| {
        let message = format!("RINGFALL_RELAY_LOG (--log) is {log:?}: {error}; try info or warn");
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if io::stderr().is_terminal() {
        lines.init();
    } else {
        lines.json().init();
    }
    open_as_many_files_as_allowed()?;
    wait_for(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        match tokio::time::timeout(FIRST_PATIENCE, check_trunks(&config)).await {
            Ok(checked) => checked?,
            Err(_) => tracing::warn!("the platform does not say in time which trunks there are"),
        }
        // It binds and waits a moment: nothing else runs here yet.
        let relay = start(config)?;
        tracing::info!(sip = %relay.sip_address(), http = %relay.http_address(), "the relay takes calls");
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = relay.stopped() => return Err(io::Error::other("the relay has stopped by itself")),
        }
        relay.drain(drain);
        tokio::select! {
            () = relay.stopped() => {}
            // Whoever asks twice does not want to wait.
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}

fn wait_for<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    // Starting a relay waits for its threads, which must not stand in a runtime's only one.
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(work)
}

async fn check_health(options: &Options) -> io::Result<()> {
    let address = Settings::reached_at(options)?;
    let client = reqwest::Client::builder().no_proxy().timeout(HEALTH_PATIENCE).build();
    let asked = client.map_err(io::Error::other)?.get(format!("http://{address}/healthz")).send().await;
    let status =
        asked.map_err(|error| io::Error::other(format!("no answer from {address}: {error}")))?.status();
    if status.is_success() { Ok(()) } else { Err(io::Error::other(format!("{address} answers {status}"))) }
}
