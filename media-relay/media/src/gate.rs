//! Whose packets are taken: symmetric RTP without the holes that let strangers speak into calls, or listen to them.
//!
//! Packets are taken from the addresses that signalling vouches for, and from no other: the one in the other side's SDP, and the one that
//! its signalling comes from. Only the port is learnt (a telephone behind NAT does not know its own), from several RTP packets
//! in a row; then the gate is locked on that address and SSRC. Nobody learns anything by sending: what we send goes to the SDP's address
//! until the gate is locked.

use core::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How many packets in a row make an address known.
const ENOUGH: u8 = 3;

/// How long a source that was taken has to be silent before another SSRC of its very address is.
const SILENCE: Duration = Duration::from_millis(500);

/// Why a packet is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stranger {
    /// Its address is not one that signalling vouches for.
    Address,
    /// The gate is locked on another port or SSRC.
    Locked,
    /// Its address may be right; more packets have to show it.
    Learning,
}

/// Where a leg's RTP may come from.
#[derive(Debug, Clone)]
pub struct SourceGate {
    /// By the other side's SDP.
    described: Option<SocketAddr>,
    /// Where its signalling comes from.
    signalling: Option<IpAddr>,
    locked: Option<Source>,
    heard_at: Duration,
    candidate: Option<(Source, u8)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Source {
    address: SocketAddr,
    ssrc: u32,
}

impl SourceGate {
    /// A gate for a stream whose SDP says `described`. `signalling` is where its signalling comes from; leave it out where SDP has to be
    /// right, as for SRTP's sake it need not be.
    pub fn new(described: Option<SocketAddr>, signalling: Option<IpAddr>) -> Self {
        let signalling = signalling.map(|ip| ip.to_canonical());
        Self { described, signalling, locked: None, heard_at: Duration::ZERO, candidate: None }
    }

    /// Takes a new offer or answer. If its address is another one, all is learnt anew; a refreshed session changes nothing.
    pub fn describe(&mut self, described: Option<SocketAddr>) {
        if described.is_some() && self.described != described {
            *self = Self::new(described, self.signalling);
        }
    }

    /// Whether to take an RTP packet, whose SRTP tag, if it has to have one, was verified.
    ///
    /// # Errors
    /// It is a stranger's, or not yet known. Nothing may be done with it but to count it.
    #[inline]
    pub fn take(&mut self, from: SocketAddr, ssrc: u32, now: Duration) -> Result<(), Stranger> {
        let source = Source { address: from, ssrc };
        if self.locked == Some(source) {
            self.heard_at = now;
            self.candidate = None;
            return Ok(());
        }
        self.learn(source, now)
    }

    /// Whether RTCP from an address may be believed. It teaches the gate nothing.
    pub fn takes_rtcp(&self, from: SocketAddr) -> bool {
        match &self.locked {
            Some(locked) => locked.address.ip() == from.ip().to_canonical(),
            None => self.vouches_for(from.ip().to_canonical()),
        }
    }

    /// The address that it is locked on, once it is.
    pub fn locked(&self) -> Option<SocketAddr> {
        self.locked.map(|locked| locked.address)
    }

    /// When the source that it is locked on was last heard.
    pub const fn heard_at(&self) -> Duration {
        self.heard_at
    }

    /// Where to send RTP; nowhere while the other side says no address.
    pub fn destination(&self) -> Option<SocketAddr> {
        self.described.map(|described| self.locked.map_or(described, |locked| locked.address))
    }

    #[cold]
    fn learn(&mut self, source: Source, now: Duration) -> Result<(), Stranger> {
        let source = Source { address: canonical(source.address), ..source };
        if self.locked == Some(source) {
            self.heard_at = now;
            return Ok(());
        }
        if !self.vouches_for(source.address.ip()) {
            return Err(Stranger::Address);
        }
        if !self.may_follow(&source, now) {
            return Err(Stranger::Locked);
        }
        let seen = match self.candidate {
            Some((candidate, seen)) if candidate == source => seen + 1,
            Some(_) | None => 1,
        };
        // What comes from exactly where SDP says is taken at once; what it takes longer to know is whom to lock on.
        let is_described = self.described == Some(source.address) && self.locked.is_none();
        if seen >= ENOUGH {
            (self.locked, self.candidate, self.heard_at) = (Some(source), None, now);
            return Ok(());
        }
        self.candidate = Some((source, seen));
        if is_described { Ok(()) } else { Err(Stranger::Learning) }
    }

    /// Whether a source may take the place of the one that is locked: the same SSRC at a new port (NAT gave it another), or a new SSRC
    /// at the very same address once the old one is silent (a telephone system that hands the call on).
    fn may_follow(&self, source: &Source, now: Duration) -> bool {
        self.locked.as_ref().is_none_or(|locked| {
            let is_silent = now.saturating_sub(self.heard_at) >= SILENCE;
            locked.ssrc == source.ssrc || (locked.address == source.address && is_silent)
        })
    }

    fn vouches_for(&self, ip: IpAddr) -> bool {
        self.described.is_some_and(|described| described.ip() == ip) || self.signalling == Some(ip)
    }
}

/// An IPv4 address that a socket of both kinds shows as IPv6.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIBED: &str = "192.0.2.1:4000";

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn gate() -> SourceGate {
        SourceGate::new(Some(address(DESCRIBED)), Some(address("203.0.113.7:5060").ip()))
    }

