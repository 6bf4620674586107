//! What stands in headers, as types.
//!
//! They are our own and not those of the crate `rsip` (0.4.0, April 2022): that crate reaches a random source through `uuid` 0.8, which no
//! pure crate may, names no licence to its registry, loses folded lines, IPv6 hosts and binary bodies, and has had no release since.

pub(super) mod address;
pub(super) mod cseq;
pub(super) mod host;
pub(super) mod method;
pub(super) mod params;
pub(super) mod session;
pub(super) mod uri;
pub(super) mod via;
