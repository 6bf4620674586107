//! Reading items, always strongly consistent.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};

use super::{
    DynamoTable,
    expression::Placeholders,
    value::{Attributes, PARTITION, SORT, decode, encode_key},
};
use crate::{
    engines::dynamodb::{
        attempts::{Failure, Patience, Repeatable, persist},
        meter::Operation,
    },
    port::{Direction, Key, Page, Range, SharedItem, StoreError},
};

/// The most items of one page.
const PAGE_ITEMS: usize = 1_000;

impl DynamoTable {
    pub(super) async fn get_item(&self, key: &Key) -> Result<Option<SharedItem>, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(encode_key(key)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let send = || {
            let attempt = request.clone().send();
            async { attempt.await.map_err(|error| Failure::of(&error)) }
        };
        let answer = persist(Repeatable::Yes, send).await?;
        self.meter(Operation::GetItem, &answer.consumed_capacity);
        answer.item.map(|item| Ok(decode(item)?.1)).transpose()
    }

    pub(super) async fn batch_get_item(&self, keys: &[Key]) -> Result<Vec<Option<SharedItem>>, StoreError> {
        let mut found: HashMap<Key, SharedItem> = HashMap::new();
        let mut wanted: Vec<Attributes> = keys.iter().map(encode_key).collect();
        let mut patience = Patience::new();
        while !wanted.is_empty() {
            let left = self.batch_get_some(wanted, &mut found).await?;
            // DynamoDB leaves out what goes beyond 16 MB, or beyond the table's throughput.
            if !left.is_empty() && !patience.pause().await {
                return Err(StoreError::Unavailable(format!(
                    "DynamoDB has left {} items unread",
                    left.len()
                )));
            }
            wanted = left;
        }
        Ok(keys.iter().map(|key| found.remove(key)).collect())
    }

    /// Adds what it finds, and gives the keys that were left out.
    async fn batch_get_some(
        &self,
        wanted: Vec<Attributes>,
        found: &mut HashMap<Key, SharedItem>,
    ) -> Result<Vec<Attributes>, StoreError> {
        let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
        let keys = keys.map_err(|error| StoreError::Invalid(error.to_string()))?;
        let request = self
            .client
            .batch_get_item()
            .request_items(&self.name, keys)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let send = || {
            let attempt = request.clone().send();
            async { attempt.await.map_err(|error| Failure::of(&error)) }
        };
        let answer = persist(Repeatable::Yes, send).await?;
        self.meter(Operation::BatchGetItem, answer.consumed_capacity.iter().flatten());
        for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
            let (key, item) = decode(item)?;
            found.insert(key, item);
        }
        let left = answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
        Ok(left.flat_map(|left| left.keys).collect())
    }

    pub(super) async fn query_items(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page, StoreError> {
        if matches!((&range.from, &range.to), (Some(from), Some(to)) if from >= to) {
            return Ok(Page { items: Vec::new(), more: false });
        }
        let limit = limit.min(PAGE_ITEMS);
        let mut start = None;
        loop {
            let (items, next) = self.query_page(partition, range, direction, limit, start).await?;
            if !items.is_empty() || next.is_none() {
                return Ok(page(items, next.is_some(), limit));
            }
            start = next;
        }
    }

    /// One of DynamoDB's pages, and where the next begins.
    async fn query_page(
        &self,
        partition: &str,
        range: &Range,
        direction: Direction,
        limit: usize,
        start: Option<Attributes>,
    ) -> Result<(Vec<(Key, SharedItem)>, Option<Attributes>), StoreError> {
        let (condition, placeholders) = key_condition(partition, range);
        let (names, values) = placeholders.meanings();
        // One more, for the item at the end of the range, which is not wanted.
        let asked = limit + usize::from(range.from.is_some() && range.to.is_some());
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .scan_index_forward(direction == Direction::Ascending)
            .limit(i32::try_from(asked).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let send = || {
            let attempt = request.clone().send();
            async { attempt.await.map_err(|error| Failure::of(&error)) }
        };
        let answer = persist(Repeatable::Yes, send).await?;
        self.meter(Operation::Query, &answer.consumed_capacity);
        let items = answer.items.unwrap_or_default().into_iter().map(decode);
        let is_wanted = |found: &Result<(Key, SharedItem), StoreError>| match (found, &range.to) {
            (Ok((key, _)), Some(to)) => key.sort != *to,
            (Err(_), _) | (_, None) => true,
        };
        Ok((items.filter(is_wanted).collect::<Result<_, _>>()?, answer.last_evaluated_key))
    }
}

/// DynamoDB's condition for a partition and a range. It knows no range between two keys that ends before the second:
/// the item at its end is taken out later.
fn key_condition(partition: &str, range: &Range) -> (String, Placeholders) {
    let mut placeholders = Placeholders::default();
    let mut condition = format!("{} = {}", placeholders.name(PARTITION), placeholders.text(partition));
    let within = match (&range.from, &range.to) {
        (None, None) => None,
        (Some(from), None) => Some(format!(">= {}", placeholders.text(from))),
        (None, Some(to)) => Some(format!("< {}", placeholders.text(to))),
        (Some(from), Some(to)) => {
            Some(format!("BETWEEN {} AND {}", placeholders.text(from), placeholders.text(to)))
        }
    };
    if let Some(within) = within {
        condition += &format!(" AND {} {within}", placeholders.name(SORT));
    }
    (condition, placeholders)
}

/// At most so many of the items found.
fn page(mut items: Vec<(Key, SharedItem)>, more: bool, limit: usize) -> Page {
    let more = more || items.len() > limit;
    items.truncate(limit);
    Page { items, more }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_becomes_one_condition_on_the_sort_key() {
        for (from, to, expected) in [
            (None, None, "#0 = :0"),
            (Some("a"), None, "#0 = :0 AND #1 >= :1"),
            (None, Some("b"), "#0 = :0 AND #1 < :1"),
            (Some("a"), Some("b"), "#0 = :0 AND #1 BETWEEN :1 AND :2"),
        ] {
            let range = Range { from: from.map(str::to_owned), to: to.map(str::to_owned) };
            assert_eq!(key_condition("p", &range).0, expected);
        }
    }
}
