//! Filters: which callers a target takes, as a bounded tree of conditions over facts.
//!
//! Three-valued: a fact that is missing makes `eq`, `in`, `between` and `prefix` unknown, and unknown is never "allowed":
//! not by itself, and not under `not`, where it stays unknown. `exists` is how to ask whether a fact is there. `all`
//! is false where any branch is, else unknown where any is; `any` is true where any branch is, else unknown where any is.
//!
//! A fact may be one of several, such as the zones of an area code that spans two. A comparison is true where it is for
//! each of them, false where it is for none, else unknown: who is in hours is in hours wherever they may be.
//!
//! Texts are compared without regard to ASCII case. Numbers and truth values compare as the text that writes them.
//! `between` includes both ends; where both are decimals it compares numbers, and a fact that is no number is outside.

mod field;
mod leaf;
mod possible;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::leaf::{Leaf, Truth};
pub use self::{
    field::{Field, UnknownField},
    possible::Possible,
};

/// A tree of at most 64 conditions, nested at most 4 deep. Its JSON is `{"all": […]}`, `{"any": […]}`, `{"not": …}` or
/// `{"field": …, "op": …, "value": …}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Condition);

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    All(Branches),
    Any(Branches),
    Not(Box<Condition>),
    Leaf(Leaf),
}

/// One or more conditions.
#[derive(Debug, Clone, PartialEq)]
struct Branches {
    first: Box<Condition>,
    rest: Box<[Condition]>,
}

/// How a fact is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Equal to one value.
    Eq,
    /// Equal to one of a list.
    In,
    /// From the first to the second of a list of two, both included.
    Between,
    /// Beginning with a text, or with one of a list.
    Prefix,
    /// Known at all; with `false`: not known.
    Exists,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "eq",
            Self::In => "in",
            Self::Between => "between",
            Self::Prefix => "prefix",
            Self::Exists => "exists",
        })
    }
}

/// What is known of a caller.
pub trait Facts {
    /// The fact. An empty text is one.
    fn fact(&self, field: &Field) -> Fact<'_>;
}

/// What is known of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'a> {
    /// Nothing.
    Unknown,
    /// The fact.
    Known(&'a str),
    /// The fact is one of these, two or more, and nobody knows which.
    OneOf(&'a [&'a str]),
}

impl<'a> From<Option<&'a str>> for Fact<'a> {
    fn from(fact: Option<&'a str>) -> Self {
        fact.map_or(Self::Unknown, Self::Known)
    }
}

impl<'a> From<&'a [&'a str]> for Fact<'a> {
    fn from(possible: &'a [&'a str]) -> Self {
        match possible {
            [] => Self::Unknown,
            [fact] => Self::Known(fact),
            several => Self::OneOf(several),
        }
    }
}

/// Why a filter did not let a caller through: the first comparison, in the order of the document, that decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterFailure {
    /// What was compared.
    pub field: Field,
    /// How.
    pub op: Operator,
    /// True where it failed for want of the fact.
    pub is_unknown: bool,
}

impl fmt::Display for FilterFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, op, is_unknown } = self;
        if *is_unknown {
            write!(f, "{field} is not known ({op})")
        } else {
            write!(f, "{field} does not fit ({op})")
        }
    }
}

/// What a condition comes to, and the comparison that decided it.
struct Verdict<'a> {
    truth: Truth,
    leaf: &'a Leaf,
}

impl Filter {
    /// The most conditions, branches and comparisons together.
    pub const MOST_CONDITIONS: usize = 64;
    /// The deepest nesting; a lone comparison is one deep.
    pub const MOST_LEVELS: usize = 4;

    /// Whether the facts pass. Bounded by the limits of the tree; allocates nothing.
    ///
    /// # Errors
    /// The comparison that decided against it. Of an `any` that fails, the first branch that is unknown, else the
    /// first; of an `all`, the first that is false, else the first that is unknown; of a `not`, the one inside that held.
    pub fn evaluate(&self, facts: &(impl Facts + ?Sized)) -> Result<(), FilterFailure> {
        let Verdict { truth, leaf } = self.0.judge(facts);
        match truth {
            Truth::True => Ok(()),
            Truth::False | Truth::Unknown => Err(FilterFailure {
                field: leaf.field.clone(),
                op: leaf.op,
                is_unknown: truth == Truth::Unknown,
            }),
        }
    }
}

impl Condition {
    fn judge(&self, facts: &(impl Facts + ?Sized)) -> Verdict<'_> {
        match self {
            Self::All(branches) => branches.judge(facts, Truth::False, |truth, decided| truth < decided),
            Self::Any(branches) => branches.judge(facts, Truth::True, |truth, decided| truth > decided),
            Self::Not(inner) => {
                let Verdict { truth, leaf } = inner.judge(facts);
                let truth = match truth {
                    Truth::True => Truth::False,
                    Truth::False => Truth::True,
                    Truth::Unknown => Truth::Unknown,
                };
                Verdict { truth, leaf }
            }
            Self::Leaf(leaf) => Verdict { truth: leaf.judge(facts), leaf },
        }
    }
}

impl Branches {
    /// The first verdict that none `outdoes`; a `final_truth` cannot be outdone and ends the search.
    fn judge(
        &self,
        facts: &(impl Facts + ?Sized),
        final_truth: Truth,
        outdoes: impl Fn(Truth, Truth) -> bool,
    ) -> Verdict<'_> {
        let mut decided = self.first.judge(facts);
        for branch in &self.rest {
            if decided.truth == final_truth {
                break;
            }
            let verdict = branch.judge(facts);
            if outdoes(verdict.truth, decided.truth) {
                decided = verdict;
            }
        }
        decided
    }

    fn iter(&self) -> impl Iterator<Item = &Condition> {
        std::iter::once(&*self.first).chain(&self.rest)
    }
}
