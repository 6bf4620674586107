//! A request that carries an idempotency key is carried out once.
//!
//! Whoever begins it has it for itself for a while. A process that dies leaves it behind unanswered; the next try then takes
//! it over with the same [`Seed`], makes the same ids, and finds what the first created instead of creating it again.

use jiff::{SignedDuration, Timestamp};
use ringfall_domain::ids::AccountId;

use crate::{
    port::{Condition, Direction, Operand, Range, StoreError, Table, Update, Write, WriteError},
    records::idempotency::{
        BUSY_UNTIL, EXPIRES_AT_SECONDS, KEPT_FOR, Progress, RESPONSE, RequestDigest, RequestRecord, Seed,
        StoredResponse, decode, encode, encode_response, expires_at_seconds, key, partition,
    },
};

/// How long whoever begins a request has it for itself: longer than any request takes.
pub const BUSY_FOR: SignedDuration = SignedDuration::from_secs(60);

/// A request with its idempotency key.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// Whose.
    pub account: AccountId,
    /// The digest of the idempotency key.
    pub idempotency_key: RequestDigest,
    /// The digest of all that makes the request what it is.
    pub request: RequestDigest,
}

/// The right to carry out a request.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What its ids are to be made of.
    pub seed: Seed,
    /// Whether an earlier try may have done something already.
    pub is_taken_over: bool,
    busy_until: Timestamp,
}

/// What to do with a request.
#[derive(Debug, Clone)]
pub enum Begun {
    /// Carry it out.
    Yours(Turn),
    /// Nothing: it was answered, and is to be answered the same.
    Answered(StoredResponse),
    /// Nothing: somebody else is at it.
    InProgress,
    /// Nothing: the key was used for another request.
    OtherRequest,
}

/// Begins a request. `seed` is for one that was never begun.
pub async fn begin(
    table: &dyn Table,
    keyed: &Keyed,
    seed: Seed,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    let item = table.get(&key(keyed.account, &keyed.idempotency_key)).await?;
    let record = item.as_deref().map(decode).transpose()?;
    let known = record.filter(|record| record.expires_at_seconds > now.as_second());
    let (seed, is_taken_over) = match known {
        None => (seed, false),
        Some(known) if known.request != keyed.request => return Ok(Begun::OtherRequest),
        Some(RequestRecord { progress: Progress::Answered(response), .. }) => {
            return Ok(Begun::Answered(response));
        }
        Some(RequestRecord { progress: Progress::Busy { until }, .. }) if until > now => {
            return Ok(Begun::InProgress);
        }
        Some(abandoned) => (abandoned.seed, true),
    };
    let turn = Turn { seed, is_taken_over, busy_until: now + BUSY_FOR };
    if !write(table, put(keyed, &turn, item.as_deref(), now)?).await? {
        return Ok(Begun::InProgress);
    }
    if !is_taken_over {
        forget_neighbours(table, keyed, now).await?;
    }
    Ok(Begun::Yours(turn))
}

/// Keeps the answer. If another has taken the request over meanwhile, its answer is the one that is kept.
pub async fn finish(
    table: &dyn Table,
    keyed: &Keyed,
    turn: &Turn,
    response: &StoredResponse,
) -> Result<(), StoreError> {
    let updates =
        vec![Update::Set(RESPONSE.into(), encode_response(response)), Update::Remove(BUSY_UNTIL.into())];
    write(table, update(keyed, turn, updates)).await.map(drop)
}

/// Lets others try again at once: what came of this try is not known, or an earlier one may have done something.
pub async fn give_back(
    table: &dyn Table,
    keyed: &Keyed,
    turn: &Turn,
    now: Timestamp,
) -> Result<(), StoreError> {
    let updates = vec![Update::Set(BUSY_UNTIL.into(), now.to_string().into())];
    write(table, update(keyed, turn, updates)).await.map(drop)
}

/// Forgets a request that was refused and did nothing: a corrected one may carry the same key.
pub async fn forget(table: &dyn Table, keyed: &Keyed, turn: &Turn) -> Result<(), StoreError> {
    let key = key(keyed.account, &keyed.idempotency_key);
    write(table, Write::Delete { key, condition: Some(is_mine(turn)) }).await.map(drop)
}

fn put(
    keyed: &Keyed,
    turn: &Turn,
    read: Option<&crate::port::Item>,
    now: Timestamp,
) -> Result<Write, StoreError> {
    let record = RequestRecord {
        request: keyed.request.clone(),
        seed: turn.seed,
        progress: Progress::Busy { until: turn.busy_until },
        expires_at_seconds: (now + KEPT_FOR).as_second(),
    };
    let unchanged = match read {
        None => Condition::Absent(EXPIRES_AT_SECONDS.into()),
        Some(read) => {
            let expires =
                Condition::Equal(Operand::Path(EXPIRES_AT_SECONDS.into()), expires_at_seconds(read)?.into());
            let busy = match read.get(BUSY_UNTIL) {
                None => Condition::Absent(BUSY_UNTIL.into()),
                Some(until) => {
                    Condition::Equal(Operand::Path(BUSY_UNTIL.into()), Operand::Value(until.clone()))
                }
            };
            Condition::All(vec![expires, busy])
        }
    };
    Ok(Write::Put {
        key: key(keyed.account, &keyed.idempotency_key),
        item: encode(&record),
        condition: Some(unchanged),
    })
}

