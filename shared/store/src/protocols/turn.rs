//! Turns at the change feed: of several that are called to consume it, one does, for all.
//!
//! Who comes while another is at it says so and goes; who is at it looks once more before it leaves. So nothing that was there when somebody
//! came is left behind, and the feed is not read twice. A turn that is never left ends by itself.

use jiff::Timestamp;

use crate::{
    port::{Condition, Key, Operand, Path, StoreError, Table, Update, Write, WriteError},
    records::attributes::instant,
};

const HOLDER: &str = "holder";
const UNTIL: &str = "until";
const MORE: &str = "more";
/// Tries to take a turn that others take and leave at the same moment.
const ATTEMPTS: usize = 5;

/// Who wants a turn: drawn anew each time.
pub type Holder = u128;

/// What came of asking for a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is ours.
    Ours,
    /// Another is at it, and will look once more.
    Others,
}

/// What came of leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The turn is over.
    Over,
    /// Somebody came meanwhile: it goes on, and is to be left again.
    MoreCame,
}

fn key() -> Key {
    Key::new("S#rollup", "TURN")
}

fn is_ours(holder: Holder) -> Condition {
    Condition::Equal(Operand::Path(HOLDER.into()), holder.to_string().into())
}

/// Takes the turn until an instant, unless somebody has it.
pub async fn take(
    table: &dyn Table,
    holder: Holder,
    now: Timestamp,
    until: Timestamp,
) -> Result<Taken, StoreError> {
    for _ in 0..ATTEMPTS {
        let is_free = Condition::Any(vec![
            Condition::Absent(HOLDER.into()),
            Condition::Below(Operand::Path(UNTIL.into()), instant(now).into()),
        ]);
        let ours = vec![
            Update::Set(HOLDER.into(), holder.to_string().into()),
            Update::Set(UNTIL.into(), instant(until)),
            Update::Remove(MORE.into()),
        ];
        if update(table, ours, is_free).await? {
            return Ok(Taken::Ours);
        }
        let came = vec![Update::Set(MORE.into(), true.into())];
        if update(table, came, Condition::Exists(Path::from(HOLDER))).await? {
            return Ok(Taken::Others);
        }
    }
    Err(StoreError::Unavailable("others take and leave the feed's turn at the same time".to_owned()))
}

/// Leaves the turn, unless somebody came since it was taken or last tried to be left.
pub async fn leave(table: &dyn Table, holder: Holder) -> Result<Left, StoreError> {
    let nobody_came = Condition::All(vec![is_ours(holder), Condition::Absent(MORE.into())]);
    if delete(table, nobody_came).await? {
        return Ok(Left::Over);
    }
    // Refused too if it ended by itself, and another has it.
    let seen = update(table, vec![Update::Remove(MORE.into())], is_ours(holder)).await?;
    Ok(if seen { Left::MoreCame } else { Left::Over })
}

/// Leaves the turn although there is more to do: whoever is called next goes on.
pub async fn give_up(table: &dyn Table, holder: Holder) -> Result<(), StoreError> {
    delete(table, is_ours(holder)).await.map(drop)
}

async fn update(table: &dyn Table, updates: Vec<Update>, condition: Condition) -> Result<bool, StoreError> {
    happened(table.write(vec![Write::Update { key: key(), updates, condition: Some(condition) }]).await)
}

async fn delete(table: &dyn Table, condition: Condition) -> Result<bool, StoreError> {
    happened(table.write(vec![Write::Delete { key: key(), condition: Some(condition) }]).await)
}

fn happened<T>(written: Result<T, WriteError>) -> Result<bool, StoreError> {
    match written {
        Ok(_) => Ok(true),
        Err(WriteError::Refused(_)) => Ok(false),
        Err(WriteError::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::memory::MemoryStore;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + seconds).expect("a time in 2026")
    }

    #[tokio::test]
    async fn who_comes_while_another_is_at_it_is_looked_after() {
        let store = MemoryStore::new();
        assert_eq!(take(&store, 1, at(0), at(60)).await, Ok(Taken::Ours));
        assert_eq!(take(&store, 2, at(1), at(61)).await, Ok(Taken::Others));
        assert_eq!(take(&store, 3, at(1), at(61)).await, Ok(Taken::Others));
        assert_eq!(leave(&store, 1).await, Ok(Left::MoreCame));
        assert_eq!(take(&store, 4, at(2), at(62)).await, Ok(Taken::Others), "it was not left");
        assert_eq!(leave(&store, 1).await, Ok(Left::MoreCame));
        assert_eq!(leave(&store, 1).await, Ok(Left::Over));
        assert_eq!(take(&store, 5, at(3), at(63)).await, Ok(Taken::Ours));
    }

    #[tokio::test]
    async fn a_turn_that_is_never_left_ends_and_its_holder_takes_nothing_from_the_next() {
        let store = MemoryStore::new();
        assert_eq!(take(&store, 1, at(0), at(60)).await, Ok(Taken::Ours));
        assert_eq!(take(&store, 2, at(60), at(120)).await, Ok(Taken::Others));
        assert_eq!(take(&store, 3, at(61), at(121)).await, Ok(Taken::Ours));
        assert_eq!(leave(&store, 1).await, Ok(Left::Over));
        assert_eq!(give_up(&store, 1).await, Ok(()));
        assert_eq!(take(&store, 4, at(62), at(122)).await, Ok(Taken::Others), "the third's turn goes on");
        assert_eq!(give_up(&store, 3).await, Ok(()));
        assert_eq!(take(&store, 5, at(63), at(123)).await, Ok(Taken::Ours), "whoever comes goes on");
    }
}
