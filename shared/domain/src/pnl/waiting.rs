//! How callers have waited in a queue, from what their calls know of it.

use std::ops::AddAssign;

use jiff::Timestamp;

use crate::{
    call::{Call, Disposition, FinishKind, Leg},
    queue::{Queued, seconds_between},
};

/// Sums over the calls that came into a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Calls that came into a queue.
    pub queued: i64,
    /// Of these, those whose waiting is over.
    pub waited: i64,
    /// How long these have waited, in all.
    pub waited_seconds: i64,
    /// How long the one has waited who waited longest. It only grows: where a report that comes late proves that a caller was taken whom their own
    /// end had counted as waiting till then, it may be theirs.
    pub longest_wait_seconds: i64,
    /// Of those whose waiting is over, those whom the queue's policy aimed to have answered within some time when they came.
    pub aimed: i64,
    /// Of these, those who were taken within it.
    pub answered_in_time: i64,
    /// Callers whom somebody took, and who were told on entry how long that would take at most.
    pub told: i64,
    /// By how many seconds that was wrong, too long or too short, in all.
    pub told_wrong_seconds: i64,
    /// Callers who hung up before anybody took them.
    pub abandoned: i64,
    /// Callers who could not be held, or not any longer.
    pub overflowed: i64,
    /// Callers who asked to be called back.
    pub callbacks: i64,
}

impl Waiting {
    /// What one call counts for. Callers who were not held although they would have waited count as overflowed, and as nothing else.
    pub(super) fn of(call: &Call) -> Self {
        let finish = call.finished.as_ref().map(|finish| finish.kind);
        let told_apart = Self {
            overflowed: i64::from(call.overflowed.is_some()),
            callbacks: i64::from(finish == Some(FinishKind::Callback)),
            ..Self::default()
        };
        let Some(queued) = &call.queued else { return told_apart };
        let seconds = wait_seconds(call, queued);
        let waited_seconds = seconds.map_or(0, i64::from);
        let aim = seconds.zip(queued.answered_within_seconds);
        let is_served = call.served_from_queue().is_some();
        let in_time = |(seconds, aim)| is_served && seconds <= aim;
        let told = seconds.zip(queued.announced_seconds).filter(|_| is_served);
        Self {
            queued: 1,
            waited: i64::from(seconds.is_some()),
            waited_seconds,
            longest_wait_seconds: waited_seconds,
            aimed: i64::from(aim.is_some()),
            answered_in_time: i64::from(aim.is_some_and(in_time)),
            told: i64::from(told.is_some()),
            told_wrong_seconds: told.map_or(0, |(waited, told)| waited.abs_diff(told).into()),
            abandoned: i64::from(call.overflowed.is_none() && call.disposition() == Disposition::Abandoned),
            ..told_apart
        }
    }

    pub(super) fn minus(mut self, other: &Self) -> Self {
        self.queued -= other.queued;
        self.waited -= other.waited;
        self.waited_seconds -= other.waited_seconds;
        self.aimed -= other.aimed;
        self.answered_in_time -= other.answered_in_time;
        self.told -= other.told;
        self.told_wrong_seconds -= other.told_wrong_seconds;
        self.abandoned -= other.abandoned;
        self.overflowed -= other.overflowed;
        self.callbacks -= other.callbacks;
        // Of a maximum, only what exceeds the known one is news.
        if self.longest_wait_seconds <= other.longest_wait_seconds {
            self.longest_wait_seconds = 0;
        }
        self
    }
}

impl AddAssign for Waiting {
    fn add_assign(&mut self, other: Self) {
        self.queued += other.queued;
        self.waited += other.waited;
        self.waited_seconds += other.waited_seconds;
        self.longest_wait_seconds = self.longest_wait_seconds.max(other.longest_wait_seconds);
        self.aimed += other.aimed;
        self.answered_in_time += other.answered_in_time;
        self.told += other.told;
        self.told_wrong_seconds += other.told_wrong_seconds;
        self.abandoned += other.abandoned;
        self.overflowed += other.overflowed;
        self.callbacks += other.callbacks;
    }
}

/// How long a caller has waited, once that is over: until they could not be held any longer, until the attempt began that reached somebody who took
/// them, or until they hung up. Attempts that reached nobody end no waiting.
fn wait_seconds(call: &Call, queued: &Queued) -> Option<u32> {
    let overflowed_at = call.overflowed.as_ref().map(|overflowed| overflowed.at);
    let taken_at = || call.served_from_queue().map(|leg| leg.reserved_at);
    let ended_at = || call.ended.map(|end| end.stamp.earliest());
    let until: Timestamp = overflowed_at.or_else(taken_at).or_else(ended_at)?;
    Some(seconds_between(queued.entered_at, until))
}

impl Call {
    /// How long the caller has waited in a queue, once that is over; none of one who was not held, or waits.
    pub fn waited_seconds(&self) -> Option<u32> {
        wait_seconds(self, self.queued.as_ref()?)
    }

    /// The attempt that ended the caller's waiting: one that began after they had come into the queue, and that somebody took.
    pub fn served_from_queue(&self) -> Option<&Leg> {
        let entered_at = self.queued.as_ref()?.entered_at;
        let of_queue = self.overflowed.is_none();
        self.connected_leg().filter(|leg| of_queue && leg.reserved_at >= entered_at)
    }
}
