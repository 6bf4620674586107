//! A secret within a document.

use std::{
    fmt::{self, Display},
    marker::PhantomData,
    str::FromStr,
};

use ringfall_providers::relay::text::DigestWord;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::SerializeMap,
};

use super::Sealed;

/// A secret as it was given, a text, or as it is kept, `{"sealed": "1.…"}`.
#[derive(Clone, PartialEq, Eq)]
pub enum Kept<T> {
    /// As it was given, or as it was kept before secrets were sealed.
    Clear(T),
    /// Sealed.
    Sealed(Sealed),
}

/// A text that can be a secret.
pub trait Plain: FromStr<Err: Display> {
    /// The text.
    fn as_text(&self) -> &str;
}

impl Plain for String {
    fn as_text(&self) -> &str {
        self
    }
}

impl Plain for DigestWord {
    fn as_text(&self) -> &str {
        self.as_str()
    }
}

/// A secret was asked for that nobody has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret that has been opened")]
pub struct StillSealed;

impl<T> Kept<T> {
    /// The secret itself.
    ///
    /// # Errors
    /// It is sealed.
    pub const fn clear(&self) -> Result<&T, StillSealed> {
        match self {
            Self::Clear(secret) => Ok(secret),
            Self::Sealed(_) => Err(StillSealed),
        }
    }
}

/// Whether it is sealed, and nothing of what it is.
impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear(_) => "[hidden]",
            Self::Sealed(_) => "[sealed]",
        })
    }
}

const SEALED: &str = "sealed";

impl<T: Plain> Serialize for Kept<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Clear(secret) => serializer.serialize_str(secret.as_text()),
            Self::Sealed(sealed) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(SEALED, &sealed.to_string())?;
                map.end()
            }
        }
    }
}

impl<'de, T: Plain> Deserialize<'de> for Kept<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeptVisitor(PhantomData))
    }
}

struct KeptVisitor<T>(PhantomData<T>);

impl<'de, T: Plain> Visitor<'de> for KeptVisitor<T> {
    type Value = Kept<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Kept<T>, E> {
        text.parse().map(Kept::Clear).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kept<T>, A::Error> {
        let sealed = match map.next_entry::<String, String>()? {
            Some((name, text)) if name == SEALED => text.parse().map_err(de::Error::custom)?,
            _ => return Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        };
        match map.next_key::<String>()? {
            None => Ok(Kept::Sealed(sealed)),
            Some(_) => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::KeyRing;

    #[test]
    fn it_is_a_text_or_says_that_it_is_sealed() {
        let clear = Kept::Clear("open-sesame".to_owned());
        assert_eq!(serde_json::to_string(&clear).expect("JSON"), r#""open-sesame""#);
        let ring = KeyRing::read(&"0a".repeat(32)).expect("a key");
        let sealed: Kept<String> = Kept::Sealed(ring.seal("open-sesame", "", 1));
        let written = serde_json::to_string(&sealed).expect("JSON");
        assert!(written.starts_with(r#"{"sealed":"1."#), "{written}");
        assert_eq!(serde_json::from_str::<Kept<String>>(&written).expect("it was written so"), sealed);
        assert_eq!(
            (clear.clear().map(String::as_str), sealed.clear()),
            (Ok("open-sesame"), Err(StillSealed))
        );
        assert_eq!(format!("{clear:?} {sealed:?}"), "[hidden] [sealed]");
    }

    #[test]
    fn anything_else_is_refused_as_what_is_no_text() {
        for wrong in ["1", "null", "{}", r#"{"sealed": "1.x"}"#, r#"{"open": "a"}"#, "[]"] {
            assert!(serde_json::from_str::<Kept<String>>(wrong).is_err(), "{wrong}");
        }
        let long = format!("\"{}\"", "a".repeat(129));
        assert!(serde_json::from_str::<Kept<DigestWord>>(&long).is_err(), "its own form still counts");
    }
}
