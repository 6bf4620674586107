//! Filters by example, and at their limits.

mod naive;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Fact, Facts, Field, Filter, FilterFailure, Operator};

/// What each fact may be, by the names of their fields.
#[derive(Debug, Clone, Default)]
struct Known(BTreeMap<String, Vec<&'static str>>);

impl Known {
    fn of(facts: &[(&str, &str)]) -> Self {
        facts.iter().fold(Self::default(), |known, (field, fact)| known.with(field, &[fact]))
    }

    /// Texts live as long as the test.
    fn with(mut self, field: &str, possible: &[&str]) -> Self {
        let possible = possible.iter().map(|fact| &*(*fact).to_owned().leak()).collect();
        self.0.insert(field.to_owned(), possible);
        self
    }
}

impl Facts for Known {
    fn fact(&self, field: &Field) -> Fact<'_> {
        self.0.get(&field.to_string()).map_or(Fact::Unknown, |possible| possible.as_slice().into())
    }
}

fn filter(document: &Value) -> Filter {
    serde_json::from_str(&document.to_string()).expect("a filter")
}

fn leaf(field: &str, op: &str, value: &Value) -> Value {
    json!({"field": field, "op": op, "value": value})
}

/// Judges a filter, and names what a refusal was for: `field op`, with a `?` where the fact was unknown.
fn judged(document: &Value, facts: &Known) -> String {
    match filter(document).evaluate(facts) {
        Ok(()) => "passes".to_owned(),
        Err(FilterFailure { field, op, is_unknown }) => {
            format!("{field} {op}{}", if is_unknown { "?" } else { "" })
        }
    }
}

fn contract_example() -> Value {
    json!({"all": [leaf("caller.state", "in", &json!(["TX", "OK"])), leaf("tags.injured", "eq", &json!("yes"))]})
}

#[test]
fn the_contracts_example_takes_injured_texans() {
    for (facts, expected) in [
        (&[("caller.state", "TX"), ("tags.injured", "yes")][..], "passes"),
        (&[("caller.state", "ok"), ("tags.injured", "YES")], "passes"),
        (&[("caller.state", "CA"), ("tags.injured", "yes")], "caller.state in"),
        (&[("caller.state", "TX"), ("tags.injured", "no")], "tags.injured eq"),
        (&[("caller.state", "TX")], "tags.injured eq?"),
        (&[("tags.injured", "yes")], "caller.state in?"),
        (&[("tags.injured", "no")], "tags.injured eq"),
        (&[], "caller.state in?"),
    ] {
        assert_eq!(judged(&contract_example(), &Known::of(facts)), expected, "{facts:?}");
    }
}

/// The fact is called `tags.x`.
#[track_caller]
fn check_operator(op: &str, value: &Value, passing: &[&str], failing: &[&str]) {
    let document = leaf("tags.x", op, value);
    for fact in passing {
        assert_eq!(judged(&document, &Known::of(&[("tags.x", fact)])), "passes", "{document} with {fact:?}");
    }
    for fact in failing {
        let refusal = format!("tags.x {op}");
        assert_eq!(judged(&document, &Known::of(&[("tags.x", fact)])), refusal, "{document} with {fact:?}");
    }
}

#[test]
fn eq_compares_texts_without_regard_to_ascii_case() {
    check_operator("eq", &json!("Yes"), &["yes", "YES"], &["", "yes ", "ye", "yess"]);
    check_operator("eq", &json!("é"), &["é"], &["É"]);
    check_operator("eq", &json!(5), &["5"], &["5.0", "05", "-5"]);
    check_operator("eq", &json!(true), &["true", "True"], &["1", "yes"]);
    check_operator("eq", &json!(""), &[""], &[" "]);
}

#[test]
fn in_is_eq_with_any_of_a_list_however_long() {
    check_operator(
        "in",
        &json!(["TX", "ok", 5, false]),
        &["tx", "OK", "5", "FALSE"],
        &["", "T", "TXO", "true"],
    );
    let zips: Vec<String> = (75_000..76_000).map(|zip| zip.to_string()).rev().collect();
    check_operator(
        "in",
        &json!(zips),
        &["75000", "75501", "75999"],
        &["74999", "76000", "7500", "750000", ""],
    );
}

