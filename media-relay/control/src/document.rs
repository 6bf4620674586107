//! Reading and writing any of the documents.

use serde::{Serialize, de::DeserializeOwned};

/// A body that is not the document which it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More bytes than are read.
    #[error("the body is larger than {most_bytes} bytes")]
    TooLarge {
        /// The limit.
        most_bytes: usize,
    },
    /// Not JSON, or not of the right shape.
    #[error("{field}: {problem}")]
    Field {
        /// Where, from the document's root, such as `instructions[2].say.text`; a dot for the whole document.
        field: String,
        /// What is wrong there, and what would be right.
        problem: String,
    },
}

/// Reads a document of at most so many bytes.
///
/// # Errors
/// Says which field is wrong and how.
pub fn read<T: DeserializeOwned>(body: &[u8], most_bytes: usize) -> Result<T, Unreadable> {
    if body.len() > most_bytes {
        return Err(Unreadable::TooLarge { most_bytes });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let unreadable = |field: String, error: &serde_json::Error| Unreadable::Field {
        field,
        problem: bounded(&error.to_string()),
    };
    let document = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| unreadable(bounded(&error.path().to_string()), error.inner()))?;
    deserializer.end().map_err(|error| unreadable(".".to_owned(), &error))?;
    Ok(document)
}

/// What a stranger sent may stand in the message: not all of it is repeated.
fn bounded(text: &str) -> String {
    const MOST_CHARACTERS: usize = 256;
    text.chars().take(MOST_CHARACTERS).collect()
}

/// Writes a document as JSON.
pub fn write<T: Serialize>(document: &T) -> String {
    serde_json::to_string(document)
        .expect("the types of this crate have text keys and serialise without failing")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Orders, limits::MOST_BODY_BYTES};

    fn refusal(body: &str) -> String {
        read::<Orders>(body.as_bytes(), MOST_BODY_BYTES).expect_err("refused").to_string()
    }

    #[test]
    fn a_refusal_says_where_and_what_would_be_right() {
        for (body, expected) in [
            ("", "EOF while parsing"),
            ("5", "invalid type: integer"),
            (r#"{"instructions": []} x"#, ".: trailing characters"),
            (r#"{"instructions": [{"fly": {}}]}"#, "instructions[0]"),
            (r#"{"instructions": [{"fly": {}}]}"#, "unknown variant `fly`, expected one of `answer`"),
            (
                r#"{"instructions": ["answer", {"say": {"text": 5}}]}"#,
                "instructions[1].say.text: invalid type",
            ),
            (r#"{"instructions": [{"hangup": {}, "answer": {}}]}"#, "instructions[0]"),
        ] {
            let refusal = refusal(body);
            assert!(refusal.contains(expected), "{body}: {refusal}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_looked_at_and_a_long_message_is_cut() {
        let body = vec![b' '; MOST_BODY_BYTES + 1];
        let refused = read::<Orders>(&body, MOST_BODY_BYTES);
        assert_eq!(refused, Err(Unreadable::TooLarge { most_bytes: MOST_BODY_BYTES }));
        let name = "a".repeat(5000);
        assert!(refusal(&format!(r#"{{"instructions": ["{name}"]}}"#)).len() < 600);
    }
}
