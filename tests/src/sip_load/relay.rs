//! What is measured: this very program, started again on a core of its own.

use std::{
    io::{BufRead, BufReader, Read, Write, stdin, stdout},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use ringfall_relay::{Config, start};

use super::Kind;
use crate::rtp_load::{PHONES_CORE, SUBJECT_CORE, pin, processor_of};

/// What the relay signs in with.
const SECRET: &str = "a-secret-of-the-relay";

/// A process between callers and desk; it ends with this.
#[derive(Debug)]
pub struct Between {
    child: Child,
    /// Where it takes SIP.
    pub sip: SocketAddr,
}

impl Between {
    /// Starts one for a platform and a desk.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn start(kind: Kind, platform: SocketAddr, desk: SocketAddr) -> Result<Self> {
        let (platform, desk) = (platform.to_string(), desk.to_string());
        let task: &[&str] = match kind {
            Kind::Relay => &["serve", &platform],
            Kind::Bare => &["serve-bare", &platform, &desk],
        };
        pin(SUBJECT_CORE)?;
        let child = Command::new(std::env::current_exe()?)
            .args(task)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        pin(PHONES_CORE)?;
        let mut child = child?;
        let mut told = String::new();
        BufReader::new(child.stdout.take().context("its output is piped")?).read_line(&mut told)?;
        let sip = told.trim().parse().with_context(|| format!("it says {told:?}"))?;
        Ok(Self { child, sip })
    }

    /// The processor time that it has had.
    pub(super) fn processor(&self) -> Result<Duration> {
        processor_of(self.child.id())
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is the relay, until its input ends.
///
/// # Errors
/// It does not start.
pub fn serve_relay(platform: SocketAddr) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let url = format!("http://{platform}").parse()?;
    let config = Config {
        media_ports: 1_024..=u16::MAX,
        most_calls: 100_000,
        ..Config::new(any, any, url, SECRET.parse()?, folder.path().to_owned())
    };
    let relay = start(config)?;
    writeln!(stdout(), "{}", relay.sip_address())?;
    stdout().flush()?;
    let _ = stdin().read(&mut [0; 1])?;
    Ok(())
}
