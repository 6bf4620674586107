//! Conditions and updates in DynamoDB's language. Every name and value stands there as a placeholder, so that no name
//! is a reserved word and no value is read as anything else.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use rust_decimal::Decimal;

use super::value::{PARTITION, encode_value};
use crate::{
    engines::interpreter::judge,
    port::{Condition, Operand, Path, StoreError, Update, Value},
};

/// The most bytes of an expression.
const EXPRESSION_BYTES: usize = 4_096;

/// The names and values of one request.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

/// Placeholders with what they stand for, where there is any: DynamoDB takes no empty map.
pub(super) type Meanings<T> = Option<HashMap<String, T>>;

impl Placeholders {
    /// For a name; the same each time.
    pub(super) fn name(&mut self, name: &str) -> String {
        let next = self.names.len();
        self.names.entry(name.to_owned()).or_insert_with(|| format!("#{next}")).clone()
    }

    /// For a value.
    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// For a text.
    pub(super) fn text(&mut self, text: &str) -> String {
        self.value(AttributeValue::S(text.to_owned()))
    }

    fn path(&mut self, path: &Path) -> String {
        let names: Vec<String> = path.0.iter().map(|name| self.name(name)).collect();
        names.join(".")
    }

    fn operand(&mut self, operand: &Operand) -> String {
        match operand {
            Operand::Value(value) => self.value(encode_value(value)),
            Operand::Path(path) => self.path(path),
            Operand::Size(path) => format!("size({})", self.path(path)),
        }
    }

    /// What they stand for: names, then values.
    pub(super) fn meanings(self) -> (Meanings<String>, Meanings<AttributeValue>) {
        let names: HashMap<_, _> =
            self.names.into_iter().map(|(name, placeholder)| (placeholder, name)).collect();
        (Some(names).filter(|names| !names.is_empty()), Some(self.values).filter(|values| !values.is_empty()))
    }

    /// A condition; none if it always holds.
    ///
    /// # Errors
    /// The expression is longer than DynamoDB reads.
    fn condition(&mut self, condition: &Condition) -> Result<Option<String>, StoreError> {
        let text = match Folded::of(condition) {
            Folded::Always => return Ok(None),
            Folded::Never => {
                let key = self.name(PARTITION);
                format!("attribute_exists({key}) AND attribute_not_exists({key})")
            }
            Folded::Open(term) => self.term(&term),
        };
        within_limit("condition", text).map(Some)
    }

    /// A condition, where there is one; none too if it always holds.
    ///
    /// # Errors
    /// The expression is longer than DynamoDB reads.
    pub(super) fn optional_condition(
        &mut self,
        condition: Option<&Condition>,
    ) -> Result<Option<String>, StoreError> {
        condition.map_or(Ok(None), |condition| self.condition(condition))
    }

    /// A condition that always holds, where there must be one.
    pub(super) fn always(&mut self) -> String {
        let key = self.name(PARTITION);
        format!("attribute_exists({key}) OR attribute_not_exists({key})")
    }

    fn term(&mut self, term: &Term<'_>) -> String {
        match term {
            Term::Exists(path) => format!("attribute_exists({})", self.path(path)),
            Term::Absent(path) => format!("attribute_not_exists({})", self.path(path)),
            Term::Compare(left, sign, right) => {
                format!("{} {sign} {}", self.operand(left), self.operand(right))
            }
            Term::Join(word, terms) => {
                let terms: Vec<String> = terms.iter().map(|term| self.part(term)).collect();
                terms.join(word)
            }
        }
    }

    fn part(&mut self, term: &Term<'_>) -> String {
        let text = self.term(term);
        if matches!(term, Term::Join(..)) { format!("({text})") } else { text }
    }

    /// The changes of an item.
    ///
    /// # Errors
    /// The expression is longer than DynamoDB reads.
    pub(super) fn updates(&mut self, updates: &[Update]) -> Result<String, StoreError> {
        let (mut sets, mut removals) = (Vec::new(), Vec::new());
        for update in updates {
            let path = self.path(update.path());
            match update {
                Update::Set(_, value) => sets.push(format!("{path} = {}", self.value(encode_value(value)))),
                Update::SetIfAbsent(_, value) => {
                    let value = self.value(encode_value(value));
                    sets.push(format!("{path} = if_not_exists({path}, {value})"));
                }
                // The action ADD knows top-level attributes only.
                Update::Add(_, number) => {
                    let zero = self.value(encode_value(&Value::Number(Decimal::ZERO)));
                    let number = self.value(encode_value(&Value::Number(*number)));
                    sets.push(format!("{path} = if_not_exists({path}, {zero}) + {number}"));
                }
                Update::Remove(_) => removals.push(path),
            }
        }
        let clauses =
            [("SET", sets), ("REMOVE", removals)].into_iter().filter(|(_, changes)| !changes.is_empty());
        let clauses: Vec<String> =
            clauses.map(|(word, changes)| format!("{word} {}", changes.join(", "))).collect();
        within_limit("update", clauses.join(" "))
    }
}

/// A condition without what is decided already: DynamoDB has no words for truth itself, nor for all and any of
/// nothing.
enum Folded<'a> {
    Always,
    Never,
    Open(Term<'a>),
}

