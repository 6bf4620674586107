//! Texts with a form, checked when they are read.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Declares a text that is checked when it is made.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Misshapen;

            fn from_str(text: &str) -> Result<Self, Misshapen> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(Misshapen { expected: $expected }) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

/// The same for a text that may be shown.
macro_rules! shown {
    ($($name:ident),*) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )*
    };
}

/// A text that does not have its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct Misshapen {
    /// What would be right.
    pub expected: &'static str,
}

checked_text! {
    /// The relay's id of a call or a leg, or the platform's of a connection: 1 to 64 letters, digits, hyphens or underscores, so that it can
    /// stand in a path. The relay's own cannot be guessed.
    Id, "1 to 64 letters, digits, hyphens or underscores", |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    }
}

checked_text! {
    /// A number in E.164 form: `+` and 7 to 15 digits, the first not zero.
    PhoneNumber, "a phone number in E.164 form, such as +12145550100", |text| is_plus_and_digits(text, 7, 15)
}

checked_text! {
    /// What numbers begin with: `+` and 1 to 14 digits, the first not zero.
    Prefix, "the beginning of numbers in E.164 form, such as +1 or +4420", |text| is_plus_and_digits(text, 1, 14)
}

checked_text! {
    /// A SIP or SIPS URI, checked in shape: scheme, optional user, host; no spaces or controls, at most 255 characters.
    SipUri, "a SIP URI such as sip:desk@sip.example.com:5060, at most 255 characters", is_sip_uri
}

checked_text! {
    /// An `http` or `https` URL, checked in shape, at most 2,048 characters.
    HttpUrl, "an http or https URL, at most 2048 characters", is_http_url
}

checked_text! {
    /// What a connection, or a relay, signs with. `Debug` hides it, and there is no `Display`.
    Secret, "16 to 256 printable characters without spaces", |text| {
        (16..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

checked_text! {
    /// A user or a password of digest authentication (RFC 3261 §22). `Debug` hides it, and there is no `Display`.
    DigestWord, "1 to 128 printable characters without spaces, quotes or backslashes", |text| {
        let is_word = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        (1..=128).contains(&text.len()) && text.bytes().all(is_word)
    }
}

checked_text! {
    /// The name of an S3 bucket, by the
    /// [rules for general purpose buckets](https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
    BucketName, "the name of an S3 bucket: 3 to 63 lower-case letters, digits, hyphens or dots", is_bucket_name
}

checked_text! {
    /// What stands before the names of objects in a bucket: folders, without a slash at either end.
    KeyPrefix, "folders such as agency/recordings: letters, digits, hyphens, underscores or dots, at most 200 characters", is_key_prefix
}

shown!(Id, PhoneNumber, Prefix, SipUri, HttpUrl, BucketName, KeyPrefix);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl fmt::Debug for DigestWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Prefix {
    /// Whether a number begins so.
    pub fn begins(&self, number: &PhoneNumber) -> bool {
        number.0.starts_with(&*self.0)
    }
}

fn is_plus_and_digits(text: &str, least: usize, most: usize) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (least..=most).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

fn is_sip_uri(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("sips:").or_else(|| text.strip_prefix("sip:")) else {
        return false;
    };
    let printable = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
    let host = rest.rsplit_once('@').map_or(rest, |(user, host)| if user.is_empty() { "" } else { host });
    let host_is_there = host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[');
    printable && host_is_there && text.len() <= 255
}

fn is_http_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let host_is_there = rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[');
    host_is_there && rest.bytes().all(|byte| byte.is_ascii_graphic()) && text.len() <= 2048
}

fn is_bucket_name(text: &str) -> bool {
    let is_outer = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| is_outer(byte) || b"-.".contains(byte))
        && [bytes.first(), bytes.last()].into_iter().flatten().all(is_outer)
        && !text.contains("..")
}

fn is_key_prefix(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_folder = |folder: &str| !matches!(folder, "" | "." | "..") && folder.bytes().all(is_plain);
    text.len() <= 200 && text.split('/').all(is_folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_its_form() {
        fn check<T: FromStr>(good: &[&str], bad: &[&str]) {
            for text in good {
                assert!(text.parse::<T>().is_ok(), "{text}");
            }
            for text in bad {
                assert!(text.parse::<T>().is_err(), "{text}");
            }
        }
        let long = "a".repeat(65);
        check::<Id>(&["a", "call_01-Z", &long[..64]], &["", "a/b", "a b", "é", "..", &long]);
        check::<PhoneNumber>(
            &["+12145550100", "+4930123"],
            &["", "12145550100", "+0214555", "+1234567890123456", "+123", "+1214555010a"],
        );
        check::<Prefix>(
            &["+1", "+4420", "+12345678901234"],
            &["", "+", "1", "+0", "+123456789012345", "+1x"],
        );
        check::<SipUri>(
            &["sip:desk@127.0.0.1:5080", "sips:example.com", "sip:+1214@[2001:db8::1];transport=tcp"],
            &[
                "",
                "sip:",
                "sip:@host",
                "http://x",
                "sip:a b@c",
                "sip:a@\"x",
                "sip:a@<x>",
                "sip:é@x",
                "sip:a\r\nb",
            ],
        );
        check::<HttpUrl>(
            &["http://127.0.0.1:8080/webhooks/con_1/voice?call=1", "https://[::1]/"],
            &["", "https://", "ftp://a", "http:///a", "http://a b", "http://a\n", "https://é"],
        );
        let secret = "s".repeat(257);
        check::<Secret>(&[&secret[..16], &secret[..256]], &["", &secret[..15], &secret, "0123456789 abcdef"]);
        check::<DigestWord>(&["trunk-1", "p@ss'word"], &["", "a b", "a\"b", "a\\b", "é", &"a".repeat(129)]);
        let long = "a".repeat(201);
        check::<BucketName>(
            &["abc", "ringfall-relay.recordings-1", &long[..63]],
            &["", "ab", "-abc", "abc.", "a..b", "Abc", "a_b", "a/b", &long[..64]],
        );
        check::<KeyPrefix>(
            &["a", "agency/2026_01/in.wav-files", &long[..200]],
            &["", "/a", "a/", "a//b", "../a", "a/./b", "a b", "é", &long],
        );
    }

    #[test]
    fn a_prefix_is_of_numbers_that_begin_so() {
        let prefix: Prefix = "+1214".parse().expect("a prefix");
        for (number, expected) in [("+12145550100", true), ("+12135550100", false), ("+4412145550", false)] {
            assert_eq!(prefix.begins(&number.parse().expect("a number")), expected, "{number}");
        }
    }

    #[test]
    fn what_is_secret_is_not_shown() {
        let secret: Secret = "0123456789abcdef".parse().expect("a secret");
        let word: DigestWord = "open-sesame".parse().expect("a word");
        assert_eq!(format!("{secret:?} {word:?}"), "[hidden] [hidden]");
    }
}