#[test]
fn between_compares_numbers_where_both_ends_are_numbers_else_texts() {
    check_operator(
        "between",
        &json!([18, 65]),
        &["18", "65", "18.0", "064", "64.99"],
        &["17.99", "66", "-20", "", "x", "1e2"],
    );
    check_operator(
        "between",
        &json!(["-1.5", "2.25"]),
        &["-1.5", "0", "2.25"],
        &["-1.51", "2.251", "+1", "1_0", " 1"],
    );
    check_operator(
        "between",
        &json!(["75000", "75999"]),
        &["75201", "75999"],
        &["74999", "76000", "K1A 0B1"],
    );
    check_operator("between", &json!(["B", "d"]), &["b", "c", "D", "cz"], &["a", "da", "", "5"]);
    let huge = "9".repeat(200);
    check_operator("between", &json!([0, 1]), &["1"], &[&huge, "0.00000000000000000000000000000000001"]);
}

#[test]
fn prefix_takes_a_text_or_a_list() {
    check_operator("prefix", &json!("+1214"), &["+1214", "+12145550100"], &["", "+121", "+1972"]);
    check_operator("prefix", &json!(["ab", "É", 7]), &["ABC", "École", "75201"], &["a", "éc", "67"]);
    // A text may end in the middle of another's character; that is no match, and no panic.
    check_operator("prefix", &json!("a"), &["aé"], &["éa"]);
}

#[test]
fn exists_asks_whether_a_fact_is_known_and_is_never_unknown() {
    let (known, unknown) = (Known::of(&[("tags.x", "")]), Known::default());
    for (document, facts, expected) in [
        (json!({"field": "tags.x", "op": "exists"}), &known, "passes"),
        (leaf("tags.x", "exists", &json!(true)), &known, "passes"),
        (leaf("tags.x", "exists", &json!(false)), &known, "tags.x exists"),
        (json!({"field": "tags.x", "op": "exists"}), &unknown, "tags.x exists"),
        (leaf("tags.x", "exists", &json!(false)), &unknown, "passes"),
        (json!({"not": {"field": "tags.x", "op": "exists"}}), &unknown, "passes"),
        (json!({"not": {"field": "tags.x", "op": "exists"}}), &known, "tags.x exists"),
    ] {
        assert_eq!(judged(&document, facts), expected, "{document}");
    }
}

#[test]
fn what_is_unknown_is_never_allowed_and_stays_unknown_under_not() {
    let unknown = Known::default();
    for (op, value) in
        [("eq", json!("x")), ("in", json!(["x"])), ("between", json!([1, 2])), ("prefix", json!("x"))]
    {
        let leaf = leaf("caller.zip", op, &value);
        let refusal = format!("caller.zip {op}?");
        assert_eq!(judged(&leaf, &unknown), refusal);
        assert_eq!(judged(&json!({"not": leaf}), &unknown), refusal);
        assert_eq!(judged(&json!({"not": {"not": leaf}}), &unknown), refusal);
        assert_eq!(judged(&json!({"any": [{"not": leaf}, leaf]}), &unknown), refusal);
    }
}

#[test]
fn where_a_fact_is_one_of_several_each_has_to_be_allowed() {
    let (east, central) = ("America/New_York", "America/Chicago");
    let facts = Known::default().with("caller.zones", &[east, central]);
    let eq = |zone: &str| leaf("caller.zones", "eq", &json!(zone));
    let one_of = |zones: &[&str]| leaf("caller.zones", "in", &json!(zones));
    for (document, expected) in [
        (one_of(&[east, central, "America/Denver"]), "passes"),
        (leaf("caller.zones", "prefix", &json!("america/")), "passes"),
        (json!({"field": "caller.zones", "op": "exists"}), "passes"),
        (leaf("caller.zones", "exists", &json!(false)), "caller.zones exists"),
        (one_of(&[east, "America/Denver"]), "caller.zones in?"),
        (one_of(&["America/Detroit", "america/menominee"]), "passes"),
        (eq(east), "caller.zones eq?"),
        (json!({"not": eq(east)}), "caller.zones eq?"),
        (eq("America/Denver"), "caller.zones eq"),
        (json!({"not": eq("America/Denver")}), "passes"),
        // Each branch is judged by itself: no single one allows both zones.
        (json!({"any": [eq(east), eq(central)]}), "caller.zones eq?"),
    ] {
        assert_eq!(judged(&document, &facts), expected, "{document}");
    }
}

