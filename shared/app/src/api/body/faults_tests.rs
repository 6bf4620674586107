use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Outer {
    name: String,
    size: u8,
    inner: Inner,
    #[serde(default)]
    list: Vec<Inner>,
    #[serde(default)]
    map: BTreeMap<String, Inner>,
    kind: Option<Kind>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Inner {
    number: u8,
    word: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Small,
}

fn example() -> Value {
    json!({"name": "a", "size": 1, "inner": {"number": 1}})
}

/// The fields that are told of a text.
fn fields(text: &str) -> Vec<String> {
    let tree: Tree = serde_json::from_str(text).expect(text);
    let reading = read_all::<Outer>(tree, &example());
    reading.faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn every_fault_is_told_at_its_path_and_nothing_else() {
    for (text, expected) in [
        (r#"{"name": "a", "size": 1, "inner": {"number": 1}}"#, &[][..]),
        (r#"{"name": 5, "size": -1, "inner": {"number": 1}}"#, &["name", "size"]),
        ("{}", &["name", "size", "inner"]),
        (r#"{"name": 5}"#, &["name", "size", "inner"]),
        (
            r#"{"name": "a", "size": 1, "inner": {}, "more": 1, "again": 2}"#,
            &["inner.number", "more", "again"],
        ),
        (r#"{"name": "a", "size": 1, "inner": {"number": 300, "word": 5}}"#, &["inner.number", "inner.word"]),
        (r#"{"name": "a", "size": 1, "inner": 5, "kind": "large"}"#, &["inner", "kind"]),
        (
            r#"{"name": "a", "size": 1, "inner": {"number": 1},
                "list": [{"number": "x"}, {"number": 1}, 7, {"number": 2, "word": false}]}"#,
            &["list[0].number", "list[2]", "list[3].word"],
        ),
        (
            r#"{"name": "a", "size": 1, "inner": {"number": 1}, "map": {"x": {}, "y": {"number": null}}}"#,
            &["map.x.number", "map.y.number"],
        ),
        (
            r#"{"name": "a", "name": "b", "size": "c", "inner": {"number": 1, "number": 2, "number": 3}}"#,
            &["name", "size", "inner.number"],
        ),
        ("5", &["body"]),
        ("[1, 2]", &["body"]),
    ] {
        assert_eq!(fields(text), expected, "{text}");
    }
}

#[test]
fn what_can_be_read_is_read_and_what_was_touched_is_known() {
    let text = r#"{"name": "a", "size": 300, "inner": {"number": 1}, "list": [{"number": 1}, {}, 5]}"#;
    let tree: Tree = serde_json::from_str(text).expect(text);
    let reading = read_all::<Outer>(tree, &example());
    let document = reading.document.expect("the rest can be read");
    assert_eq!((document.name.as_str(), document.size, document.list.len()), ("a", 1, 2));
    assert_eq!(reading.touched, BTreeSet::from(["list".to_owned(), "size".to_owned()]));
}

#[test]
fn no_more_than_so_many_are_told_and_reading_ends() {
    let numbers = vec!["{\"number\": \"x\"}"; 1_000].join(",");
    let text = format!(r#"{{"name": "a", "size": 1, "inner": {{"number": 1}}, "list": [{numbers}]}}"#);
    assert_eq!(fields(&text).len(), MOST_FAULTS);
    let members: Vec<String> = (0..1_000).map(|n| format!("\"m{n}\": 1")).collect();
    assert_eq!(fields(&format!("{{{}}}", members.join(","))).len(), MOST_FAULTS);
}

#[test]
fn nothing_is_lent_where_there_is_no_example() {
    let reading = read_all::<Outer>(Tree::Object(Vec::new()), &Value::Null);
    assert_eq!(reading.faults.len(), 1);
    assert!(reading.document.is_none());
}
