//! The law that any sequence of requests has the same answers from both engines.

mod arbitrary;

use jiff::Timestamp;
use proptest::{collection, prop_assert_eq, proptest, test_runner::TestCaseError};
use tokio::runtime;

pub(super) use self::arbitrary::any_item;
use self::arbitrary::{Request, request};
use super::{lane::Serial, memory::MemoryStore, sqlite::SqliteStore};
use crate::port::{
    Delivery, Direction, Feed, Messages, Page, Position, Progress, Range, Reading, Receipt, SharedItem,
    StoreError, Table, WriteError, Written,
};

/// Everything that a caller learns from a request.
#[derive(Debug, PartialEq)]
enum Answer {
    Written(Result<Vec<Written>, WriteError>),
    Items(Result<Vec<Option<SharedItem>>, StoreError>),
    Page(Result<Page, StoreError>),
    Deliveries(Result<Vec<Delivery>, StoreError>),
    Changes(Result<Reading, StoreError>),
    Done(Result<(), StoreError>),
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("it is in the first minutes of 1970")
}

fn position(changes: u64) -> Position {
    let mark = Serial(changes).mark();
    let mut position = Position::default();
    position.set(mark.lane, Progress::Through(mark.place));
    position
}

async fn answer<S: Table + Messages + Feed>(
    store: &S,
    request: Request,
    receipts: &mut Vec<Receipt>,
) -> Answer {
    let receipt = |place: usize| receipts.get(place).cloned().unwrap_or(Receipt("unknown".to_owned()));
    match request {
        Request::Write(writes) => Answer::Written(store.write(writes).await),
        Request::Get(keys) => Answer::Items(store.get_many(&keys).await),
        Request::Query(partition, range, direction, limit) => {
            Answer::Page(store.query(&partition, &range, direction, limit).await)
        }
        Request::Send(body, due) => Answer::Done(store.send(body, at(due)).await),
        Request::Receive(now, hidden, limit) => {
            let received = store.receive(at(now), hidden, limit).await;
            receipts.extend(received.iter().flatten().map(|delivery| delivery.receipt.clone()));
            Answer::Deliveries(received)
        }
        Request::Acknowledge(place) => Answer::Done(store.acknowledge(&receipt(place)).await),
        Request::Postpone(place, due) => Answer::Done(store.postpone(&receipt(place), at(due)).await),
        Request::Read(after, limit) => Answer::Changes(store.read(&position(after), limit, |_| true).await),
        Request::Forget(through) => Answer::Done(store.forget(&position(through)).await),
    }
}

/// What is left at the end: every item, every change, every message.
async fn rest<S: Table + Messages + Feed>(store: &S) -> [Answer; 4] {
    let all = Range::default();
    [
        Answer::Page(store.query("p", &all, Direction::Ascending, 100).await),
        Answer::Page(store.query("q", &all, Direction::Descending, 100).await),
        Answer::Changes(store.read(&position(0), 1_000, |_| true).await),
        Answer::Deliveries(store.receive(at(1_000), 0, 1_000).await),
    ]
}

/// Has both engines answer the same requests; in between, the one with a file is closed and opened again.
async fn compare(before: Vec<Request>, after: Vec<Request>) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let memory = MemoryStore::new();
    let (mut given, mut given_by_sqlite) = (Vec::new(), Vec::new());
    for requests in [before, after] {
        let sqlite = SqliteStore::open(&path).expect("the folder is new");
        for request in requests {
            let expected = answer(&memory, request.clone(), &mut given).await;
            let found = answer(&sqlite, request.clone(), &mut given_by_sqlite).await;
            prop_assert_eq!(expected, found, "{:?}", request);
        }
        prop_assert_eq!(rest(&memory).await, rest(&sqlite).await);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_requests_have_the_same_answers_from_both_engines(
        before in collection::vec(request(), 0..30),
        after in collection::vec(request(), 0..30),
    ) {
        let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(compare(before, after))?;
    }
}
