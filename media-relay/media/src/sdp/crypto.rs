//! SDES: the keys of SRTP in `a=crypto` lines (RFC 4568).

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

/// Bytes of a master key (16) and its salt (14).
pub const KEY_AND_SALT_BYTES: usize = 30;

/// How long an `a=crypto` value may be.
const MOST_BYTES: usize = 512;

/// A cipher suite of RFC 4568 §6.2. Both encrypt with AES-128 in counter mode; their tags differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`: a tag of 10 bytes.
    AesCm128HmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`: a tag of 4 bytes on RTP, of 10 on RTCP.
    AesCm128HmacSha1_32,
}

impl Suite {
    /// Both, the stronger first.
    pub const ALL: [Self; 2] = [Self::AesCm128HmacSha1_80, Self::AesCm128HmacSha1_32];

    /// Its name in SDP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// Bytes of the tag at the end of an RTP packet.
    pub const fn rtp_tag_bytes(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 => 10,
            Self::AesCm128HmacSha1_32 => 4,
        }
    }
}

/// A master key and its salt. It is not shown in logs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyAndSalt(pub [u8; KEY_AND_SALT_BYTES]);

impl fmt::Debug for KeyAndSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyAndSalt(…)")
    }
}

/// One `a=crypto` line: what its sender will encrypt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CryptoLine {
    /// Which of the offered lines an answer takes.
    pub tag: u32,
    /// The suite.
    pub suite: Suite,
    /// The sender's key.
    pub key: KeyAndSalt,
}

impl CryptoLine {
    /// Reads the value of an `a=crypto` attribute; none if it asks for what we do not do: another suite, several keys, a master key
    /// identifier, or parameters that would turn encryption or authentication off or change the keys' derivation.
    pub fn parse(value: &str) -> Option<Self> {
        if value.len() > MOST_BYTES {
            return None;
        }
        let mut words = value.split_ascii_whitespace();
        let tag: u32 = words.next()?.parse().ok().filter(|tag| *tag <= 999_999_999)?;
        let suite = words.next()?;
        let suite = Suite::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(suite))?;
        let key = key(words.next()?)?;
        words.all(is_harmless).then_some(Self { tag, suite, key })
    }
}

impl fmt::Display for CryptoLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} inline:{}", self.tag, self.suite.name(), STANDARD.encode(self.key.0))
    }
}

/// `inline:<key and salt>[|<lifetime>]`. The lifetime may be anything: calls end before 2^31 packets do.
fn key(text: &str) -> Option<KeyAndSalt> {
    let (method, key) = text.split_once(':')?;
    if !method.eq_ignore_ascii_case("inline") || key.contains(';') {
        return None;
    }
    let mut parts = key.split('|');
    let encoded = parts.next()?;
    // An identifier of the master key (`1:4`) would stand at the end of each packet.
    if parts.any(|part| part.contains(':')) {
        return None;
    }
    Some(KeyAndSalt(STANDARD.decode(encoded).ok()?.try_into().ok()?))
}

/// Parameters that change nothing that we do: the window is ours to choose, and others are declined by name.
fn is_harmless(parameter: &str) -> bool {
    parameter.to_ascii_uppercase().starts_with("WSH=")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    #[test]
    fn the_line_of_the_rfc_is_read() {
        // RFC 4568 §9.1, its second line without the identifier.
        let line =
            CryptoLine::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20")).expect("a line");
        assert_eq!((line.tag, line.suite), (1, Suite::AesCm128HmacSha1_80));
        assert_eq!(&line.key.0[..8], b"YS___sem");
        assert_eq!(line.to_string(), format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"));
        assert_eq!(CryptoLine::parse(&line.to_string()), Some(line));
    }

    #[test]
    fn what_we_do_not_do_is_passed_over() {
        for value in [
            String::new(),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4"),
            format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{KEY}"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=1"),
            format!("-1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
            "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA".to_owned(),
            format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}"),
        ] {
            assert_eq!(CryptoLine::parse(&value), None, "{value}");
        }
        assert!(CryptoLine::parse(&format!("1 AES_CM_128_HMAC_SHA1_32 inline:{KEY} WSH=64")).is_some());
    }

    #[test]
    fn a_key_is_not_shown() {
        let line = CryptoLine::parse(&format!("1 AES_CM_128_HMAC_SHA1_32 inline:{KEY}")).expect("a line");
        assert!(!format!("{line:?}").contains("WVN") && format!("{line:?}").contains('…'));
    }
}
