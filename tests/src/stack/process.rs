//! The process: started, killed, started again.

use std::{
    fs::File,
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::{Api, Profile, program, sipp};
use crate::aws::{Aws, Names};

/// How long the program may take until it is ready.
const STARTS: Patience = Patience { every: Duration::from_millis(20), times: 1_500 };
/// How much of the program's log is shown where something went wrong.
const LOG_BYTES_SHOWN: usize = 8 * 1024;
/// The key that the program is started with.
const ADMIN_KEY: &str = "a-key-for-tests-that-is-long-enough";

/// What the program keeps its data in.
#[derive(Debug)]
pub enum Store {
    /// A file in a folder of its own.
    Sqlite,
    /// A table and a queue of its own.
    DynamoDb(Names),
}

impl Store {
    /// A table and a queue, on the AWS that the environment names or a local one.
    ///
    /// # Errors
    /// The local one does not start.
    pub async fn dynamodb() -> Result<Self> {
        Ok(Self::DynamoDb(Aws::start().await?.names()))
    }

    fn tell(&self, command: &mut Command) {
        if let Self::DynamoDb(names) = self {
            names.aws().tell(command);
            command.args(["--store", "dynamodb", "--create-tables"]);
            command.args(["--table", names.as_str(), "--queue", names.as_str()]);
        }
    }
}

/// `ringfall serve`, killed when it is dropped.
#[derive(Debug)]
pub struct Stack {
    profile: Profile,
    store: Store,
    folder: TempDir,
    address: SocketAddr,
    relay: Relay,
    bucket: Option<(Aws, String)>,
    process: Child,
}

/// Which media relay the program has.
#[derive(Debug, Clone, Copy)]
enum Relay {
    None,
    /// Its own, which takes SIP there.
    Own(SocketAddr),
    /// One elsewhere, which signs in with that.
    Elsewhere(&'static str),
}

struct Patience {
    every: Duration,
    times: u32,
}

impl Stack {
    /// Starts the program on SQLite, an empty folder and a free port, and waits until it is ready.
    ///
    /// # Errors
    /// It cannot be built, or does not become ready; with what it logged.
    pub async fn start(profile: Profile) -> Result<Self> {
        Self::start_on(Store::Sqlite, profile).await
    }

    /// Starts the program on a store and a free port, and waits until it is ready.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_on(store: Store, profile: Profile) -> Result<Self> {
        Self::start_at(store, profile, Relay::None, None).await
    }

    /// Starts the program on SQLite with its relay, on free ports, and waits until it is ready.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with_sip(profile: Profile) -> Result<Self> {
        Self::start_at(Store::Sqlite, profile, Relay::Own(sipp::free_address()?), None).await
    }

    /// The same with a relay that puts its recordings into a bucket.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with_bucket(profile: Profile, aws: &Aws, bucket: &str) -> Result<Self> {
        let (relay, bucket) = (Relay::Own(sipp::free_address()?), (aws.clone(), bucket.to_owned()));
        Self::start_at(Store::Sqlite, profile, relay, Some(bucket)).await
    }

    /// Starts the program on SQLite for a relay that is a process of its own, on a free port, and waits until it is ready.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_for_relay(profile: Profile, secret: &'static str) -> Result<Self> {
        Self::start_at(Store::Sqlite, profile, Relay::Elsewhere(secret), None).await
    }

    async fn start_at(
        store: Store,
        profile: Profile,
        relay: Relay,
        bucket: Option<(Aws, String)>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        let process = spawn(profile, &store, &folder, address, (relay, bucket.as_ref()))?;
        let mut stack = Self { profile, store, folder, address, relay, bucket, process };
        stack.wait_until_ready().await?;
        Ok(stack)
    }

    /// Ends the process as a power cut would: SIGKILL.
    ///
    /// # Errors
    /// There is no such process.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Starts the program again on the same folder and port, after [`Self::kill`].
    ///
    /// # Errors
    /// It does not become ready; with what it logged.
    pub async fn start_again(&mut self) -> Result<()> {
        let relay = (self.relay, self.bucket.as_ref());
        self.process = spawn(self.profile, &self.store, &self.folder, self.address, relay)?;
        self.wait_until_ready().await
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it takes SIP, if it was asked to.
    pub const fn sip(&self) -> Option<SocketAddr> {
        match self.relay {
            Relay::Own(sip) => Some(sip),
            Relay::None | Relay::Elsewhere(_) => None,
        }
    }

    /// Its base URL, which providers sign too.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key to all of it.
    pub const fn admin_key(&self) -> &'static str {
        ADMIN_KEY
    }

    /// Its REST API with every right.
    pub fn api(&self) -> Api {
        Api::new(&self.url(), ADMIN_KEY)
    }

    /// Where it keeps its data.
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The id of its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let http = reqwest::Client::new();
        let url = format!("{}/healthz", self.url());
        for _ in 0..STARTS.times {
            if http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the program ended with {status}:\n{}", self.log());
            }
            tokio::time::sleep(STARTS.every).await;
        }
        bail!("the program is not ready:\n{}", self.log())
    }

    /// The end of what the program logged.
    fn log(&self) -> String {
        let log = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        let shown = &log[log.len().saturating_sub(LOG_BYTES_SHOWN)..];
        String::from_utf8_lossy(shown).into_owned()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.kill();
        if thread::panicking() {
            let _ = writeln!(io::stderr(), "The program's log ends with:\n{}", self.log());
        }
    }
}

fn spawn(
    profile: Profile,
    store: &Store,
    folder: &TempDir,
    address: SocketAddr,
    (relay, bucket): (Relay, Option<&(Aws, String)>),
) -> Result<Child> {
    let log = File::options().create(true).append(true).open(folder.path().join("log"))?;
    let mut command = Command::new(program(profile)?);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RINGFALL_")) {
        command.env_remove(name);
    }
    command
        .arg("serve")
        .args(["--listen", &address.to_string()])
        .arg("--data-dir")
        .arg(folder.path().join("data"));
    match relay {
        Relay::None => command.args(["--sip", "off"]),
        Relay::Own(sip) => command.args(["--sip", &sip.to_string()]),
        Relay::Elsewhere(secret) => command.args(["--sip", "off"]).env("RINGFALL_RELAY_SECRET", secret),
    };
    store.tell(&mut command);
    if let Some((aws, bucket)) = bucket {
        aws.tell(&mut command);
        command.env("RINGFALL_RELAY_RECORDINGS_BUCKET", bucket);
    }
    command
        .env("RINGFALL_ADMIN_KEY", ADMIN_KEY)
        .env("RUST_LOG", "info")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("the program cannot be started")
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
