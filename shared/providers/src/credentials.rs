//! What every provider's credentials have in common.

use url::Url;

/// Credentials that cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct InvalidCredentials {
    /// The field, as the API names it.
    pub field: &'static str,
    /// What would be right.
    pub expected: &'static str,
}

/// Reads the base URL of a provider's REST API: `http` or `https`, a host, perhaps a port and a path.
///
/// # Errors
/// Another scheme, no host, or a URL that carries a user, a query or a fragment.
pub(crate) fn api_base_url(text: &str) -> Result<String, InvalidCredentials> {
    Url::parse(text)
        .ok()
        .filter(is_plain_web_address)
        .map(|url| url.as_str().trim_end_matches('/').to_owned())
        .ok_or(InvalidCredentials {
            field: "api_base_url",
            expected: "an http or https URL without user, query or fragment",
        })
}

fn is_plain_web_address(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_a_plain_web_address_without_a_closing_slash() {
        for (text, expected) in [
            ("https://api.example.com", "https://api.example.com"),
            ("http://127.0.0.1:9999/", "http://127.0.0.1:9999"),
            ("https://example.com/api/", "https://example.com/api"),
        ] {
            assert_eq!(api_base_url(text).as_deref(), Ok(expected));
        }
        for text in [
            "",
            "api.example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://user:secret@example.com",
            "https://example.com/?a=b",
            "https://example.com/#here",
        ] {
            assert_eq!(api_base_url(text).map_err(|error| error.field), Err("api_base_url"), "{text}");
        }
    }
}
