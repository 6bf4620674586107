//! MiniStack, a local AWS, as a process of its own on loopback.

use std::{
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// Where `tests/run` installs it.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.venv-aws/bin/ministack");
/// How often, and at what distance, it is asked whether it is ready.
const LOOKS: (u32, Duration) = (600, Duration::from_millis(50));

/// A running MiniStack, ended when it is dropped.
#[derive(Debug)]
pub struct MiniStack {
    url: String,
    process: Child,
    folder: TempDir,
}

impl MiniStack {
    /// Starts it on a free port, and waits until it is ready.
    ///
    /// # Errors
    /// It is not installed, or does not become ready; with what it logged.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = File::create(folder.path().join("log"))?;
        let process = Command::new(PROGRAM)
            .current_dir(&folder)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("LOG_LEVEL", "WARNING")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{PROGRAM} cannot be started: tests/run installs it"))?;
        let mut started = Self { url: format!("http://127.0.0.1:{port}"), process, folder };
        started.wait_until_ready().await?;
        Ok(started)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let http = reqwest::Client::new();
        let url = format!("{}/_ministack/health", self.url);
        let (times, pause) = LOOKS;
        for _ in 0..times {
            if http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("MiniStack ended with {status}:\n{}", log(self.folder.path()));
            }
            tokio::time::sleep(pause).await;
        }
        bail!("MiniStack is not ready:\n{}", log(self.folder.path()))
    }
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}
