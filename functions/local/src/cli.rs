//! Flags and environment become settings. Whatever is wrong is told in one line that names the setting.

mod logs;
mod refusal;
mod relay;
mod values;

#[cfg(test)]
mod tests;

use std::{env::VarError, ffi::OsString, net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, builder::FalseyValueParser};
use ringfall_app::platform;
use ringfall_domain::ids::AccountId;
use ringfall_providers::relay::text::Secret;
use ringfall_store::engines::dynamodb::{self, Missing};
use url::Url;

pub(crate) use self::refusal::Refusal;
use self::{logs::LogArguments, relay::RelayArguments};
use crate::{
    demo, moving,
    serve::{
        self,
        logs::{LogSettings, Verbosity},
    },
};

const ADMIN_KEY: &str = "RINGFALL_ADMIN_KEY";
const RELAY_SECRET: &str = "RINGFALL_RELAY_SECRET";

/// What the process is to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Serve the platform until told to stop.
    Serve(Box<serve::Settings>, LogSettings),
    /// Play the demonstration.
    Demo(demo::Settings, LogSettings),
    /// Write an account into a file, or read one from it.
    Move(moving::Settings, LogSettings),
}

#[derive(Debug, Parser)]
#[command(name = "ringfall", version, args_conflicts_with_subcommands = true, next_line_help = true)]
#[command(about = ABOUT, after_help = ENVIRONMENT)]
struct CommandLine {
    #[command(subcommand)]
    subcommand: Option<Subcommand>,
    #[command(flatten)]
    serve: ServeArguments,
}

const ABOUT: &str = "The pay-per-call platform that an agency owns, in one process.

  ringfall        serves it: webhooks, REST API, worker and rollup, over one SQLite file or DynamoDB
  ringfall demo   shows it at work with calls from a small carrier, and needs nothing
  ringfall export, ringfall import
                  move an account between SQLite and DynamoDB, by way of a file";

const ENVIRONMENT: &str = "Environment:
  RINGFALL_ADMIN_KEY     The first API key: 32 characters or more [default: made on first start, printed once]
  RINGFALL_RELAY_SECRET  What media relays elsewhere sign in with: 16 to 256 characters [default: there are none]
  RUST_LOG               Which log lines are written [default: info; for the demo: warn]";

#[derive(Debug, clap::Subcommand)]
enum Subcommand {
    /// Serve the platform (the default)
    #[command(after_help = ENVIRONMENT, next_line_help = true)]
    Serve(Box<ServeArguments>),
    /// Play calls through a platform of its own, and tell where each went and why
    #[command(next_line_help = true)]
    Demo(DemoArguments),
    /// Write all that is kept of an account into a file of JSON lines, while nothing serves it
    #[command(next_line_help = true)]
    Export(ExportArguments),
    /// Read an account from such a file into a store that does not have it; may be repeated until it is done
    #[command(next_line_help = true)]
    Import(ImportArguments),
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// Address and port for HTTP
    #[arg(long, env = "RINGFALL_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    #[arg(value_parser = values::listen)]
    listen: SocketAddr,
    /// Base URL at which telephony providers reach it, as they sign it [default: http:// + --listen]
    #[arg(long, env = "RINGFALL_PUBLIC_URL", value_name = "URL", value_parser = platform::public_url)]
    public_url: Option<Url>,
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    relay: RelayArguments,
    #[command(flatten)]
    logs: LogArguments,
}

#[derive(Debug, Args)]
struct StoreArguments {
    /// Folder of the data; made if it is missing
    #[arg(long, env = "RINGFALL_DATA_DIR", value_name = "FOLDER", default_value = "./.ringfall")]
    data_dir: PathBuf,
    /// File of the key that providers' secrets are sealed with; made where it is missing, for dynamodb only with --create-tables
    /// [default: ringfall.key in --data-dir]
    #[arg(long, env = "RINGFALL_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Where the data is kept: sqlite (a file in --data-dir) or dynamodb (regions, credentials and endpoints as every
    /// AWS program finds them)
    #[arg(long, env = "RINGFALL_STORE", value_name = "ENGINE", default_value = "sqlite")]
    #[arg(value_parser = values::store)]
    store: values::Store,
    /// DynamoDB table
    #[arg(long, env = "RINGFALL_TABLE", value_name = "NAME", default_value = "ringfall")]
    #[arg(value_parser = dynamodb::table_name)]
    table: String,
    /// SQS queue for delayed messages, by its name or its URL
    #[arg(long, env = "RINGFALL_QUEUE", value_name = "QUEUE", default_value = "ringfall")]
    #[arg(value_parser = values::queue)]
    queue: String,
    /// Make the table and the queue if they are missing
    #[arg(long, env = "RINGFALL_CREATE_TABLES", value_parser = FalseyValueParser::new())]
    create_tables: bool,
}