#[test]
fn a_state_may_be_named_in_full() {
    let facts = Known::of(&[("caller.state", "TX")]);
    for (value, expected) in [
        (json!("texas"), "passes"),
        (json!("tx"), "passes"),
        (json!("Oklahoma"), "caller.state eq"),
        (json!("Tex"), "caller.state eq"),
    ] {
        assert_eq!(judged(&leaf("caller.state", "eq", &value), &facts), expected, "{value}");
    }
    let written = leaf("caller.state", "in", &json!(["Texas", 7]));
    assert_eq!(judged(&written, &facts), "passes");
    assert_eq!(serde_json::to_value(filter(&written)).expect("json"), written);
}

#[test]
fn a_refusal_names_the_comparison_that_decided_it() {
    let facts = Known::of(&[("tags.a", "1"), ("tags.b", "2")]);
    let is = |tag: &str, value: &str| leaf(&format!("tags.{tag}"), "eq", &json!(value));
    for (document, expected) in [
        (json!({"all": [is("a", "1"), is("b", "1"), is("a", "2")]}), "tags.b eq"),
        (json!({"all": [is("c", "1"), is("b", "1")]}), "tags.b eq"),
        (json!({"all": [is("a", "1"), is("c", "1"), is("d", "1")]}), "tags.c eq?"),
        (json!({"any": [is("a", "2"), is("b", "1")]}), "tags.a eq"),
        (json!({"any": [is("a", "2"), is("c", "1"), is("d", "1")]}), "tags.c eq?"),
        (json!({"any": [is("c", "1"), is("b", "2")]}), "passes"),
        (json!({"not": is("a", "1")}), "tags.a eq"),
        (json!({"not": {"any": [is("a", "2"), is("b", "2")]}}), "tags.b eq"),
        (json!({"not": {"all": [is("a", "1"), is("b", "2")]}}), "tags.a eq"),
        (json!({"not": {"all": [is("c", "1"), is("b", "1")]}}), "passes"),
        (json!({"not": {"any": [is("c", "1"), is("a", "2")]}}), "tags.c eq?"),
    ] {
        assert_eq!(judged(&document, &facts), expected, "{document}");
    }
}

