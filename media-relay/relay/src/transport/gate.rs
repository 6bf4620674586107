//! Who is heard at all.

use std::{cell::RefCell, collections::HashMap, net::IpAddr, rc::Rc, sync::Arc, time::Duration};

use ringfall_sip::message::{Message, Method};
use tokio::time::Instant;

use super::bucket::Buckets;
use crate::{metrics::Metrics, trunks::Trunks};

/// How long somebody whom we have called is heard after the last word to them: as long as late copies come.
const LINGER: Duration = Duration::from_secs(64);

/// How many messages a second one source may send.
const MOST_MESSAGES_PER_SECOND: u32 = 20_000;

/// How many of those whom we have called are remembered at once.
const MOST_CALLED: usize = 65_536;

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Drop {
    /// From an address that no trunk names and that we have not called.
    UnknownSource,
    /// A source sends too much.
    TooOften,
    /// No sound message.
    Malformed,
    /// Somebody whom we call calls us, who may not.
    NotATrunk,
    /// Too many connections.
    TooManyConnections,
    /// The socket was full: SIP sends it again.
    NotSent,
}

impl Drop {
    /// The word in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSource => "unknown_source",
            Self::TooOften => "too_often",
            Self::Malformed => "malformed",
            Self::NotATrunk => "not_a_trunk",
            Self::TooManyConnections => "too_many_connections",
            Self::NotSent => "not_sent",
        }
    }
}

/// As what a source is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// A trunk names it: it may call.
    Trunk,
    /// We have called it: it may answer, and say more of the calls that it has.
    Called,
}

/// Somebody whom we have called.
#[derive(Debug, Clone, Copy, Default)]
struct Called {
    /// How many calls they have.
    calls: u32,
    /// When the last one was over.
    last: Duration,
}

/// Who is heard. All clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    trunks: tokio::sync::watch::Receiver<Arc<Trunks>>,
    started: Instant,
    metrics: Metrics,
    buckets: RefCell<Buckets>,
    called: RefCell<HashMap<IpAddr, Called>>,
}

impl Called {
    fn is_heard(self, now: Duration) -> bool {
        self.calls > 0 || now.saturating_sub(self.last) < LINGER
    }
}

impl Gate {
    /// For the trunks as they are at each moment.
    pub(crate) fn new(trunks: tokio::sync::watch::Receiver<Arc<Trunks>>, metrics: Metrics) -> Self {
        Self(Rc::new(Inner {
            trunks,
            started: Instant::now(),
            metrics,
            buckets: RefCell::new(Buckets::new(MOST_MESSAGES_PER_SECOND)),
            called: RefCell::default(),
        }))
    }

    /// A call of ours goes there: they are heard until [`Gate::leave`], and a while longer.
    pub(crate) fn call(&self, ip: IpAddr) {
        let now = self.0.started.elapsed();
        let mut called = self.0.called.borrow_mut();
        if called.len() >= MOST_CALLED {
            called.retain(|_, called| called.is_heard(now));
        }
        called.entry(ip.to_canonical()).or_default().calls += 1;
    }

    /// A call of ours that went there is over.
    pub(crate) fn leave(&self, ip: IpAddr) {
        if let Some(called) = self.0.called.borrow_mut().get_mut(&ip.to_canonical()) {
            called.calls = called.calls.saturating_sub(1);
            called.last = self.0.started.elapsed();
        }
    }

    /// As what a source is known, if it is, without counting.
    pub(crate) fn knows(&self, ip: IpAddr) -> Option<Known> {
        let ip = ip.to_canonical();
        if self.0.trunks.borrow().allows(ip) {
            return Some(Known::Trunk);
        }
        let called = self.0.called.borrow();
        called.get(&ip)?.is_heard(self.0.started.elapsed()).then_some(Known::Called)
    }