#[derive(Debug, Args)]
struct ExportArguments {
    /// The account [default: the only one]
    #[arg(long, value_name = "ACCOUNT", value_parser = values::account)]
    account: Option<AccountId>,
    /// The file; it must not be there
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    logs: LogArguments,
}

#[derive(Debug, Args)]
struct ImportArguments {
    /// The file
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    logs: LogArguments,
}

#[derive(Debug, Args)]
struct DemoArguments {
    /// Keep the demonstration's data in this folder [default: none is kept]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    logs: LogArguments,
}

/// Reads the command line and the environment.
///
/// # Errors
/// What is wrong, or what was asked to be shown instead (help, version).
pub(crate) fn read(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Command, Refusal> {
    let line = CommandLine::try_parse_from(arguments).map_err(Refusal::of_clap)?;
    let subcommand = line.subcommand.unwrap_or(Subcommand::Serve(Box::new(line.serve)));
    match subcommand {
        Subcommand::Serve(arguments) => {
            let logs = arguments.logs.read(Verbosity::Info, &environment)?;
            Ok(Command::Serve(Box::new(serve_settings(*arguments, &environment)?), logs))
        }
        Subcommand::Demo(arguments) => {
            let logs = arguments.logs.read(Verbosity::Warn, &environment)?;
            let admin_key = admin_key(&environment)?;
            Ok(Command::Demo(demo::Settings { data_dir: arguments.data_dir, admin_key }, logs))
        }
        Subcommand::Export(ExportArguments { account, to, store, logs }) => {
            let what = moving::What::Export { account, to };
            let logs = logs.read(Verbosity::Warn, &environment)?;
            Ok(Command::Move(moving::Settings { engine: engine(&store), keys: key_file(&store), what }, logs))
        }
        Subcommand::Import(ImportArguments { from, store, logs }) => {
            let what = moving::What::Import { from };
            let logs = logs.read(Verbosity::Warn, &environment)?;
            Ok(Command::Move(moving::Settings { engine: engine(&store), keys: key_file(&store), what }, logs))
        }
    }
}

fn serve_settings(
    arguments: ServeArguments,
    environment: impl Fn(&str) -> Result<String, VarError>,
) -> Result<serve::Settings, Refusal> {
    let (engine, keys) = (engine(&arguments.store), key_file(&arguments.store));
    let ServeArguments { listen, public_url, relay, store, .. } = arguments;
    let (admin_key, relay_secret) = (admin_key(&environment)?, relay_secret(&environment)?);
    let relay = relay.settings(store.data_dir);
    Ok(serve::Settings { listen, public_url, admin_key, engine, keys, relay, relay_secret })
}

fn engine(arguments: &StoreArguments) -> serve::Engine {
    match arguments.store {
        values::Store::Sqlite => serve::Engine::Sqlite { data_dir: arguments.data_dir.clone() },
        values::Store::DynamoDb => serve::Engine::DynamoDb(dynamodb::Settings {
            table: arguments.table.clone(),
            queue: arguments.queue.clone(),
            missing: if arguments.create_tables { Missing::Create } else { Missing::Refuse },
        }),
    }
}

fn key_file(arguments: &StoreArguments) -> serve::KeyFile {
    let path = arguments.key_file.clone();
    let missing = match arguments.store {
        values::Store::DynamoDb if !arguments.create_tables => serve::MissingKey::Refuse,
        values::Store::DynamoDb | values::Store::Sqlite => serve::MissingKey::Make,
    };
    let path = path.unwrap_or_else(|| arguments.data_dir.join(serve::KeyFile::NAME));
    serve::KeyFile { path, missing }
}

fn admin_key(
    environment: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Option<serve::AdminKey>, Refusal> {
    refusal::variable(ADMIN_KEY, environment)?
        .map(|text| values::admin_key(&text))
        .transpose()
        .map_err(|expected| Refusal::setting(ADMIN_KEY, expected))
}

fn relay_secret(environment: impl Fn(&str) -> Result<String, VarError>) -> Result<Option<Secret>, Refusal> {
    refusal::variable(RELAY_SECRET, environment)?
        .map(|text| values::relay_secret(&text))
        .transpose()
        .map_err(|expected| Refusal::setting(RELAY_SECRET, expected))
}