/// What an item decides.
enum Term<'a> {
    Exists(&'a Path),
    Absent(&'a Path),
    Compare(&'a Operand, &'static str, &'a Operand),
    /// Two or more, with the word between them.
    Join(&'static str, Vec<Self>),
}

impl<'a> Folded<'a> {
    fn of(condition: &'a Condition) -> Self {
        match condition {
            Condition::Exists(path) => Self::Open(Term::Exists(path)),
            Condition::Absent(path) => Self::Open(Term::Absent(path)),
            // MiniStack takes two absent places for equal.
            Condition::Equal(left @ Operand::Path(path), right @ Operand::Path(_)) => {
                Self::Open(Term::Join(" AND ", vec![Term::Exists(path), Term::Compare(left, "=", right)]))
            }
            Condition::Equal(left, right) => Self::compared(condition, left, "=", right),
            Condition::Below(left, right) => Self::compared(condition, left, "<", right),
            Condition::AtMost(left, right) => Self::compared(condition, left, "<=", right),
            Condition::All(parts) => {
                let parts: Vec<Self> = parts.iter().map(Self::of).collect();
                let is_refuted = parts.iter().any(|part| matches!(part, Self::Never));
                if is_refuted { Self::Never } else { Self::joined(" AND ", parts, Self::Always) }
            }
            Condition::Any(parts) => {
                let parts: Vec<Self> = parts.iter().map(Self::of).collect();
                let is_met = parts.iter().any(|part| matches!(part, Self::Always));
                if is_met { Self::Always } else { Self::joined(" OR ", parts, Self::Never) }
            }
        }
    }

    fn compared(condition: &Condition, left: &'a Operand, sign: &'static str, right: &'a Operand) -> Self {
        match (left, right) {
            (Operand::Value(_), Operand::Value(_)) if judge(condition, None) => Self::Always,
            (Operand::Value(_), Operand::Value(_)) => Self::Never,
            _ => Self::Open(Term::Compare(left, sign, right)),
        }
    }

    fn joined(word: &'static str, parts: Vec<Self>, of_none: Self) -> Self {
        let open = parts.into_iter().filter_map(|part| match part {
            Self::Open(term) => Some(term),
            Self::Always | Self::Never => None,
        });
        let mut open: Vec<Term<'a>> = open.collect();
        match open.len() {
            0 => of_none,
            1 => Self::Open(open.remove(0)),
            _ => Self::Open(Term::Join(word, open)),
        }
    }
}

fn within_limit(what: &str, text: String) -> Result<String, StoreError> {
    if text.len() > EXPRESSION_BYTES {
        let bytes = text.len();
        return Err(StoreError::Invalid(format!(
            "{what}: {bytes} bytes as DynamoDB's expression, the most is {EXPRESSION_BYTES}"
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exists(name: &str) -> Condition {
        Condition::Exists(name.into())
    }

    fn decided(holds: bool) -> Condition {
        Condition::Equal(1_u32.into(), if holds { 1_u32 } else { 2 }.into())
    }

    #[test]
    fn conditions_are_written_with_placeholders_and_as_few_parentheses_as_possible() {
        let (all, any) = (Condition::All, Condition::Any);
        let size = Operand::Size(Path::of(["buyer", "live"]));
        let limit = Operand::Path(Path::of(["buyer", "size"]));
        for (condition, expected) in [
            (exists("size"), Some("attribute_exists(#0)")),
            (Condition::Absent(Path::of(["a.b", "a.b"])), Some("attribute_not_exists(#0.#0)")),
            (Condition::Below(size, limit), Some("size(#0.#1) < #0.#2")),
            (Condition::AtMost(5_u32.into(), Operand::Path("n".into())), Some(":0 <= #0")),
            (
                Condition::Equal(Operand::Path("a".into()), Operand::Path("b".into())),
                Some("attribute_exists(#0) AND #0 = #1"),
            ),
            (all(vec![]), None),
            (any(vec![decided(false), decided(true)]), None),
            (all(vec![exists("a"), decided(true)]), Some("attribute_exists(#0)")),
            (
                all(vec![exists("a"), any(vec![exists("b"), exists("a")])]),
                Some("attribute_exists(#0) AND (attribute_exists(#1) OR attribute_exists(#0))"),
            ),
            (any(vec![]), Some("attribute_exists(#0) AND attribute_not_exists(#0)")),
            (
                all(vec![exists("a"), decided(false)]),
                Some("attribute_exists(#0) AND attribute_not_exists(#0)"),
            ),
        ] {
            let found = Placeholders::default().condition(&condition);
            assert_eq!(found, Ok(expected.map(str::to_owned)), "{condition:?}");
        }
    }

    #[test]
    fn placeholders_stand_for_what_was_written_and_nothing_else() {
        let mut placeholders = Placeholders::default();
        let folded = Condition::All(vec![exists("a"), decided(true)]);
        placeholders.condition(&folded).expect("it is short");
        let (names, values) = placeholders.meanings();
        assert_eq!(names, Some(HashMap::from([("#0".to_owned(), "a".to_owned())])));
        assert_eq!(values, None);
    }

    #[test]
    fn updates_are_grouped_by_their_word() {
        let updates = [
            Update::Remove(Path::of(["live", "call#1"])),
            Update::Set("name".into(), "x".into()),
            Update::Add(Path::of(["counted", "hour"]), Decimal::ONE),
            Update::SetIfAbsent("name2".into(), true.into()),
            Update::Remove("old".into()),
        ];
        assert_eq!(
            Placeholders::default().updates(&updates).as_deref(),
            Ok(
                "SET #2 = :0, #3.#4 = if_not_exists(#3.#4, :1) + :2, #5 = if_not_exists(#5, :3) REMOVE #0.#1, #6"
            )
        );
    }

    #[test]
    fn what_dynamodb_would_not_read_is_invalid() {
        let long = Condition::All((0..300).map(|name| exists(&name.to_string())).collect());
        assert!(matches!(Placeholders::default().condition(&long), Err(StoreError::Invalid(_))));
    }
}
