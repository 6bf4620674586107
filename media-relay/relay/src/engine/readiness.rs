//! Which sockets have something: told as long as they have, not only when it comes. A telling that is missed, or a socket that is not
//! emptied, is told of again, so no leg goes deaf.

#[cfg(target_os = "linux")]
pub(super) use epoll::Readiness;
#[cfg(not(target_os = "linux"))]
pub(super) use poll::Readiness;

#[cfg(target_os = "linux")]
mod epoll {
    use std::{
        io,
        mem::MaybeUninit,
        os::fd::{AsFd, OwnedFd},
        time::Duration,
    };

    use rustix::{
        event::epoll,
        io::Errno,
        time::{
            Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
            timerfd_settime,
        },
    };

    /// How many sockets are told of at once.
    const MOST_AT_ONCE: usize = 512;

    /// The timer's number; nobody else's.
    const TIMER: u64 = u64::MAX - 1;

    const NO_TIME: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

    /// All sockets of a thread, each with a number of its own, and a timer among them. A timeout of each wait would have to be set and taken
    /// back each time, which costs more than the wait; the timer stays set until it is to ring at another time.
    #[derive(Debug)]
    pub(in super::super) struct Readiness {
        epoll: OwnedFd,
        timer: OwnedFd,
        rings_at: Option<Duration>,
        ready: Vec<u64>,
    }

    impl Readiness {
        pub(in super::super) fn new() -> io::Result<Self> {
            let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
            let timer =
                timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
            epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
            Ok(Self { epoll, timer, rings_at: None, ready: Vec::with_capacity(MOST_AT_ONCE) })
        }

        pub(in super::super) fn add(&mut self, socket: &impl AsFd, number: u64) -> io::Result<()> {
            let data = epoll::EventData::new_u64(number);
            Ok(epoll::add(&self.epoll, socket, data, epoll::EventFlags::IN)?)
        }

        pub(in super::super) fn remove(&mut self, socket: &impl AsFd, _number: u64) -> io::Result<()> {
            Ok(epoll::delete(&self.epoll, socket)?)
        }

        /// Waits until some have something, at the longest until a time, which may have passed: how many have.
        pub(in super::super) fn wait_until(&mut self, at: Duration, now: Duration) -> io::Result<usize> {
            let wait = at.saturating_sub(now);
            if !wait.is_zero() && self.rings_at != Some(at) {
                let it_value = Timespec::try_from(wait).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
                let once = Itimerspec { it_interval: NO_TIME, it_value };
                timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
                self.rings_at = Some(at);
            }
            let mut room = [const { MaybeUninit::uninit() }; MOST_AT_ONCE];
            self.ready.clear();
            match epoll::wait(&self.epoll, &mut room, wait.is_zero().then_some(&NO_TIME)) {
                Err(Errno::INTR) => {}
                told => self.ready.extend(told?.0.iter().map(|event| event.data.u64())),
            }
            if let Some(place) = self.ready.iter().position(|number| *number == TIMER) {
                self.ready.swap_remove(place);
                // It rings until it is set again.
                self.rings_at = None;
            }
            Ok(self.ready.len())
        }

        /// The number of one of those that have something.
        pub(in super::super) fn ready(&self, place: usize) -> Option<u64> {
            self.ready.get(place).copied()
        }
    }
}

/// For systems without epoll: each wait looks at all sockets, which is good enough for a developer's machine.
#[cfg(not(target_os = "linux"))]
mod poll {
    use std::{
        io,
        os::fd::{AsFd, OwnedFd},
        time::Duration,
    };

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// All sockets of a thread, each with a number of its own.
    #[derive(Debug)]
    pub(in super::super) struct Readiness {
        sockets: Vec<(OwnedFd, u64)>,
        ready: Vec<u64>,
    }

    impl Readiness {
        pub(in super::super) fn new() -> io::Result<Self> {
            Ok(Self { sockets: Vec::new(), ready: Vec::new() })
        }

        pub(in super::super) fn add(&mut self, socket: &impl AsFd, number: u64) -> io::Result<()> {
            self.sockets.push((socket.as_fd().try_clone_to_owned()?, number));
            Ok(())
        }

        pub(in super::super) fn remove(&mut self, _socket: &impl AsFd, number: u64) -> io::Result<()> {
            self.sockets.retain(|(_, known)| *known != number);
            Ok(())
        }

        /// Waits until some have something, at the longest until a time, which may have passed: how many have.
        pub(in super::super) fn wait_until(&mut self, at: Duration, now: Duration) -> io::Result<usize> {
            let most =
                Timespec::try_from(at.saturating_sub(now)).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
            let mut asked: Vec<_> =
                self.sockets.iter().map(|(socket, _)| PollFd::new(socket, PollFlags::IN)).collect();
            match poll(&mut asked, Some(&most)) {
                Err(rustix::io::Errno::INTR) => return Ok(0),
                other => other?,
            };
            let ready = asked.iter().zip(&self.sockets).filter(|(asked, _)| !asked.revents().is_empty());
            self.ready = ready.map(|(_, (_, number))| *number).collect();
            Ok(self.ready.len())
        }

        /// The number of one of those that have something.
        pub(in super::super) fn ready(&self, place: usize) -> Option<u64> {
            self.ready.get(place).copied()
        }
    }
}