fn update(keyed: &Keyed, turn: &Turn, updates: Vec<Update>) -> Write {
    let key = key(keyed.account, &keyed.idempotency_key);
    Write::Update { key, updates, condition: Some(is_mine(turn)) }
}

fn is_mine(turn: &Turn) -> Condition {
    Condition::Equal(Operand::Path(BUSY_UNTIL.into()), turn.busy_until.to_string().into())
}

/// Each new request clears away expired ones that stand beside it. Since digests fall evenly, the expired ones come to no more
/// than a fraction of the others, and nothing needs to search for them.
async fn forget_neighbours(table: &dyn Table, keyed: &Keyed, now: Timestamp) -> Result<(), StoreError> {
    const LOOKED_AT: usize = 5;
    let range = Range { from: Some(keyed.idempotency_key.to_string()), to: None };
    let page = table.query(&partition(keyed.account), &range, Direction::Ascending, LOOKED_AT).await?;
    for (key, item) in page.items {
        let expires_at = expires_at_seconds(&item)?;
        if expires_at <= now.as_second() {
            let unchanged = Condition::Equal(Operand::Path(EXPIRES_AT_SECONDS.into()), expires_at.into());
            write(table, Write::Delete { key, condition: Some(unchanged) }).await?;
        }
    }
    Ok(())
}

/// True if the write's condition held.
async fn write(table: &dyn Table, write: Write) -> Result<bool, StoreError> {
    match table.write(vec![write]).await {
        Ok(_) => Ok(true),
        Err(WriteError::Refused(_)) => Ok(false),
        Err(WriteError::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::memory::MemoryStore;

    fn keyed(request: &str) -> Keyed {
        Keyed {
            account: AccountId::from_parts(1, 1),
            idempotency_key: RequestDigest::of(&[b"key"]),
            request: RequestDigest::of(&[request.as_bytes()]),
        }
    }

    fn seed(random: u128) -> Seed {
        Seed { milliseconds: 1, random }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    fn response() -> StoredResponse {
        StoredResponse { status: 201, headers: [("etag".into(), "\"1\"".into())].into(), body: "{}".into() }
    }

    async fn yours(store: &MemoryStore, request: &str, random: u128, seconds: i64) -> Turn {
        match begin(store, &keyed(request), seed(random), at(seconds)).await.expect("a store") {
            Begun::Yours(turn) => turn,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn an_answer_is_given_again_for_a_day_and_to_nothing_else() {
        let store = MemoryStore::new();
        let turn = yours(&store, "a", 1, 0).await;
        let busy = begin(&store, &keyed("a"), seed(2), at(1)).await.expect("a store");
        assert!(matches!(busy, Begun::InProgress), "{busy:?}");
        finish(&store, &keyed("a"), &turn, &response()).await.expect("a store");
        let again = begin(&store, &keyed("a"), seed(2), at(86_399)).await.expect("a store");
        assert!(matches!(&again, Begun::Answered(kept) if *kept == response()), "{again:?}");
        let other = begin(&store, &keyed("b"), seed(2), at(86_399)).await.expect("a store");
        assert!(matches!(other, Begun::OtherRequest), "{other:?}");
        assert_eq!(yours(&store, "b", 3, 86_400).await.seed, seed(3));
    }

    #[tokio::test]
    async fn a_try_that_died_is_taken_over_with_its_ids() {
        let store = MemoryStore::new();
        let died = yours(&store, "a", 1, 0).await;
        let next = yours(&store, "a", 2, BUSY_FOR.as_secs()).await;
        assert_eq!((next.seed, next.is_taken_over), (seed(1), true));
        finish(&store, &keyed("a"), &died, &response()).await.expect("a store");
        let again = begin(&store, &keyed("a"), seed(3), at(61)).await.expect("a store");
        assert!(matches!(again, Begun::InProgress), "the late answer of the dead must not count: {again:?}");
    }

    #[tokio::test]
    async fn what_was_refused_is_forgotten_and_what_failed_is_not() {
        let store = MemoryStore::new();
        let refused = yours(&store, "a", 1, 0).await;
        forget(&store, &keyed("a"), &refused).await.expect("a store");
        let failed = yours(&store, "corrected", 2, 1).await;
        give_back(&store, &keyed("corrected"), &failed, at(2)).await.expect("a store");
        assert_eq!(yours(&store, "corrected", 3, 2).await.seed, seed(2));
    }

    #[tokio::test]
    async fn expired_requests_are_cleared_away_by_new_ones() {
        let store = MemoryStore::new();
        for day in 0..40 {
            let number: i64 = day * 90_000;
            for request in 0..20 {
                let name = format!("{day}/{request}");
                let keyed = Keyed {
                    account: AccountId::from_parts(1, 1),
                    idempotency_key: RequestDigest::of(&[name.as_bytes()]),
                    request: RequestDigest::of(&[name.as_bytes()]),
                };
                begin(&store, &keyed, seed(1), at(number)).await.expect("a store");
            }
        }
        let all = Range::default();
        let partition = partition(AccountId::from_parts(1, 1));
        let left = store.query(&partition, &all, Direction::Ascending, 1_000).await.expect("a store");
        assert!(left.items.len() < 60, "{} of 800 are left", left.items.len());
    }
}
