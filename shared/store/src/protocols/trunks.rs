//! All trunks, for the relays that take their calls.

use ringfall_domain::{ids::ConnectionId, phone::PhoneNumber};

use crate::{
    port::{Direction, Range, StoreError, Table},
    records::{
        attributes::damaged,
        pointer::{ConnectionPointer, decode_connection},
        trunk::{Entry, PARTITION, entry},
    },
};

/// A connection over which a relay takes calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkRecord {
    /// Its id.
    pub connection: ConnectionId,
    /// Whose it is, and its document.
    pub pointer: ConnectionPointer,
    /// The numbers that are reached over it, in their order.
    pub numbers: Vec<PhoneNumber>,
}

/// Every trunk of every account, in the order of their ids.
pub async fn list_trunks(table: &dyn Table) -> Result<Vec<TrunkRecord>, StoreError> {
    const READ: usize = 1_000;
    let mut trunks: Vec<TrunkRecord> = Vec::new();
    let mut range = Range::default();
    loop {
        let page = table.query(PARTITION, &range, Direction::Ascending, READ).await?;
        for (key, item) in &page.items {
            match entry(key).ok_or_else(|| damaged("sort key", "a connection's id, and a number"))? {
                Entry::Trunk(connection) => {
                    let pointer = decode_connection(item)?;
                    trunks.push(TrunkRecord { connection, pointer, numbers: Vec::new() });
                }
                // A number whose connection is not there was left behind by nobody that we know of, and is reached by nobody.
                Entry::Number(connection, number) => {
                    if let Some(trunk) = trunks.last_mut().filter(|trunk| trunk.connection == connection) {
                        trunk.numbers.push(number);
                    }
                }
            }
        }
        match page.items.last().filter(|_| page.more) {
            Some((key, _)) => range = range.behind(&key.sort, Direction::Ascending),
            None => return Ok(trunks),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringfall_domain::ids::AccountId;

    use super::*;
    use crate::{
        engines::memory::MemoryStore,
        port::Write,
        records::trunk::{encode, encode_number, key, number_key},
    };

    #[tokio::test]
    async fn trunks_are_told_with_their_numbers_however_many_pages_they_take() {
        let store = MemoryStore::new();
        let connection = |n| ConnectionId::from_parts(1, n);
        let number = |n: u32| -> PhoneNumber { format!("+1800555{n:04}").parse().expect("a number") };
        let pointer = |n| ConnectionPointer {
            account: AccountId::from_parts(1, n),
            document: format!("{{\"n\": {n}}}"),
        };
        let put = |key, item| Write::Put { key, item, condition: None };
        let mut writes: Vec<Write> = (1..=3).map(|n| put(key(connection(n)), encode(&pointer(n)))).collect();
        writes.extend((0..1_500).map(|n| put(number_key(connection(2), &number(n)), encode_number())));
        writes.push(put(number_key(connection(3), &number(7)), encode_number()));
        writes.push(put(number_key(connection(9), &number(7)), encode_number()));
        for some in writes.chunks(100) {
            store.write(some.to_vec()).await.expect("written");
        }
        let trunks = list_trunks(&store).await.expect("trunks");
        let counts: Vec<_> = trunks.iter().map(|trunk| (trunk.connection, trunk.numbers.len())).collect();
        assert_eq!(counts, [(connection(1), 0), (connection(2), 1_500), (connection(3), 1)]);
        assert_eq!(trunks[1].pointer, pointer(2));
        assert!(trunks[1].numbers.is_sorted());
        assert_eq!(trunks[2].numbers, [number(7)]);
    }
}
