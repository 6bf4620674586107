//! How each side knows the other: `Ringfall-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256>`.
//!
//! A notice is signed over `<t>.<body>`, every other request over `<t>.<METHOD> <path>.<body>`, the path with its query and as the receiver
//! itself knows it (without what a proxy before it puts in front). More than one `v1` may be given, so that a secret can be changed without
//! a gap; any that matches proves the sender. A signature is good for [`TOLERANCE_SECONDS`] on either side of the receiver's clock.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::text::Secret;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "ringfall-signature";
/// The header of a command that says by which connection's secret it is signed, and so whose calls it may see and change.
pub const CONNECTION_HEADER: &str = "ringfall-connection";
/// How far the sender's clock may be from the receiver's.
pub const TOLERANCE_SECONDS: i64 = 300;

const MOST_HEADER_CHARACTERS: usize = 1024;
const MOST_SIGNATURES: usize = 8;

/// What is signed.
#[derive(Clone, Copy)]
pub enum Signed<'a> {
    /// A notice.
    Notice {
        /// The raw body.
        body: &'a [u8],
    },
    /// A command, or a request for the trunks.
    Request {
        /// In capitals.
        method: &'a str,
        /// With its query.
        path: &'a str,
        /// The raw body, empty where there is none.
        body: &'a [u8],
    },
}

/// A signature that does not prove the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not `t=…,v1=…`.
    #[error("the signature cannot be read")]
    Malformed,
    /// Not the signature of this under the secret.
    #[error("the signature does not match")]
    Mismatch,
    /// Made too long ago, or by a clock too far ahead.
    #[error("the signature was made more than {TOLERANCE_SECONDS} seconds from now")]
    Expired,
}

/// The header's value.
pub fn sign(secret: &Secret, signed: Signed<'_>, now_unix_seconds: i64) -> String {
    sign_by_each([secret], signed, now_unix_seconds)
}

/// The header's value with a signature by each secret: whoever knows any of them believes it.
pub fn sign_by_each<'a>(
    secrets: impl IntoIterator<Item = &'a Secret>,
    signed: Signed<'_>,
    now_unix_seconds: i64,
) -> String {
    let mut header = format!("t={now_unix_seconds}");
    for secret in secrets.into_iter().take(MOST_SIGNATURES) {
        let mac = mac(secret, &now_unix_seconds.to_string(), signed).finalize().into_bytes();
        header.push_str(",v1=");
        header.push_str(&hex::encode(mac));
    }
    header
}

/// Checks the header's value, in time that does not depend on the secret.
///
/// # Errors
/// Nothing in what was signed may be believed.
pub fn verify(
    secret: &Secret,
    header: &str,
    signed: Signed<'_>,
    now_unix_seconds: i64,
) -> Result<(), Refused> {
    let header = Header::read(header).ok_or(Refused::Malformed)?;
    let expected = mac(secret, header.time, signed);
    let proven = header.signatures.iter().any(|claimed| expected.clone().verify_slice(claimed).is_ok());
    if !proven {
        return Err(Refused::Mismatch);
    }
    let distance = header.unix_seconds.abs_diff(now_unix_seconds);
    if distance > TOLERANCE_SECONDS.unsigned_abs() { Err(Refused::Expired) } else { Ok(()) }
}

/// The time stands in the signed text as it stands in the header.
fn mac(secret: &Secret, time: &str, signed: Signed<'_>) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_str().as_bytes())
        .expect("HMAC takes a key of any length (RFC 2104 §2)");
    mac.update(time.as_bytes());
    mac.update(b".");
    let body = match signed {
        Signed::Notice { body } => body,
        Signed::Request { method, path, body } => {
            for part in [method, " ", path, "."] {
                mac.update(part.as_bytes());
            }
            body
        }
    };
    mac.update(body);
    mac
}

struct Header<'a> {
    time: &'a str,
    unix_seconds: i64,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Header<'a> {
    /// Parts with other names are of a scheme to come, and ignored; a `v1` that is no digest is none.
    fn read(text: &'a str) -> Option<Self> {
        if text.len() > MOST_HEADER_CHARACTERS {
            return None;
        }
        let parts = || text.split(',').filter_map(|part| part.trim().split_once('='));
        let mut times = parts().filter(|(name, _)| *name == "t").map(|(_, time)| time);
        let (time, None) = (times.next()?, times.next()) else {
            return None;
        };
        let signatures = parts().filter(|(name, _)| *name == "v1").take(MOST_SIGNATURES);
        let signatures: Vec<_> = signatures.filter_map(|(_, digest)| digest_of(digest)).collect();
        let is_plain = (1..=12).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
        let unix_seconds = time.parse().ok().filter(|_| is_plain && !signatures.is_empty())?;
        Some(Self { time, unix_seconds, signatures })
    }
}

fn digest_of(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notice { .. } => f.write_str("Notice"),
            Self::Request { method, path, .. } => write!(f, "{method} {path}"),
        }
    }
}

#[cfg(test)]
mod tests;
