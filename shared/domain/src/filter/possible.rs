//! Whether a filter can pass at all, where only what its facts may be is known.

use super::{
    Branches, Condition, Fact, Facts, Field, Filter,
    leaf::{Leaf, Truth},
};

/// What a fact may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Possible<'a> {
    /// Nobody knows.
    Anything,
    /// Never known.
    Nothing,
    /// One of these, or not known.
    OneOf(Vec<&'a str>),
}

/// Which truths a condition may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Truths {
    is_true: bool,
    is_unknown: bool,
    is_false: bool,
}

/// One fact, whatever is asked for.
struct Only<'a>(Fact<'a>);

impl Facts for Only<'_> {
    fn fact(&self, _: &Field) -> Fact<'_> {
        self.0
    }
}

impl Filter {
    /// Whether some facts pass. True also where each of its comparisons can hold and they cannot together.
    pub fn can_pass<'a>(&self, possible: &impl Fn(&Field) -> Possible<'a>) -> bool {
        self.0.truths(possible).is_true
    }
}

impl Truths {
    const ANY: Self = Self { is_true: true, is_unknown: true, is_false: true };

    fn with(self, truth: Truth) -> Self {
        match truth {
            Truth::True => Self { is_true: true, ..self },
            Truth::Unknown => Self { is_unknown: true, ..self },
            Truth::False => Self { is_false: true, ..self },
        }
    }

    const fn negated(self) -> Self {
        Self { is_true: self.is_false, is_false: self.is_true, ..self }
    }

    /// Of `all` such conditions: the least of each combination.
    const fn and(self, other: Self) -> Self {
        let (is_not_false, others) = (self.is_true || self.is_unknown, other.is_true || other.is_unknown);
        Self {
            is_true: self.is_true && other.is_true,
            is_unknown: (self.is_unknown && others) || (other.is_unknown && is_not_false),
            is_false: self.is_false || other.is_false,
        }
    }
}

impl Condition {
    fn truths<'a>(&self, possible: &impl Fn(&Field) -> Possible<'a>) -> Truths {
        match self {
            Self::All(branches) => branches.truths(possible, |truths| truths),
            // Not all of them fail to hold.
            Self::Any(branches) => branches.truths(possible, Truths::negated).negated(),
            Self::Not(inner) => inner.truths(possible).negated(),
            Self::Leaf(leaf) => truths_of(leaf, possible(&leaf.field)),
        }
    }
}

impl Branches {
    fn truths<'a>(&self, possible: &impl Fn(&Field) -> Possible<'a>, turned: fn(Truths) -> Truths) -> Truths {
        let mut branches = self.iter().map(|branch| turned(branch.truths(possible)));
        let first = branches.next().unwrap_or_default();
        branches.fold(first, Truths::and)
    }
}

fn truths_of(leaf: &Leaf, possible: Possible<'_>) -> Truths {
    let unknown = leaf.judge(&Only(Fact::Unknown));
    match possible {
        Possible::Anything => Truths::ANY,
        Possible::Nothing => Truths::default().with(unknown),
        Possible::OneOf(values) => values
            .into_iter()
            .map(|value| leaf.judge(&Only(Fact::Known(value))))
            .fold(Truths::default().with(unknown), Truths::with),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Whether a filter can pass where `a` is `1` or `2`, `b` is never set, and nothing is known of the others.
    fn can_pass(filter: Value) -> bool {
        let filter: Filter = serde_json::from_value(filter).expect("a filter");
        filter.can_pass(&|field: &Field| match field.to_string().as_str() {
            "tags.a" => Possible::OneOf(vec!["1", "2"]),
            "tags.b" => Possible::Nothing,
            _ => Possible::Anything,
        })
    }

    #[test]
    fn a_filter_can_pass_where_some_facts_pass_it() {
        let is =
            |field: &str, value: &str| json!({"field": format!("tags.{field}"), "op": "eq", "value": value});
        let exists = |field: &str, value: bool| json!({"field": format!("tags.{field}"), "op": "exists", "value": value});
        for (filter, expected) in [
            (is("a", "1"), true),
            (is("a", "3"), false),
            (is("b", "1"), false),
            (is("c", "1"), true),
            (exists("a", true), true),
            (exists("a", false), true),
            (exists("b", true), false),
            (exists("b", false), true),
            (json!({"not": is("a", "3")}), true),
            (json!({"not": is("b", "1")}), false),
            (json!({"not": {"not": is("a", "1")}}), true),
            (json!({"all": [is("a", "1"), is("c", "1")]}), true),
            (json!({"all": [is("a", "1"), is("b", "1")]}), false),
            (json!({"any": [is("a", "3"), is("b", "1")]}), false),
            (json!({"any": [is("a", "3"), is("c", "1")]}), true),
            (json!({"not": {"any": [is("a", "3"), is("b", "1")]}}), false),
            (json!({"not": {"all": [is("a", "3"), is("b", "1")]}}), true),
        ] {
            assert_eq!(can_pass(filter.clone()), expected, "{filter}");
        }
    }
}
