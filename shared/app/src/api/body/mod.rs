//! Bodies are read: bounded, as UTF-8, as JSON, as the document asked for; what is wrong is named by its path.

mod tree;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use ringfall_domain::problem::Problem;
use serde::de::DeserializeOwned;

use self::tree::Tree;
use super::problem::{FieldError, ProblemKind, Refusal};

/// The largest body that is read.
pub(super) const MOST_BYTES: usize = 256 * 1024;
/// A larger one is let run out up to here, so that a client which sends before it listens hears why it was refused.
const MOST_BYTES_DRAINED: usize = 16 * 1024 * 1024;

/// A JSON document from a request's body.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        require_json(request.headers())?;
        let bytes = read(request.into_body()).await?;
        parse(&bytes).map(Self)
    }
}

/// Reads a body that is within the limit.
pub(super) async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let (mut kept, mut seen) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let broken = |_| Refusal::new(ProblemKind::Malformed, "the body broke off");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        seen += data.len();
        if seen > MOST_BYTES_DRAINED {
            break;
        }
        if seen <= MOST_BYTES {
            kept.extend_from_slice(&data);
        }
    }
    if seen > MOST_BYTES {
        let detail = format!("the body is larger than {MOST_BYTES} bytes");
        return Err(Refusal::new(ProblemKind::TooLarge, detail));
    }
    Ok(kept.freeze())
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    let message = "expected `application/json`, or `application/merge-patch+json` for a patch";
    Err(Refusal::of_field(ProblemKind::UnsupportedMediaType, "Content-Type", message))
}

/// Reads JSON text as a document.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let detail = format!("the body is not UTF-8 from byte {} on", error.valid_up_to());
        Refusal::new(ProblemKind::Malformed, detail)
    })?;
    let tree: Tree = serde_json::from_str(text)
        .map_err(|error| Refusal::new(ProblemKind::Malformed, format!("the body is not JSON: {error}")))?;
    tree::read(tree).map_err(|error| of_document(&error))
}

/// Reads a JSON value as a document.
pub(super) fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Refusal> {
    tree::read(value.into()).map_err(|error| of_document(&error))
}

fn of_document(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let FieldError { field, message } = field_error(&error.path().to_string(), &error.inner().to_string());
    Refusal::of_document(vec![Problem { path: field, message }])
}

/// The field that an error of serde is about. A field that is missing or unknown is named in the message alone: the path leads
/// to the object around it.
fn field_error(path: &str, message: &str) -> FieldError {
    let path = if path == "." { "" } else { path };
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split_once('`'))
        .map(|(name, _)| name);
    let last = path.rsplit('.').next().unwrap_or_default();
    let field = match named {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if last != name => format!("{path}.{name}"),
        Some(_) | None => path.to_owned(),
    };
    let field = if field.is_empty() { "body".to_owned() } else { field };
    FieldError { field: field.chars().take(512).collect(), message: message.chars().take(1_024).collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Outer {
        name: String,
        inner: Inner,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        map: BTreeMap<String, Inner>,
        word: Option<Word>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only read")]
    enum Word {
        One,
        Number(u8),
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        number: u8,
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        for (text, field) in [
            (r#"{"inner": {"number": 1}}"#, "name"),
            (r#"{"name": 5, "inner": {"number": 1}}"#, "name"),
            (r#"{"name": "a", "inner": {}}"#, "inner.number"),
            (r#"{"name": "a", "inner": {"number": 300}}"#, "inner.number"),
            (r#"{"name": "a", "inner": {"number": 1, "nombre": 2}}"#, "inner.nombre"),
            (r#"{"name": "a", "inner": {"number": 1}, "more": []}"#, "more"),
            (r#"{"name": "a", "name": "b", "inner": {"number": 1}}"#, "name"),
            (
                r#"{"name": "a", "inner": {"number": 1}, "list": [{"number": 1}, {"number": ""}]}"#,
                "list[1].number",
            ),
            (r#"{"name": "a", "inner": {"number": 1}, "map": {"x": {"number": null}}}"#, "map.x.number"),
            (r#"{"name": "a", "inner": {"number": 1}, "map": {"x": {}}}"#, "map.x.number"),
            (r#"{"name": "a", "inner": [1]}"#, "inner"),
            (r#"{"name": "a", "inner": {"number": 1}, "word": 5}"#, "word"),
            (r#"{"name": "a", "inner": {"number": 1}, "word": "two"}"#, "word"),
            (r#"{"name": "a", "inner": {"number": 1}, "word": {"number": "x"}}"#, "word.number"),
            (r#"{"name": "a", "inner": {"number": 1}, "word": {"one": 1, "number": 2}}"#, "word"),
            (r#"["a", {"number": 1}]"#, "body"),
            ("5", "body"),
        ] {
            let refusal = parse::<Outer>(text.as_bytes()).expect_err(text);
            assert_eq!(refusal.kind, ProblemKind::Invalid, "{text}");
            assert!(format!("{refusal:?}").contains(&format!("field: {field:?}")), "{text}: {refusal:?}");
        }
    }

    #[test]
    fn what_is_right_is_read() {
        for text in [
            r#"{"name": "a", "inner": {"number": 1}}"#,
            r#" {"name": "\ud83d\ude00", "inner": {"number": 1}, "list": [{"number": 2}], "map": {"x": {"number": 3}}} "#,
            r#"{"name": "a", "inner": {"number": 1}, "word": null}"#,
            r#"{"name": "a", "inner": {"number": 1}, "word": "one"}"#,
            r#"{"name": "a", "inner": {"number": 1}, "word": {"number": 5}}"#,
        ] {
            parse::<Outer>(text.as_bytes()).expect(text);
            from_value::<Outer>(serde_json::from_str(text).expect(text)).expect(text);
        }
        let any = r#"[null, true, -1, 1.5, 18446744073709551615, "x", {"a": []}]"#;
        let value: serde_json::Value = parse(any.as_bytes()).expect("any JSON");
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(any).expect("any JSON"));
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        let deep = "[".repeat(100_000);
        let deep_map = "{\"map\":".repeat(1_000);
        for bytes in [
            b"".as_slice(),
            b"{",
            b"{]",
            b"nul",
            b"{} {}",
            b"{\"a\": \xff}",
            b"\xef\xbb\xbf{}",
            deep.as_bytes(),
            deep_map.as_bytes(),
            b"{'a': 1}",
            b"NaN",
            b"\"\\ud800\"",
            b"1e999",
        ] {
            let refusal = parse::<serde_json::Value>(bytes).expect_err("no JSON");
            assert_eq!(refusal.kind, ProblemKind::Malformed, "{refusal:?}");
        }
    }
}
