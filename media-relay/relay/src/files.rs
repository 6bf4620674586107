//! How many files and sockets the process may have open at once.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// RTP and RTCP of both sides of a call. They stay bound for a while when it is over.
const OF_A_CALL: usize = 4;

/// Raises this process' limit of open files to the most that the system allows. Most systems begin with 1,024, of which 250 calls leave
/// nothing.
///
/// # Errors
/// The system refuses (`setrlimit(2)`).
pub fn open_as_many_files_as_allowed() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// Says so if fewer calls can be open than are to be taken.
pub(crate) fn check_for(most_calls: usize) {
    let Some(limit) = getrlimit(Resource::Nofile).current else { return };
    if !is_enough(limit, most_calls) {
        tracing::warn!(
            limit,
            most_calls,
            "the limit of open files is reached before the most calls are: raise it (ulimit -n), or take fewer calls"
        );
    }
}

fn is_enough(limit: u64, most_calls: usize) -> bool {
    u64::try_from(most_calls.saturating_mul(OF_A_CALL)).is_ok_and(|files| files < limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_four_files_and_some_are_left_for_all_else() {
        assert!(is_enough(8_001, 2_000));
        assert!(!is_enough(8_000, 2_000));
        assert!(!is_enough(u64::MAX, usize::MAX));
    }

    #[test]
    fn as_many_are_opened_as_the_system_allows() {
        open_as_many_files_as_allowed().expect("nobody may refuse what is allowed");
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!(current, maximum);
    }
}