    /// Packets of an SSRC from an address, every 20 ms from a time on: what became of each.
    fn packets(
        gate: &mut SourceGate,
        from: &str,
        ssrc: u32,
        count: u64,
        start: u64,
    ) -> Vec<Result<(), Stranger>> {
        let take = |place| gate.take(address(from), ssrc, Duration::from_millis(start + place * 20));
        (0..count).map(take).collect()
    }

    #[test]
    fn packets_from_where_sdp_says_are_taken_at_once() {
        let mut gate = gate();
        assert_eq!(packets(&mut gate, DESCRIBED, 1, 5, 0), [Ok(()); 5]);
        assert_eq!(gate.destination(), Some(address(DESCRIBED)));
    }

    #[test]
    fn a_port_behind_nat_is_learnt_from_packets_in_a_row() {
        for nat in ["192.0.2.1:61000", "203.0.113.7:61000"] {
            let mut gate = gate();
            let learning = Err(Stranger::Learning);
            assert_eq!(packets(&mut gate, nat, 1, 4, 0), [learning, learning, Ok(()), Ok(())]);
            assert_eq!(gate.destination(), Some(address(nat)));
        }
        // Two that take turns are not in a row.
        let mut gate = gate();
        for place in 0..10 {
            let from = if place % 2 == 0 { "192.0.2.1:61000" } else { "192.0.2.1:61001" };
            assert_eq!(packets(&mut gate, from, 1, 1, place * 20), [Err(Stranger::Learning)]);
        }
        assert_eq!(gate.destination(), Some(address(DESCRIBED)));
    }

    #[test]
    fn spoofed_packets_get_nothing_in_and_nothing_out() {
        let mut gate = gate();
        // Before the call's own packets, and as many as one likes.
        assert!(
            packets(&mut gate, "198.51.100.66:4000", 9, 1_000, 0)
                .iter()
                .all(|taken| *taken == Err(Stranger::Address))
        );
        assert_eq!(gate.destination(), Some(address(DESCRIBED)));
        packets(&mut gate, DESCRIBED, 1, 5, 20_000);
        // With the right address by a spoofed header, but another port or another SSRC, while the call's own go on.
        for place in 0..100 {
            let now = 20_100 + place * 20;
            assert_eq!(packets(&mut gate, DESCRIBED, 1, 1, now), [Ok(())]);
            assert_eq!(packets(&mut gate, "192.0.2.1:4002", 9, 1, now + 1), [Err(Stranger::Locked)]);
            assert_eq!(packets(&mut gate, DESCRIBED, 9, 1, now + 2), [Err(Stranger::Locked)]);
        }
        assert_eq!(gate.destination(), Some(address(DESCRIBED)));
        assert!(
            !gate.takes_rtcp(address("198.51.100.66:4001")) && gate.takes_rtcp(address("192.0.2.1:4001"))
        );
    }

    #[test]
    fn a_source_whose_port_changes_is_followed_by_its_ssrc() {
        let mut gate = gate();
        packets(&mut gate, DESCRIBED, 1, 5, 0);
        let learning = Err(Stranger::Learning);
        assert_eq!(packets(&mut gate, "192.0.2.1:61000", 1, 3, 100), [learning, learning, Ok(())]);
        assert_eq!(gate.destination(), Some(address("192.0.2.1:61000")));
        assert_eq!(packets(&mut gate, "198.51.100.66:4000", 1, 1, 200), [Err(Stranger::Address)]);
    }

    #[test]
    fn a_new_ssrc_at_the_same_address_is_taken_when_the_old_one_is_silent() {
        let mut gate = gate();
        packets(&mut gate, DESCRIBED, 1, 5, 0);
        assert_eq!(packets(&mut gate, DESCRIBED, 2, 1, 100), [Err(Stranger::Locked)]);
        let learning = Err(Stranger::Learning);
        assert_eq!(packets(&mut gate, DESCRIBED, 2, 3, 600), [learning, learning, Ok(())]);
        assert_eq!(packets(&mut gate, DESCRIBED, 1, 1, 700), [Err(Stranger::Locked)]);
    }

    #[test]
    fn only_a_new_address_in_an_offer_teaches_anew() {
        let mut gate = gate();
        packets(&mut gate, "192.0.2.1:61000", 1, 5, 0);
        gate.describe(Some(address(DESCRIBED)));
        gate.describe(None);
        assert_eq!(gate.destination(), Some(address("192.0.2.1:61000")));
        gate.describe(Some(address("192.0.2.9:4000")));
        assert_eq!(gate.destination(), Some(address("192.0.2.9:4000")));
        assert_eq!(packets(&mut gate, "192.0.2.1:61000", 1, 1, 100), [Err(Stranger::Address)]);
        assert_eq!(packets(&mut gate, "192.0.2.9:4000", 2, 1, 120), [Ok(())]);
    }

    #[test]
    fn ipv4_is_the_same_on_a_socket_of_both_kinds() {
        let mut gate = gate();
        assert_eq!(packets(&mut gate, "[::ffff:192.0.2.1]:4000", 1, 5, 0), [Ok(()); 5]);
        assert_eq!(gate.destination(), Some(address(DESCRIBED)));
    }

    #[test]
    fn without_an_address_nothing_is_sent() {
        let mut gate = SourceGate::new(None, Some(address("203.0.113.7:5060").ip()));
        packets(&mut gate, "203.0.113.7:9000", 1, 5, 0);
        assert_eq!(gate.destination(), None);
    }
}
