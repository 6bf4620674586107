//! Many writers at once. However they interleave, conditions hold of what is written.

use std::collections::BTreeSet;

use ringfall_store::port::{Condition, Operand, Path, StoreError, Update, Value, Write, WriteError};
use tokio::task::JoinSet;

use super::{
    Engine, cases,
    requests::{at, decimal, item, number, put, put_if, update, update_if},
};

cases![
    of_64_increments_under_a_cap_of_3_exactly_3_succeed,
    of_64_creators_exactly_one_succeeds,
    no_increment_of_64_is_lost,
    two_items_that_are_written_together_never_differ,
];

const WRITERS: usize = 64;

/// Has every writer make its request at once; gives how many succeeded. The others must have been refused.
async fn successes(engine: &Engine, write: impl Fn(usize) -> Write) -> usize {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (table, write) = (engine.table.clone(), write(writer));
        writers.spawn(async move { table.write(vec![write]).await });
    }
    let answers = writers.join_all().await;
    for answer in &answers {
        assert!(matches!(answer, Ok(_) | Err(WriteError::Refused(_))), "{answer:?}");
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}

async fn of_64_increments_under_a_cap_of_3_exactly_3_succeed(engine: Engine) {
    engine.write_one(put("cap", item([("n", number("0")), ("limit", number("3"))]))).await;
    let increment = |_| update_if("cap", add_one(), Condition::Below(at("n"), at("limit")));
    assert_eq!(successes(&engine, increment).await, 3);
    assert_eq!(engine.get("cap").await, Some(item([("n", number("3")), ("limit", number("3"))])));
}

async fn of_64_creators_exactly_one_succeeds(engine: Engine) {
    let create = |writer: usize| {
        let item = item([("writer", number(&writer.to_string()))]);
        put_if("one", item, Condition::Absent("writer".into()))
    };
    assert_eq!(successes(&engine, create).await, 1);
}

async fn no_increment_of_64_is_lost(engine: Engine) {
    assert_eq!(successes(&engine, |_| update("n", add_one())).await, WRITERS);
    assert_eq!(engine.get("n").await, Some(item([("n", number("64"))])));
}

fn add_one() -> Vec<Update> {
    vec![Update::Add("n".into(), decimal("1"))]
}

/// Each writer takes a place of its own in both items while there is room. A database may report a conflict
/// as unavailability, so a writer tries again; what it finds done already was its own doing.
async fn two_items_that_are_written_together_never_differ(engine: Engine) {
    const ROOM: usize = 10;
    for sort in ["left", "right"] {
        engine.write_one(put(sort, item([("live", Value::empty_map())]))).await;
    }
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let engine = engine.clone();
        writers.spawn(async move { take_place(&engine, &format!("leg#{writer}"), ROOM).await });
    }
    let taken: BTreeSet<String> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken.len(), ROOM);
    for sort in ["left", "right"] {
        let found = engine.get(sort).await.and_then(|item| item.get("live")?.as_map().cloned());
        assert_eq!(found.map(|live| live.into_keys().collect()), Some(taken.clone()), "{sort}");
    }
}

/// The leg's name, if it took a place in both items.
async fn take_place(engine: &Engine, leg: &str, room: usize) -> Option<String> {
    let path = Path::of(["live", leg]);
    let free = Condition::Below(Operand::Size("live".into()), Operand::from(room as u64));
    let condition = Condition::All(vec![free, Condition::Absent(path.clone())]);
    let take =
        |sort: &str| update_if(sort, vec![Update::Set(path.clone(), Value::from(true))], condition.clone());
    loop {
        match engine.table.write(vec![take("left"), take("right")]).await {
            Ok(_) => return Some(leg.to_owned()),
            Err(WriteError::Refused(refusals)) => {
                let item = refusals.into_iter().flatten().find_map(|refusal| refusal.item);
                let live = item.as_ref().and_then(|item| item.get("live")?.as_map());
                return live.is_some_and(|live| live.contains_key(leg)).then(|| leg.to_owned());
            }
            Err(WriteError::Store(StoreError::Unavailable(_))) => {
                tokio::time::sleep(engine.patience.pause).await;
            }
            Err(WriteError::Store(error)) => unreachable!("nothing is wrong with the request: {error}"),
        }
    }
}
