//! `ringfall export` and `ringfall import`: an account changes its store by way of a file.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use ringfall_app::{connection::Connection, seal::KeyRing};
use ringfall_domain::ids::AccountId;
use ringfall_store::{
    port::{Item, Key, Survey, Table},
    protocols::accounts::list_accounts,
    records::pointer::{connection_of, decode_connection},
    transfer::{Imported, export, import},
};

use crate::serve::{Engine, KeyFile, store::Store};

/// What is to be done, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The store.
    pub(crate) engine: Engine,
    /// What providers' secrets in it are sealed with.
    pub(crate) keys: KeyFile,
    /// What is to be done.
    pub(crate) what: What,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An account is written into a file.
    Export {
        /// Which, if there are several.
        account: Option<AccountId>,
        /// The file.
        to: PathBuf,
    },
    /// An account is read from a file.
    Import {
        /// The file.
        from: PathBuf,
    },
}

/// Does it, and tells what was done.
///
/// # Errors
/// It was not done, or not to its end.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let store = Store::open(&settings.engine).await?;
    let moved = match &store {
        Store::Sqlite(engine) => carry_out(engine, &settings).await,
        Store::DynamoDb { store: engine, .. } => carry_out(engine, &settings).await,
    };
    store.close().await?;
    let (done, Imported { account, items }) = moved?;
    writeln!(io::stdout(), "{done} {account}: {items} items").context("standard output takes nothing")?;
    Ok(ExitCode::SUCCESS)
}

async fn carry_out<S: Table + Survey>(
    store: &S,
    settings: &Settings,
) -> anyhow::Result<(&'static str, Imported)> {
    match &settings.what {
        What::Export { account, to } => {
            let account = match account {
                Some(account) => *account,
                None => only_account(store).await?,
            };
            let file = new_file(to).with_context(|| to.display().to_string())?;
            let written = export(store, account, BufWriter::new(&file)).await;
            let items = written.inspect_err(|_| drop(std::fs::remove_file(to)))?;
            file.sync_all().with_context(|| to.display().to_string())?;
            Ok(("exported", Imported { account, items }))
        }
        What::Import { from } => {
            let file = File::open(from).with_context(|| from.display().to_string())?;
            let ring = settings.keys.read()?;
            let opens = |key: &Key, item: &Item| {
                opens(&ring, key, item).map_err(|why| format!("{why} {}", settings.keys.path.display()))
            };
            let imported = import(store, BufReader::new(file), opens).await;
            Ok(("imported", imported.with_context(|| from.display().to_string())?))
        }
    }
}

/// Secrets stay sealed as they are: whoever cannot open a connection's must not take its account.
fn opens(ring: &KeyRing, key: &Key, item: &Item) -> Result<(), String> {
    let Some(id) = connection_of(key) else { return Ok(()) };
    let unreadable = |error: &dyn std::fmt::Display| format!("connection {id}: {error}; read with");
    let pointer = decode_connection(item).map_err(|error| unreadable(&error))?;
    let connection: Connection =
        serde_json::from_str(&pointer.document).map_err(|error| unreadable(&error))?;
    match ring.lacks(&connection.needed_keys()) {
        None => Ok(()),
        Some(key) => Err(format!(
            "connection {id} is sealed with the key {key}: append the key file of where it was exported to"
        )),
    }
}

async fn only_account(store: &impl Table) -> anyhow::Result<AccountId> {
    let (accounts, more) = list_accounts(store, None).await?;
    match &accounts[..] {
        [] => bail!("there is no account in this store"),
        [account] if !more => Ok(*account),
        _ => bail!("--account: expected the id of one of the accounts; there are several in this store"),
    }
}

/// For its owner alone: it holds callers' numbers, and secrets that were kept before they were sealed.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
