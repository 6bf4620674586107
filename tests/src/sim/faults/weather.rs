//! How rough a run is.

use super::super::chance::Chance;

/// How often each kind of fault strikes: times in a thousand requests of its kind.
#[derive(Debug, Clone)]
pub struct Weather {
    /// The store refuses: no network, a fault of its own.
    pub unavailable: u32,
    /// A partition is asked for too much and refuses most writes for some seconds.
    pub throttled: u32,
    /// Two writes of an item meet of which one is a transaction, and the later is refused.
    pub in_conflict: u32,
    /// A batch comes back in parts, the rest of it some time later.
    pub partial: u32,
    /// The store writes and reports that it has not.
    pub unreported: u32,
    /// The invocation dies between two of its steps.
    pub death: u32,
    /// The store takes seconds: some invocations then run into their deadline.
    pub slow: u32,
    /// A request that nobody waits for any more still takes effect.
    pub survives: u32,
    /// A webhook never arrives.
    pub lost: u32,
    /// A webhook arrives several times, at once or one after the other.
    pub doubled: u32,
    /// A webhook takes seconds; a report may take minutes.
    pub late: u32,
    /// The reply to a webhook is lost.
    pub reply_lost: u32,
    /// The reply to a webhook takes seconds, and may come after the carrier's deadline.
    pub reply_late: u32,
    /// A delayed message comes before it is due.
    pub early: u32,
    /// A delayed message comes again.
    pub redelivered: u32,
    /// A delayed message is lost.
    pub message_lost: u32,
    /// The change feed goes back some way.
    pub replayed: u32,
    /// The change feed forgets changes before they are read.
    pub gap: u32,
    /// A consumer of the feed forgets where it was.
    pub checkpoint_lost: u32,
    /// A record of a leg comes much later and contradicts the first.
    pub contradicted: u32,
    /// The provider's API does not answer.
    pub api_down: u32,
    /// How old the API's answers may be, in milliseconds.
    pub api_stale_milliseconds: u64,
}

impl Weather {
    /// A weather: each kind of fault is off, or on to some degree, by its own draw.
    pub fn drawn(chance: &Chance) -> Self {
        // One run in eight has no faults but those of people.
        let most = chance.weighted(&[1, 2, 3, 2]);
        let rate = |rates: [u32; 4]| rates[chance.index(4).min(most)];
        Self {
            unavailable: rate([0, 2, 6, 15]),
            throttled: rate([0, 1, 2, 4]),
            in_conflict: rate([0, 100, 400, 900]),
            partial: rate([0, 5, 20, 80]),
            unreported: rate([0, 2, 6, 15]),
            death: rate([0, 1, 4, 10]),
            slow: rate([0, 2, 8, 20]),
            survives: 500,
            lost: rate([0, 5, 25, 80]),
            doubled: rate([0, 10, 60, 250]),
            late: rate([0, 10, 60, 200]),
            reply_lost: rate([0, 2, 10, 30]),
            reply_late: rate([0, 5, 20, 60]),
            early: rate([0, 10, 50, 150]),
            redelivered: rate([0, 10, 50, 150]),
            message_lost: rate([0, 5, 30, 150]),
            replayed: rate([0, 2, 10, 40]),
            gap: rate([0, 2, 10, 40]),
            checkpoint_lost: rate([0, 20, 100, 300]),
            contradicted: rate([0, 20, 100, 300]),
            api_down: rate([0, 20, 100, 400]),
            api_stale_milliseconds: u64::from(rate([0, 1_000, 4_000, 8_000])),
        }
    }
}
