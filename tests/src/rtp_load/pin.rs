//! Cores and open files.

use anyhow::{Context, Result};
use nix::{
    sched::{CpuSet, sched_setaffinity},
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::Pid,
};

/// Keeps this thread, and what it starts from now on, on one core.
///
/// # Errors
/// The machine has no such core for us.
pub fn pin(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores).with_context(|| format!("no core {core} to run on"))
}

/// Lets this process, and what it starts, open as many files as it may.
///
/// # Errors
/// The system refuses.
pub fn more_files() -> Result<u64> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    Ok(most)
}
