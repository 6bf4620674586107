//! Reading and writing filters. Size and depth are counted while reading, so that nothing larger is ever built.

use std::{cell::Cell, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};

use super::{Branches, Condition, Field, Filter, Operator, leaf::Leaf, value::Value};

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let room = Cell::new(Self::MOST_CONDITIONS);
        let root = Room { conditions: &room, levels: Self::MOST_LEVELS };
        de::DeserializeSeed::deserialize(root, deserializer).map(Self)
    }
}

/// What may still be read.
#[derive(Clone, Copy)]
struct Room<'a> {
    conditions: &'a Cell<usize>,
    levels: usize,
}

impl Room<'_> {
    fn take<E: de::Error>(self) -> Result<Self, E> {
        let conditions = self.conditions.get().checked_sub(1).ok_or_else(|| {
            E::custom(format_args!("a filter has at most {} conditions", Filter::MOST_CONDITIONS))
        })?;
        let levels = self.levels.checked_sub(1).ok_or_else(|| {
            E::custom(format_args!("conditions are nested at most {} deep", Filter::MOST_LEVELS))
        })?;
        self.conditions.set(conditions);
        Ok(Self { levels, ..self })
    }
}

impl<'de> de::DeserializeSeed<'de> for Room<'_> {
    type Value = Condition;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Condition, D::Error> {
        deserializer.deserialize_map(ConditionVisitor(self.take()?))
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Member {
    All,
    Any,
    Not,
    Field,
    Op,
    Value,
}

/// What one condition was seen to have.
#[derive(Default)]
struct Members {
    branch: Option<Condition>,
    field: Option<Field>,
    op: Option<Operator>,
    value: Option<Value>,
}

struct ConditionVisitor<'a>(Room<'a>);

impl<'de> de::Visitor<'de> for ConditionVisitor<'_> {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition: `all`, `any` or `not`, or `field` with `op` and `value`")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
        let mut seen = Members::default();
        while let Some(member) = map.next_key()? {
            match member {
                Member::All => {
                    let branches = map.next_value_seed(BranchesSeed(self.0))?;
                    once(&mut seen.branch, Condition::All(branches))?;
                }
                Member::Any => {
                    let branches = map.next_value_seed(BranchesSeed(self.0))?;
                    once(&mut seen.branch, Condition::Any(branches))?;
                }
                Member::Not => {
                    let inner = map.next_value_seed(self.0)?;
                    once(&mut seen.branch, Condition::Not(Box::new(inner)))?;
                }
                Member::Field => once(&mut seen.field, map.next_value()?)?,
                Member::Op => once(&mut seen.op, map.next_value()?)?,
                Member::Value => once(&mut seen.value, map.next_value()?)?,
            }
        }
        seen.into_condition()
    }
}

/// Keeps the first of its kind and refuses a second.
fn once<T, E: de::Error>(slot: &mut Option<T>, value: T) -> Result<(), E> {
    if slot.replace(value).is_some() {
        return Err(E::custom("a condition has each member once, and only one of `all`, `any` and `not`"));
    }
    Ok(())
}

impl Members {
    fn into_condition<E: de::Error>(self) -> Result<Condition, E> {
        let is_comparison = self.field.is_some() || self.op.is_some() || self.value.is_some();
        match self.branch {
            Some(_) if is_comparison => Err(E::custom(
                "a condition is one of `all`, `any`, `not`, or a `field` with `op` and `value`, not both",
            )),
            Some(branch) => Ok(branch),
            None if !is_comparison => Err(E::custom(
                "an empty condition; give `all`, `any` or `not`, or a `field` with `op` and `value`",
            )),
            None => {
                let field = self.field.ok_or_else(|| E::missing_field("field"))?;
                let op = self.op.ok_or_else(|| E::missing_field("op"))?;
                Leaf::new(field, op, self.value).map(Condition::Leaf).map_err(E::custom)
            }
        }
    }
}

struct BranchesSeed<'a>(Room<'a>);

impl<'de> de::DeserializeSeed<'de> for BranchesSeed<'_> {
    type Value = Branches;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Branches, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> de::Visitor<'de> for BranchesSeed<'_> {
    type Value = Branches;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of one or more conditions")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Branches, A::Error> {
        let first = items.next_element_seed(self.0)?;
        let first = first.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let mut rest = Vec::new();
        while let Some(branch) = items.next_element_seed(self.0)? {
            rest.push(branch);
        }
        Ok(Branches { first: Box::new(first), rest: rest.into() })
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut condition = serializer.serialize_struct("Condition", 3)?;
        match self {
            Self::All(branches) => condition.serialize_field("all", branches)?,
            Self::Any(branches) => condition.serialize_field("any", branches)?,
            Self::Not(inner) => condition.serialize_field("not", inner)?,
            Self::Leaf(leaf) => {
                condition.serialize_field("field", &leaf.field)?;
                condition.serialize_field("op", &leaf.op)?;
                match &leaf.value {
                    Some(value) => condition.serialize_field("value", value)?,
                    None => condition.skip_field("value")?,
                }
            }
        }
        condition.end()
    }
}

impl Serialize for Branches {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