#[test]
fn a_wrong_filter_is_refused_with_its_reason() {
    let yes = leaf("tags.x", "eq", &json!("yes"));
    let fields = "expected one of caller.number, caller.area_code, caller.state";
    for (document, expected) in [
        (json!({}), "an empty condition"),
        (json!([]), "a condition: `all`, `any` or `not`"),
        (json!("x"), "a condition: `all`, `any` or `not`"),
        (json!({"all": []}), "one or more conditions"),
        (json!({"any": []}), "one or more conditions"),
        (json!({"all": yes}), "one or more conditions"),
        (json!({"not": [yes]}), "a condition: `all`, `any` or `not`"),
        (json!({"not": null}), "a condition: `all`, `any` or `not`"),
        (
            json!({"none": [yes]}),
            "unknown field `none`, expected one of `all`, `any`, `not`, `field`, `op`, `value`",
        ),
        (json!({"all": [yes], "any": [yes]}), "only one of `all`, `any` and `not`"),
        (json!({"all": [yes], "field": "tags.x"}), "not both"),
        (json!({"not": yes, "value": 1}), "not both"),
        (json!({"field": "tags.x", "value": 1}), "missing field `op`"),
        (json!({"op": "eq", "value": 1}), "missing field `field`"),
        (leaf("caller.planet", "eq", &json!("x")), fields),
        (leaf("tags.X", "eq", &json!("x")), "a tag's name"),
        (leaf("tags.x", "like", &json!("x")), "unknown variant `like`"),
        (json!({"field": "tags.x", "op": "eq"}), "`value` is missing"),
        (json!({"field": "tags.x", "op": "prefix"}), "`value` is missing"),
        (leaf("tags.x", "eq", &json!(["x"])), "a list needs in"),
        (leaf("tags.x", "eq", &serde_json::from_str("1.5").expect("a number")), "other numbers as a string"),
        (leaf("tags.x", "eq", &json!({})), "or a list of at most 1000"),
        (leaf("tags.x", "eq", &json!(null)), "or a list of at most 1000"),
        (leaf("tags.x", "eq", &json!("x".repeat(257))), "a text of at most 256 characters"),
        (leaf("tags.x", "in", &json!("x")), "`value` of in is a list"),
        (leaf("tags.x", "in", &json!([])), "`value` of in is a list"),
        (leaf("tags.x", "in", &json!([["x"]])), "a text of at most 256 characters"),
        (leaf("tags.x", "in", &json!(vec![1; 1001])), "a list of at most 1000 items"),
        (leaf("tags.x", "between", &json!([1])), "a list of two"),
        (leaf("tags.x", "between", &json!(5)), "a list of two"),
        (leaf("tags.x", "between", &json!([1, "x"])), "not one of each"),
        (leaf("tags.x", "between", &json!([2, 1])), "lowest above its highest"),
        (leaf("tags.x", "between", &json!([10, 9])), "lowest above its highest"),
        (leaf("tags.x", "between", &json!(["b", "A"])), "lowest above its highest"),
        (leaf("tags.x", "prefix", &json!("")), "one or more characters"),
        (leaf("tags.x", "prefix", &json!([])), "one or more characters"),
        (leaf("tags.x", "prefix", &json!(["a", ""])), "one or more characters"),
        (leaf("tags.x", "exists", &json!("true")), "`value` of exists is true or false"),
    ] {
        let error = serde_json::from_str::<Filter>(&document.to_string()).expect_err("refused").to_string();
        assert!(error.contains(expected), "{document}: {error}");
    }
    let twice = r#"{"field": "tags.x", "field": "tags.y", "op": "exists"}"#;
    assert!(serde_json::from_str::<Filter>(twice).is_err());
}

fn nested(levels: usize) -> Value {
    (1..levels).fold(leaf("tags.x", "eq", &json!("yes")), |inner, _| json!({"not": inner}))
}

fn wide(conditions: usize) -> Value {
    json!({"all": vec![leaf("tags.x", "eq", &json!("yes")); conditions - 1]})
}

#[test]
fn size_and_depth_are_bounded() {
    let takes = |document: &Value| {
        serde_json::from_str::<Filter>(&document.to_string()).map_err(|error| error.to_string())
    };
    assert!(takes(&nested(4)).is_ok());
    assert!(takes(&nested(5)).expect_err("too deep").contains("at most 4 deep"));
    assert!(takes(&wide(64)).is_ok());
    assert!(takes(&wide(65)).expect_err("too large").contains("at most 64 conditions"));
    let two_halves = json!({"any": [wide(32), wide(32)]});
    assert!(takes(&two_halves).expect_err("too large in all").contains("at most 64 conditions"));
}

#[test]
fn a_hostile_depth_is_refused_before_it_is_read() {
    let deep = r#"{"not":"#.repeat(100_000);
    assert!(serde_json::from_str::<Filter>(&deep).expect_err("deep").to_string().contains("at most 4 deep"));
    let deep = r#"{"all":["#.repeat(100_000);
    assert!(serde_json::from_str::<Filter>(&deep).expect_err("deep").to_string().contains("at most 4 deep"));
    let deep = format!(r#"{{"field": "tags.x", "op": "in", "value": {}"#, "[".repeat(100_000));
    assert!(serde_json::from_str::<Filter>(&deep).is_err());
}

#[test]
fn the_schema_names_every_operator_and_itself() {
    let schema = serde_json::to_string(&<Filter as utoipa::PartialSchema>::schema()).expect("json");
    for expected in ["#/components/schemas/Filter", "caller.attestation", "between", "exists"] {
        assert!(schema.contains(expected), "{expected}: {schema}");
    }
}

#[test]
fn an_operator_shows_as_it_is_written() {
    for op in [Operator::Eq, Operator::In, Operator::Between, Operator::Prefix, Operator::Exists] {
        assert_eq!(json!(op), json!(op.to_string()));
    }
}
