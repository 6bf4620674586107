//! What an engine is started with.

use std::{net::IpAddr, num::NonZeroUsize, ops::RangeInclusive, path::PathBuf, time::Duration};

/// An address that legs are opened at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaAddress {
    /// What sockets are bound to.
    pub bound: IpAddr,
    /// What the other side is told in SDP: another address where there is NAT between.
    pub told: IpAddr,
}

impl MediaAddress {
    /// An address that is told as it is bound.
    pub const fn plain(ip: IpAddr) -> Self {
        Self { bound: ip, told: ip }
    }
}

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The addresses, at the most one of each family is used.
    pub addresses: Vec<MediaAddress>,
    /// The ports of RTP and RTCP: two for each leg.
    pub ports: RangeInclusive<u16>,
    /// How long a pair of ports stays closed after its leg.
    pub ports_stay_closed: Duration,
    /// How many threads move packets.
    pub threads: NonZeroUsize,
    /// After how long without a packet a leg that should send is silent; see [`super::EngineEvent::Silent`].
    pub silent_after: Duration,
    /// How many chunks of 20 ms may wait for the disk, of all recordings.
    pub recorded_chunks_waiting: usize,
}

impl EngineConfig {
    /// One thread at one address, with ports from 10,000 on.
    pub fn at(address: MediaAddress) -> Self {
        Self {
            addresses: vec![address],
            ports: 10_000..=u16::MAX,
            ports_stay_closed: Duration::from_secs(5),
            threads: NonZeroUsize::MIN,
            silent_after: Duration::from_secs(10),
            recorded_chunks_waiting: 4_096,
        }
    }
}

/// Where a recording goes, and how long it may get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordingPlan {
    /// The file. One that stands there is overwritten.
    pub(super) path: PathBuf,
    /// What is longer is cut.
    pub(super) longest: Duration,
}
