//! Digest authentication in both roles (RFC 3261 §22, RFC 7616, RFC 8760): MD5 and SHA-256, `qop=auth`.
//!
//! [`answer`] answers another's challenge; [`Challenger`] makes challenges and checks what answers them. Neither sees a clock, and randomness is
//! given.

mod challenge;
mod challenger;
mod credentials;
mod fields;

use md5::Md5;
use sha2::{Digest, Sha256};

pub use self::{
    challenge::{Challenge, Unanswerable, answer},
    challenger::{Challenger, Verdict},
    credentials::{Credentials, InvalidCredentials},
};

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// RFC 2069's, which every device knows.
    Md5,
    /// RFC 8760's, preferred.
    Sha256,
}

impl Algorithm {
    /// As headers name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// MD5 if nothing is named; none if it is one that we do not know, such as a `-sess`.
    pub(crate) fn from_name(name: Option<&str>) -> Option<Self> {
        let Some(name) = name else { return Some(Self::Md5) };
        [Self::Md5, Self::Sha256].into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// The digest in lower-case hexadecimal digits.
    fn of(self, text: &str) -> String {
        match self {
            Self::Md5 => hex::encode(Md5::digest(text)),
            Self::Sha256 => hex::encode(Sha256::digest(text)),
        }
    }
}

/// A user's name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub username: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What a digest is made of, besides the login.
#[derive(Debug, Clone, Copy)]
struct Digested<'a> {
    algorithm: Algorithm,
    realm: &'a str,
    nonce: &'a str,
    method: &'a str,
    uri: &'a str,
    /// The count as it is written, and the client's nonce; none without `qop`.
    counted: Option<(&'a str, &'a str)>,
}

impl Digested<'_> {
    /// RFC 7616 §3.4.1, for `qop=auth` or none.
    fn response(&self, login: &Login) -> String {
        let Login { username, password } = login;
        let secret = self.algorithm.of(&format!("{username}:{}:{password}", self.realm));
        let asked = self.algorithm.of(&format!("{}:{}", self.method, self.uri));
        self.algorithm.of(&match self.counted {
            Some((count, cnonce)) => format!("{secret}:{}:{count}:{cnonce}:auth:{asked}", self.nonce),
            None => format!("{secret}:{}:{asked}", self.nonce),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616 §3.9.1.
    #[test]
    fn the_rfcs_own_example_comes_out() {
        let login = Login { username: "Mufasa".to_owned(), password: "Circle of Life".to_owned() };
        let digested = |algorithm| Digested {
            algorithm,
            realm: "http-auth@example.org",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            method: "GET",
            uri: "/dir/index.html",
            counted: Some(("00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")),
        };
        assert_eq!(digested(Algorithm::Md5).response(&login), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(
            digested(Algorithm::Sha256).response(&login),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    /// RFC 2617 §3.5 without `qop`, as RFC 2069 digested.
    #[test]
    fn a_digest_without_qop_is_the_old_one() {
        let login = Login { username: "Mufasa".to_owned(), password: "CircleOfLife".to_owned() };
        let old = Digested {
            algorithm: Algorithm::Md5,
            realm: "testrealm@host.com",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            method: "GET",
            uri: "/dir/index.html",
            counted: None,
        };
        assert_eq!(old.response(&login), "1949323746fe6a43ef61f9606e7febea");
    }

    #[test]
    fn a_password_is_not_shown() {
        let login = Login { username: "u".to_owned(), password: "hidden".to_owned() };
        assert!(!format!("{login:?}").contains("hidden"));
    }
}
