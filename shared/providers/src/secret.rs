//! Text that must never be shown.

use std::fmt;

/// A secret: a token or a key. `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub(crate) struct Secret(Box<str>);

impl Secret {
    /// The most characters of a secret.
    pub(crate) const MOST_CHARACTERS: usize = 256;

    /// Takes 1 to 256 printable ASCII characters without spaces.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        (printable && (1..=Self::MOST_CHARACTERS).contains(&text.len())).then(|| Self(text.into()))
    }

    /// The secret itself, to sign or to sign in with, and for nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_hides_itself() {
        let secret = Secret::new("open-sesame").expect("a secret");
        assert_eq!(format!("{secret:?}"), "[hidden]");
        assert_eq!(secret.expose(), "open-sesame");
    }

    #[test]
    fn only_printable_text_of_a_fair_length_is_a_secret() {
        for text in ["", "two words", "line\n", "é", &"a".repeat(257)] {
            assert!(Secret::new(text).is_none(), "{text:?}");
        }
        assert!(Secret::new(&"a".repeat(256)).is_some());
    }
}
