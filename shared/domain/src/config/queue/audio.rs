//! What callers hear while they wait.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use url::Url;
use utoipa::ToSchema;

use crate::text::checked_text;

checked_text!(
    /// The address of a WAV or MP3 file that the provider can fetch: `http` or `https`, at most 2,000 characters, without a password.
    AudioUrl,
    /// A text that is no address of a sound.
    InvalidAudioUrl,
    "expected the http or https URL of a WAV or MP3 file, at most 2000 characters",
    schema(pattern = "^https?://", max_length = 2000, example = "https://cdn.example.com/hold.mp3"),
    |text| {
        let url = Url::parse(text).ok().filter(|_| text.len() <= 2_000 && text.is_ascii());
        let is_plain = |url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.host().is_some() && url.username().is_empty() && url.password().is_none()
        };
        url.filter(is_plain).map(|_| text)
    }
);
