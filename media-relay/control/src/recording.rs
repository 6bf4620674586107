//! Recordings: how they are named, where in a bucket they are, and where the platform leads to them.

use crate::text::KeyPrefix;

/// Where the platform leads to the recordings in a bucket: `{platform}{RECORDINGS_PATH}/{name}`.
pub const RECORDINGS_PATH: &str = "/relay/recordings";

/// For how long a link into a bucket is good, in seconds: to begin to listen, and to go back and forth in what is heard.
pub const LINK_SECONDS: u64 = 900;

/// Whether a relay names a recording so: 128 random bits as 32 hexadecimal digits, and `.wav`. Who knows the name may listen, and no way leads out of
/// a folder.
pub fn is_name(text: &str) -> bool {
    let stem = text.strip_suffix(".wav").unwrap_or_default();
    stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The key of a recording in a bucket.
pub fn key(prefix: Option<&KeyPrefix>, name: &str) -> String {
    prefix.map_or_else(|| name.to_owned(), |prefix| format!("{}/{name}", prefix.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_relays_own_names_are_names() {
        assert!(is_name("0123456789abcdef0123456789abcdef.wav"));
        for name in [
            "",
            ".wav",
            "../../etc/passwd",
            "0123456789abcdef0123456789abcde/.wav",
            "0123456789ABCDEF0123456789ABCDEF.wav",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_key_is_the_name_below_its_prefix() {
        let prefix: KeyPrefix = "agency/recordings".parse().expect("a prefix");
        assert_eq!(key(None, "a.wav"), "a.wav");
        assert_eq!(key(Some(&prefix), "a.wav"), "agency/recordings/a.wav");
    }
}
