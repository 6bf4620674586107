//! Versions of resources as entity tags (RFC 9110 §8.8.3): `"7"`.

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts};
use ringfall_store::protocols::save::Expected;

use super::problem::{ProblemKind, Refusal};

/// The entity tag of a version.
pub(super) fn etag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).expect("digits and quotation marks are visible")
}

/// The versions that `If-Match` names (RFC 9110 §13.1.1); none where there is no such header.
pub(super) struct IfMatch(pub(super) Option<Expected>);

impl IfMatch {
    /// The versions, which must be named.
    pub(super) fn required(self) -> Result<Expected, Refusal> {
        self.0.ok_or_else(|| {
            let message =
                "send the `ETag` of the version that you have read, so that no other change is lost";
            Refusal::of_field(ProblemKind::PreconditionRequired, "If-Match", message)
        })
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let tags = tags(&parts.headers, &header::IF_MATCH)?;
        Ok(Self(tags.map(|tags| {
            if tags.iter().any(|tag| tag == "*") {
                return Expected::Any;
            }
            // Weak tags never match here, and tags that are not ours match nothing.
            Expected::OneOf(tags.iter().filter_map(|tag| version(tag)).collect())
        })))
    }
}

/// Whether `If-None-Match` names a version (RFC 9110 §13.1.2): the client has it already.
pub(super) fn has_already(headers: &HeaderMap, current: u64) -> bool {
    let tags = tags(headers, &header::IF_NONE_MATCH).ok().flatten().unwrap_or_default();
    tags.iter().any(|tag| tag == "*" || version(tag.strip_prefix("W/").unwrap_or(tag)) == Some(current))
}

fn version(tag: &str) -> Option<u64> {
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Vec<String>>, Refusal> {
    let mut tags = Vec::new();
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| {
            Refusal::of_field(ProblemKind::Malformed, name.as_str(), "expected an entity tag such as \"7\"")
        })?;
        tags.extend(text.split(',').map(|tag| tag.trim().to_owned()));
    }
    Ok((!tags.is_empty()).then_some(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn expected(headers: &[&str]) -> Option<Expected> {
        let mut request = http::Request::builder();
        for value in headers {
            request = request.header("if-match", *value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await.expect("readable tags").0
    }

    #[tokio::test]
    async fn if_match_names_versions() {
        let of = |versions: &[u64]| Some(Expected::OneOf(versions.to_vec()));
        for (headers, versions) in [
            (&[][..], None),
            (&["*"], Some(Expected::Any)),
            (&["\"3\""], of(&[3])),
            (&["\"3\", \"4\"", "\"5\""], of(&[3, 4, 5])),
            (&["W/\"3\""], of(&[])),
            (&["3"], of(&[])),
            (&["\"-1\", \"99999999999999999999\", \"\", \"abc\", \""], of(&[])),
        ] {
            assert_eq!(expected(headers).await, versions, "{headers:?}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for (value, has) in
            [("\"3\"", true), ("W/\"3\"", true), ("\"2\", \"3\"", true), ("*", true), ("\"4\"", false)]
        {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]);
            assert_eq!(has_already(&headers, 3), has, "{value}");
        }
        assert!(!has_already(&HeaderMap::new(), 3));
    }
}
