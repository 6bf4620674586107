//! Networks from which a trunk may call.

use core::net::IpAddr;
use std::{borrow::Cow, fmt, str::FromStr};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::Misshapen;

/// A network in CIDR form (RFC 4632), such as `192.0.2.0/24` or `2001:db8::/32`; a lone address is a network of one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpNet);

impl Network {
    /// The widest IPv4 network that is not [`Self::is_open`], where it is not private.
    const LEAST_V4_PREFIX_BITS: u8 = 8;
    /// The same of IPv6: what a large carrier is given.
    const LEAST_V6_PREFIX_BITS: u8 = 20;

    /// Whether an address is in it. An IPv4 address in an IPv6 one (RFC 4291 §2.5.5.2) is judged as IPv4: a socket for both shows it so.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether it is so wide that it keeps hardly anybody out, such as `0.0.0.0/0`. Private networks are not, however wide.
    pub fn is_open(&self) -> bool {
        let least = match self.0 {
            IpNet::V4(_) => Self::LEAST_V4_PREFIX_BITS,
            IpNet::V6(_) => Self::LEAST_V6_PREFIX_BITS,
        };
        self.0.prefix_len() < least && !PRIVATE_AND_WIDE.iter().any(|private| self.is_within(private))
    }

    fn is_within(&self, other: &str) -> bool {
        other.parse::<IpNet>().is_ok_and(|other| other.contains(&self.0))
    }
}

/// Unique local addresses (RFC 4193) and link-local ones (RFC 4291 §2.5.6).
const PRIVATE_AND_WIDE: [&str; 2] = ["fc00::/7", "fe80::/10"];

impl FromStr for Network {
    type Err = Misshapen;

    fn from_str(text: &str) -> Result<Self, Misshapen> {
        let network = match text.parse::<IpNet>() {
            Ok(network) => Some(network).filter(|network| network.addr() == network.network()),
            Err(_) => text.parse::<IpAddr>().ok().map(IpNet::from),
        };
        let is_mapped = |network: &IpNet| network.addr().to_canonical() != network.addr();
        network.filter(|network| !is_mapped(network)).map(Self).ok_or(Misshapen {
            expected: "a network such as 192.0.2.0/24 or 2001:db8::/32, without bits beyond its prefix, or one address",
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().expect("a network")
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        for (text, address, expected) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.0/24", "::ffff:192.0.2.7", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "8.8.8.8", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(network(text).contains(address), expected, "{text} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "192.0.2.1/24",
            "192.0.2.0/33",
            "192.0.2/24",
            "example.com",
            "192.0.2.0/",
            "::ffff:1.2.3.4/128",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_that_keeps_nobody_out_is_open() {
        for (text, expected) in [
            ("0.0.0.0/0", true),
            ("128.0.0.0/1", true),
            ("8.0.0.0/7", true),
            ("8.0.0.0/8", false),
            ("10.0.0.0/8", false),
            ("127.0.0.0/8", false),
            ("::/0", true),
            ("2000::/3", true),
            ("2001:db8::/32", false),
            ("fc00::/7", false),
            ("fe80::/10", false),
        ] {
            assert_eq!(network(text).is_open(), expected, "{text}");
        }
    }
}
