//! Every fault of a document, not only the first. Reading stops at a fault; so the part that is at fault is taken out, or one that is missing
//! is lent from an example, and what is left is read again. What is found only because of that is not told.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    super::problem::FieldError,
    fault::{Fault, Step, field_of, fits},
    tree::{self, Tree},
};

/// The most faults that are told at once.
pub(in crate::api) const MOST_FAULTS: usize = 20;
/// The most often that one document is read.
const MOST_READINGS: usize = 64;
/// Members on which it depends what an object's others mean: none is lent.
const TAGS: [&str; 6] = ["type", "kind", "provider", "method", "field", "op"];

/// What reading a document came to.
#[derive(Debug)]
pub(in crate::api) struct Reading<T> {
    /// What is told of its faults, at most [`MOST_FAULTS`].
    pub(in crate::api) faults: Vec<FieldError>,
    /// The document; with faults, what is left of it without the members of the root where they are.
    pub(in crate::api) document: Option<T>,
    /// The members of the root that hold a fault or what was taken out or lent.
    pub(in crate::api) touched: BTreeSet<String>,
}

/// Reads a document. `example`: where members that are missing are lent from.
pub(in crate::api) fn read_all<T: DeserializeOwned>(tree: Tree, example: &Value) -> Reading<T> {
    let mut mended = Mended { tree, example, ..Mended::empty() };
    let mut document = None;
    for _ in 0..MOST_READINGS {
        match tree::read::<T>(mended.tree.clone()) {
            Ok(read) => {
                document = Some(read);
                break;
            }
            Err(error) => {
                let goes_on = mended.mend(&Fault::of(&error));
                if !goes_on || mended.faults.len() == MOST_FAULTS {
                    break;
                }
            }
        }
    }
    Reading { faults: mended.faults, document, touched: mended.touched }
}

/// A document on its way to being readable.
struct Mended<'a> {
    tree: Tree,
    example: &'a Value,
    faults: Vec<FieldError>,
    touched: BTreeSet<String>,
    /// The paths of what was taken out.
    removed: BTreeSet<String>,
    /// The paths of what was lent.
    lent: BTreeSet<String>,
    /// Of a list that items were taken out of: where each that is left stood.
    places: BTreeMap<String, Vec<usize>>,
}

