//! When a request is sent again, and how long is waited before.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// How long and how often a provider's API is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the connection alone.
    pub(crate) connect_timeout: Duration,
    /// For a whole try, the body included.
    pub(crate) try_timeout: Duration,
    /// The first try included.
    pub(crate) most_tries: u32,
    /// Waited before the second try, doubled for each that follows.
    pub(crate) first_pause: Duration,
    /// The longest wait, even if the provider asks for more: a webhook may be waiting for us.
    pub(crate) longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            try_timeout: Duration::from_secs(5),
            most_tries: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(2),
        }
    }
}

impl Patience {
    /// How long to wait after the `tries`-th try: what the provider asks for, else twice as long each time, and up to half
    /// as long again, so that requests about different calls which failed together do not come back together. That part
    /// follows from the URL: no random source is needed to keep them apart.
    pub(super) fn pause(&self, tries: u32, failure: &Failure, url: &str) -> Duration {
        let asked = failure.retry_after();
        let doubled = self.first_pause.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
        asked.unwrap_or_else(|| doubled + doubled * share_of_256(url) / 512).min(self.longest_pause)
    }
}

fn share_of_256(url: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    url.hash(&mut hasher);
    u32::from(hasher.finish().to_le_bytes()[0])
}

/// Whether a request may be carried out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice does the same as once.
    Freely,
    /// Twice would be wrong: send it again only if the provider certainly did not act on it.
    OnlyIfNotTaken,
}

impl Repeat {
    pub(super) const fn allows(self, failure: &Failure) -> bool {
        match failure {
            Failure::NotTaken { .. } => true,
            Failure::Uncertain { .. } => matches!(self, Self::Freely),
            Failure::Lasting { .. } => false,
        }
    }
}

/// A try that brought no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The provider did not act on the request: no connection, or too many requests.
    NotTaken {
        /// For the log.
        reason: String,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// The provider may have acted on it: no answer in time, or a 5xx.
    Uncertain {
        /// For the log.
        reason: String,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// Another try would end the same way.
    Lasting {
        /// For the log.
        reason: String,
    },
}

impl Failure {
    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NotTaken { retry_after, .. } | Self::Uncertain { retry_after, .. } => *retry_after,
            Self::Lasting { .. } => None,
        }
    }

    pub(super) fn into_reason(self) -> String {
        match self {
            Self::NotTaken { reason, .. } | Self::Uncertain { reason, .. } | Self::Lasting { reason } => {
                reason
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTaken { reason, .. } | Self::Uncertain { reason, .. } | Self::Lasting { reason } => {
                f.write_str(reason)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uncertain(retry_after_seconds: Option<u64>) -> Failure {
        Failure::Uncertain {
            reason: String::new(),
            retry_after: retry_after_seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn pauses_double_and_stay_within_half_as_much_again() {
        let patience = Patience::default();
        for (tries, least) in [(1, 200), (2, 400), (3, 800)] {
            for url in ["https://a.example/1", "https://a.example/2", "https://b.example/"] {
                let pause = patience.pause(tries, &uncertain(None), url).as_millis();
                assert!((least..least * 3 / 2).contains(&pause), "{pause} ms after try {tries}");
            }
        }
    }

    #[test]
    fn no_pause_is_longer_than_the_longest() {
        let patience = Patience::default();
        for (tries, failure) in [(u32::MAX, uncertain(None)), (1, uncertain(Some(u64::MAX)))] {
            assert_eq!(patience.pause(tries, &failure, ""), patience.longest_pause);
        }
        assert_eq!(patience.pause(1, &uncertain(Some(1)), ""), Duration::from_secs(1));
        assert_eq!(patience.pause(3, &uncertain(Some(0)), ""), Duration::ZERO);
    }

    #[test]
    fn what_may_have_been_done_is_not_done_again_where_that_would_be_wrong() {
        let (reason, retry_after) = (String::new(), None);
        let not_taken = Failure::NotTaken { reason, retry_after };
        let lasting = Failure::Lasting { reason: String::new() };
        for (repeat, failure, allowed) in [
            (Repeat::Freely, &not_taken, true),
            (Repeat::Freely, &uncertain(None), true),
            (Repeat::Freely, &lasting, false),
            (Repeat::OnlyIfNotTaken, &not_taken, true),
            (Repeat::OnlyIfNotTaken, &uncertain(None), false),
            (Repeat::OnlyIfNotTaken, &lasting, false),
        ] {
            assert_eq!(repeat.allows(failure), allowed, "{repeat:?} {failure:?}");
        }
    }
}
