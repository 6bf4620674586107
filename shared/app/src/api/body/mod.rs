//! Bodies are read: bounded, as UTF-8, as JSON, as the document asked for; what is wrong is named by its path.

mod fault;
mod faults;
mod tree;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use self::{
    faults::{MOST_FAULTS, read_all},
    tree::Tree,
};
use super::problem::{ProblemKind, Refusal};

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

/// A JSON document from a request's body that is still to be read.
pub(super) struct Unread(pub(super) Tree);

impl<S: Sync> FromRequest<S> for Unread {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        require_json(request.headers())?;
        let bytes = read(request.into_body()).await?;
        tree(&bytes).map(Self)
    }
}

/// Reads JSON text as a document.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let reading = read_all(tree(bytes)?, &Value::Null);
    match reading.document.filter(|_| reading.faults.is_empty()) {
        Some(document) => Ok(document),
        None => Err(Refusal::of_fields(reading.faults)),
    }
}

/// Reads JSON text.
fn tree(bytes: &[u8]) -> Result<Tree, Refusal> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let detail = format!("the body is not UTF-8 from byte {} on", error.valid_up_to());
        Refusal::new(ProblemKind::Malformed, detail)
    })?;
    serde_json::from_str(text)
        .map_err(|error| Refusal::new(ProblemKind::Malformed, format!("the body is not JSON: {error}")))
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
            let value: Value = serde_json::from_str(text).expect(text);
            assert!(read_all::<Outer>(value.into(), &Value::Null).faults.is_empty(), "{text}");
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