impl Mended<'_> {
    const fn empty() -> Self {
        Self {
            tree: Tree::Null,
            example: &Value::Null,
            faults: Vec::new(),
            touched: BTreeSet::new(),
            removed: BTreeSet::new(),
            lent: BTreeSet::new(),
            places: BTreeMap::new(),
        }
    }

    /// Tells of a fault and mends it. False where nothing would be left.
    fn mend(&mut self, fault: &Fault) -> bool {
        let steps = fits(&self.tree, &fault.path);
        match &fault.member {
            Some(member) if fault.is_missing => self.mend_missing(&steps, member, fault),
            Some(member) => self.mend_unwanted(steps, member, fault),
            None => self.mend_value(&steps, fault),
        }
    }

    fn mend_missing(&mut self, object: &[Step], member: &str, fault: &Fault) -> bool {
        let field = self.field(&[object, &[Step::Member(member.to_owned())]].concat());
        if !self.removed.contains(&field) {
            self.tell(&field, fault);
        }
        let lent = self.loan(member).filter(|_| !self.lent.contains(&field));
        match (lent, tree_at(&mut self.tree, object)) {
            (Some(value), Some(Tree::Object(members))) => {
                members.push((member.to_owned(), value));
                self.touch(&field);
                self.lent.insert(field);
                true
            }
            _ => self.take_out(object),
        }
    }

    /// A member that is unknown, or given twice: the first stays then.
    fn mend_unwanted(&mut self, mut steps: Vec<Step>, member: &str, fault: &Fault) -> bool {
        if steps.last() == Some(&Step::Member(member.to_owned())) && !self.holds(&steps, member) {
            steps.pop();
        }
        // A text that names an unknown field is no object that has one.
        if !matches!(tree_at(&mut self.tree, &steps), Some(Tree::Object(_))) {
            return self.mend_value(&steps, fault);
        }
        let field = self.field(&[&steps[..], &[Step::Member(member.to_owned())]].concat());
        self.tell(&field, fault);
        let Some(Tree::Object(members)) = tree_at(&mut self.tree, &steps) else {
            return self.take_out(&steps);
        };
        let before = members.len();
        let mut kept = usize::from(fault.is_duplicate);
        members.retain(|(name, _)| {
            let stays = name != member || kept > 0;
            kept -= usize::from(name == member && kept > 0);
            stays
        });
        before > members.len() || self.take_out(&steps)
    }

    /// A value that is wrong. One that was lent, or that holds what was taken out or lent, is not its author's fault.
    fn mend_value(&mut self, steps: &[Step], fault: &Fault) -> bool {
        let field = self.field(steps);
        if self.lent.contains(&field) {
            return self.take_out(&steps[..steps.len().saturating_sub(1)]);
        }
        let is_within =
            |path: &String| path.strip_prefix(&field).is_some_and(|rest| rest.starts_with(['.', '[']));
        let is_ours = self.removed.iter().chain(&self.lent).any(is_within)
            || (steps.is_empty() && !self.touched.is_empty());
        if !is_ours {
            self.tell(&field, fault);
        }
        self.take_out(steps)
    }

    fn holds(&mut self, steps: &[Step], member: &str) -> bool {
        match tree_at(&mut self.tree, steps) {
            Some(Tree::Object(members)) => members.iter().any(|(name, _)| name == member),
            _ => false,
        }
    }

    fn tell(&mut self, field: &str, fault: &Fault) {
        self.touch(field);
        self.faults.push(FieldError::new(field, &fault.message));
    }

    fn touch(&mut self, field: &str) {
        let root = field.split(['.', '[']).next().unwrap_or_default();
        self.touched.insert(root.to_owned());
    }

    /// Takes a part out of what holds it. False for the whole document.
    fn take_out(&mut self, steps: &[Step]) -> bool {
        let Some((last, holder)) = steps.split_last() else { return false };
        let (field, list) = (self.field(steps), self.field(holder));
        match (tree_at(&mut self.tree, holder), last) {
            (Some(Tree::Object(members)), Step::Member(name)) => members.retain(|(other, _)| other != name),
            (Some(Tree::List(items)), Step::Item(index)) if *index < items.len() => {
                let places = self.places.entry(list).or_insert_with(|| (0..items.len()).collect());
                items.remove(*index);
                places.remove(*index);
            }
            _ => return false,
        }
        self.touch(&field);
        self.removed.insert(field);
        true
    }

    /// The path as the author sees it.
    fn field(&self, steps: &[Step]) -> String {
        field_of(steps, |list, index| {
            self.places.get(list).and_then(|places| places.get(index)).copied().unwrap_or(index)
        })
    }

    /// A value of that member in the example, wherever it stands.
    fn loan(&self, member: &str) -> Option<Tree> {
        let is_tag = TAGS.contains(&member);
        found(self.example, member).filter(|_| !is_tag).cloned().map(Tree::from)
    }
}

fn tree_at<'t>(mut tree: &'t mut Tree, steps: &[Step]) -> Option<&'t mut Tree> {
    for step in steps {
        tree = match (tree, step) {
            (Tree::Object(members), Step::Member(name)) => {
                members.iter_mut().find(|(other, _)| other == name).map(|(_, value)| value)?
            }
            (Tree::List(items), Step::Item(index)) => items.get_mut(*index)?,
            _ => return None,
        };
    }
    Some(tree)
}

/// The outermost value of a member in an example.
fn found<'v>(example: &'v Value, member: &str) -> Option<&'v Value> {
    match example {
        Value::Object(members) => {
            members.get(member).or_else(|| members.values().find_map(|value| found(value, member)))
        }
        Value::Array(items) => items.iter().find_map(|item| found(item, member)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "faults_tests.rs"]
mod tests;
