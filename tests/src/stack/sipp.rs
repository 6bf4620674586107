//! SIP phones: SIPp with scenarios of our own, on loopback.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// No scenario takes longer, however busy the machine is.
const MOST_SECONDS: &str = "120";

/// One phone, which plays its scenario once. Ended when it is dropped.
#[derive(Debug)]
pub struct Phone {
    process: Child,
    folder: TempDir,
}

impl Phone {
    /// A phone that dials a number at a SIP address.
    ///
    /// # Errors
    /// SIPp is not there (Debian's package sip-tester).
    pub fn calling(number: &str, at: SocketAddr) -> Result<Self> {
        Self::start("caller.xml", free_address()?, &[&at.to_string(), "-s", number])
    }

    /// A phone that answers at an address.
    ///
    /// # Errors
    /// As [`Self::calling`].
    pub fn answering(at: SocketAddr) -> Result<Self> {
        Self::start("buyer.xml", at, &[])
    }

    fn start(scenario: &str, at: SocketAddr, arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp").join(scenario);
        let process = Command::new("sipp")
            .current_dir(folder.path())
            .args(arguments)
            .arg("-sf")
            .arg(scenario)
            .args(["-i", &at.ip().to_string(), "-p", &at.port().to_string()])
            .args(["-mp", &free_address()?.port().to_string()])
            .args(["-m", "1", "-nostdin", "-timeout", MOST_SECONDS, "-timeout_error"])
            .args(["-trace_err", "-error_file", "errors"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("sipp cannot be started; it is in Debian's package sip-tester")?;
        Ok(Self { process, folder })
    }

    /// Waits until the scenario is over.
    ///
    /// # Errors
    /// It did not go as it should; with what SIPp says of it.
    pub async fn finish(mut self) -> Result<()> {
        let status = loop {
            if let Some(status) = self.process.try_wait()? {
                break status;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        self.judge(status)
    }

    fn judge(&self, status: ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        let errors: PathBuf = self.folder.path().join("errors");
        bail!("sipp ended with {status}:\n{}", std::fs::read_to_string(errors).unwrap_or_default());
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address on loopback whose port is free over UDP and TCP.
///
/// # Errors
/// There is none.
pub fn free_address() -> Result<SocketAddr> {
    for _ in 0..20 {
        let udp = UdpSocket::bind("127.0.0.1:0")?;
        let address = udp.local_addr()?;
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no port is free over UDP and TCP")
}
