//! One fault of a document: where it is, and what is said of it.

use serde_path_to_error::Segment;

use super::tree::Tree;

/// A step of a path into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// To a member of an object.
    Member(String),
    /// To an item of a list.
    Item(usize),
}

/// What reading found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where, as far as reading knew.
    pub(super) path: Vec<Step>,
    /// The member that is missing, unknown or given twice: the path leads to it, or to the object around it.
    pub(super) member: Option<String>,
    /// Whether the member is missing.
    pub(super) is_missing: bool,
    /// Whether the member is given twice.
    pub(super) is_duplicate: bool,
    /// What is wrong and what would be right.
    pub(super) message: String,
}

impl Fault {
    const MISSING: &'static str = "missing field `";
    const DUPLICATE: &'static str = "duplicate field `";
    const UNKNOWN: &'static str = "unknown field `";

    /// What an error of serde says. A member that is missing, unknown or given twice is named in the message alone. Where it is told only when
    /// the whole is read, so is the member that it stands in: "missing field `a` of `b`".
    pub(super) fn of(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let message = error.inner().to_string();
        let named = |start| Some(message.strip_prefix(start)?.split_once('`')?.0.to_owned());
        let holder = || message.split_once("` of `")?.1.split_once('`').map(|(holder, _)| holder.to_owned());
        let (missing, duplicate) = (named(Self::MISSING), named(Self::DUPLICATE));
        let is_named = missing.is_some() || named(Self::UNKNOWN).is_some();
        let within = holder().filter(|_| is_named).map(Step::Member);
        Self {
            path: error.path().iter().map_while(step).chain(within).collect(),
            is_missing: missing.is_some(),
            is_duplicate: duplicate.is_some(),
            member: missing.or(duplicate).or_else(|| named(Self::UNKNOWN)),
            message,
        }
    }
}

/// A variant of an enumeration is the member by which it is told, where it has members at all.
fn step(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Seq { index } => Some(Step::Item(*index)),
        Segment::Map { key } => Some(Step::Member(key.clone())),
        Segment::Enum { variant } => Some(Step::Member(variant.clone())),
        Segment::Unknown => None,
    }
}

/// As much of a path as leads somewhere in a document.
pub(super) fn fits(mut tree: &Tree, path: &[Step]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(path.len());
    for step in path {
        let next = match (tree, step) {
            (Tree::Object(members), Step::Member(name)) => {
                members.iter().find(|(other, _)| other == name).map(|(_, value)| value)
            }
            (Tree::List(items), Step::Item(index)) => items.get(*index),
            _ => None,
        };
        let Some(next) = next else { break };
        steps.push(step.clone());
        tree = next;
    }
    steps
}

/// A path in the notation of the API, `tiers[0].method`. `place`: where an item of a list stood at first.
pub(super) fn field_of(steps: &[Step], place: impl Fn(&str, usize) -> usize) -> String {
    let mut field = String::new();
    for step in steps {
        match step {
            Step::Member(name) if field.is_empty() => field.push_str(name),
            Step::Member(name) => field = format!("{field}.{name}"),
            Step::Item(index) => field = format!("{field}[{}]", place(&field, *index)),
        }
    }
    field
}
