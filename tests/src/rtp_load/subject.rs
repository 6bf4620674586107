//! What is measured: a process on its own core.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{PHONES_CORE, SUBJECT_CORE, pin, rtpengine};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Our engine.
    Engine,
    /// A forwarder that does nothing else.
    Bare,
    /// rtpengine, in userspace.
    Rtpengine,
    /// Our engine, whose callers hear hold music.
    Music,
}

/// A process that is measured; it ends with this.
#[derive(Debug)]
pub struct Subject {
    child: Child,
    /// Where the phones of each call send to.
    pub addresses: Vec<[SocketAddr; 2]>,
    /// What its calls have added to its memory, for each of them.
    pub bytes_a_call: u64,
}

impl Subject {
    /// Starts it with so many calls.
    ///
    /// # Errors
    /// It does not start, or does not tell where its calls are.
    pub fn start(kind: Kind, calls: usize, phones: [SocketAddr; 2], program: &str) -> Result<Self> {
        pin(SUBJECT_CORE)?;
        let started = match kind {
            Kind::Rtpengine => Self::start_rtpengine(program, calls, phones),
            Kind::Engine => Self::start_own("engine", calls, phones),
            Kind::Bare => Self::start_own("bare", calls, phones),
            Kind::Music => Self::start_own("music", calls, phones),
        };
        pin(PHONES_CORE)?;
        started
    }

    fn start_rtpengine(program: &str, calls: usize, phones: [SocketAddr; 2]) -> Result<Self> {
        let control = std::net::UdpSocket::bind((phones[0].ip(), 0))?.local_addr()?.port();
        let child = rtpengine::start(program, control)?;
        let mut subject = Self { child, addresses: Vec::new(), bytes_a_call: 0 };
        rtpengine::set_up(control, 0, phones)?;
        let before = subject.memory_bytes()?;
        subject.addresses = rtpengine::set_up(control, calls, phones)?;
        subject.weigh(before, calls)?;
        Ok(subject)
    }

    /// Starts this very program again, as what is measured.
    fn start_own(role: &str, calls: usize, phones: [SocketAddr; 2]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", role, &calls.to_string(), &phones[0].to_string(), &phones[1].to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let told = BufReader::new(child.stdout.take().context("its output is piped")?);
        let mut subject = Self { child, addresses: Vec::new(), bytes_a_call: 0 };
        let mut before = 0;
        for line in told.lines() {
            let line = line?;
            match line.split_once(' ') {
                Some((one, other)) => subject.addresses.push([one.parse()?, other.parse()?]),
                None if line == "begins" => before = subject.memory_bytes()?,
                None if line == "ready" => break,
                None => bail!("{role} says {line}"),
            }
        }
        if subject.addresses.len() != calls {
            bail!("{role} has {} of {calls} calls", subject.addresses.len());
        }
        subject.weigh(before, calls)?;
        Ok(subject)
    }

    fn weigh(&mut self, before: u64, calls: usize) -> Result<()> {
        let added = self.memory_bytes()?.saturating_sub(before);
        self.bytes_a_call = added.checked_div(u64::try_from(calls)?).unwrap_or_default();
        Ok(())
    }

    /// The processor time that all its threads have had.
    ///
    /// # Errors
    /// It has ended.
    pub fn processor(&self) -> Result<Duration> {
        processor_of(self.child.id())
    }

    fn memory_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has ended")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1_024)
    }
}

/// The processor time that all threads of a process have had.
///
/// # Errors
/// It has ended.
pub fn processor_of(process: u32) -> Result<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += text.split(' ').next().context("schedstat has numbers")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

impl Drop for Subject {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
