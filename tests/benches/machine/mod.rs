//! The machine, and what a process has used of it.

use std::{fs, time::Duration};

/// One line on the machine, for the figures' sake.
pub(crate) fn description() -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "a processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_else(|| "some memory".to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {processor}, {memory}, Linux {}, load {}", kernel.trim(), load.trim())
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The processor time that a process has used so far, in user and kernel mode together.
pub(crate) fn processor_time(process_id: u32) -> Duration {
    /// `sysconf(_SC_CLK_TCK)`, 100 on every Linux of today.
    const TICKS_PER_SECOND: u64 = 100;
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    // Behind the name in parentheses come state and 10 more fields, then user and system time (proc_pid_stat(5)).
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}