    /// As what a source is known that sends something; none if it is not to be heard.
    pub(crate) fn admits(&self, ip: IpAddr) -> Option<Known> {
        let Some(known) = self.knows(ip) else {
            self.count(Drop::UnknownSource);
            return None;
        };
        if !self.0.buckets.borrow_mut().take(ip, self.0.started.elapsed()) {
            self.count(Drop::TooOften);
            return None;
        }
        Some(known)
    }

    /// Whether what a source says is to be believed: whoever is no trunk begins nothing.
    pub(crate) fn believes(&self, known: Known, message: &Message) -> bool {
        let is_taken = match message {
            Message::Response(_) => true,
            Message::Request(request) => {
                known == Known::Trunk
                    || request.essentials.to.tag().is_some()
                    || matches!(request.method, Method::Ack | Method::Cancel)
            }
        };
        if !is_taken {
            self.count(Drop::NotATrunk);
        }
        is_taken
    }

    /// Counts what was not taken.
    pub(crate) fn count(&self, drop: Drop) {
        self.0.metrics.dropped(drop.as_str());
    }
}

#[cfg(test)]
mod tests {
    use ringfall_control::TrunkList;
    use tokio::{sync::watch, time::advance};

    use super::*;
    use crate::trunks::tests::trunk;

    const SECOND: Duration = Duration::from_secs(1);

    /// Callers come from 192.0.2.1 alone.
    fn gate() -> (Gate, watch::Sender<Arc<Trunks>>) {
        let list = TrunkList { trunks: vec![trunk("one", "192.0.2.1", "+18005550111")] };
        let (sender, trunks) = watch::channel(Arc::new(Trunks::new(list, true).0));
        (Gate::new(trunks, Metrics::new()), sender)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_called_is_heard_until_late_copies_of_the_last_call_can_come_no_more() {
        let ((gate, _trunks), buyer) = (gate(), ip("198.51.100.7"));
        assert_eq!(gate.knows(buyer), None);
        gate.call(buyer);
        gate.call(buyer);
        advance(3_600 * SECOND).await;
        gate.leave(buyer);
        advance(LINGER).await;
        // Another call is still on, and the address may be written otherwise.
        assert_eq!(gate.knows(ip("::ffff:198.51.100.7")), Some(Known::Called));
        gate.leave(buyer);
        advance(LINGER - SECOND).await;
        assert_eq!(gate.admits(buyer), Some(Known::Called));
        advance(SECOND).await;
        assert_eq!((gate.knows(buyer), gate.admits(buyer)), (None, None));
        gate.call(buyer);
        assert_eq!(gate.knows(buyer), Some(Known::Called));
        // What ends twice takes nothing from others.
        gate.leave(buyer);
        gate.leave(buyer);
        gate.call(buyer);
        advance(2 * LINGER).await;
        assert_eq!(gate.knows(buyer), Some(Known::Called));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_forgotten_makes_room_and_who_is_called_is_not_forgotten_for_it() {
        let (gate, _trunks) = gate();
        let called =
            |n: usize| IpAddr::from(u32::try_from(0x0A00_0000 + n).expect("an address").to_be_bytes());
        for n in 0..MOST_CALLED {
            gate.call(called(n));
            // All but the first are over at once.
            if n > 0 {
                gate.leave(called(n));
            }
        }
        advance(LINGER).await;
        gate.call(ip("198.51.100.7"));
        assert_eq!(gate.0.called.borrow().len(), 2);
        assert_eq!(gate.knows(called(0)), Some(Known::Called));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trunk_is_heard_for_as_long_as_it_is_one() {
        let ((gate, trunks), carrier) = (gate(), ip("192.0.2.1"));
        advance(24 * 3_600 * SECOND).await;
        assert_eq!(gate.knows(carrier), Some(Known::Trunk));
        gate.call(carrier);
        trunks.send_replace(Arc::default());
        // A call that it has goes on.
        assert_eq!(gate.knows(carrier), Some(Known::Called));
        gate.leave(carrier);
        advance(LINGER).await;
        assert_eq!(gate.knows(carrier), None);
    }
}
