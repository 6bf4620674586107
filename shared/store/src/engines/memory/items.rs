//! The items of the table.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

use crate::{
    engines::{interpreter::item_bytes, page::Room},
    port::{Direction, Key, Page, Range, SharedItem, Sheet, Wanted},
};

/// Items by partition, then by sort key.
#[derive(Debug, Default)]
pub(super) struct Items(BTreeMap<String, BTreeMap<String, SharedItem>>);

impl Items {
    pub(super) fn get(&self, key: &Key) -> Option<&SharedItem> {
        self.0.get(&key.partition)?.get(&key.sort)
    }

    /// Puts the item, or deletes it if it is none; gives what stood there.
    pub(super) fn replace(&mut self, key: &Key, item: Option<SharedItem>) -> Option<SharedItem> {
        match item {
            Some(item) => self.0.entry(key.partition.clone()).or_default().insert(key.sort.clone(), item),
            None => {
                let partition = self.0.get_mut(&key.partition)?;
                let old = partition.remove(&key.sort);
                if partition.is_empty() {
                    self.0.remove(&key.partition);
                }
                old
            }
        }
    }

    pub(super) fn query(&self, partition: &str, range: &Range, direction: Direction, limit: usize) -> Page {
        let Some(items) = self.0.get(partition) else {
            return Page { items: Vec::new(), more: false };
        };
        if matches!((&range.from, &range.to), (Some(from), Some(to)) if from >= to) {
            return Page { items: Vec::new(), more: false };
        }
        let from = range.from.as_deref().map_or(Unbounded, Included);
        let to = range.to.as_deref().map_or(Unbounded, Excluded);
        let within = items.range::<str, _>((from, to));
        match direction {
            Direction::Ascending => page(partition, within, limit),
            Direction::Descending => page(partition, within.rev(), limit),
        }
    }

    /// The wanted ones of the items behind a key, in the order of their keys.
    pub(super) fn survey(&self, after: Option<&Key>, limit: usize, wanted: Wanted) -> Sheet {
        let mut room = Room::for_parts(limit);
        let (mut items, mut last) = (Vec::new(), None);
        for (key, item) in self.behind(after) {
            if room.is_full() {
                return Sheet { items, next: last };
            }
            room.take(item_bytes(&key, item));
            if wanted(&key) {
                items.push((key.clone(), item.clone()));
            }
            last = Some(key);
        }
        Sheet { items, next: None }
    }

    fn behind<'a>(&'a self, after: Option<&'a Key>) -> impl Iterator<Item = (Key, &'a SharedItem)> {
        let partitions = self.0.range::<str, _>((
            after.map_or(Unbounded, |after| Included(after.partition.as_str())),
            Unbounded,
        ));
        partitions.flat_map(move |(partition, items)| {
            let first = after.filter(|after| after.partition == *partition);
            let from = first.map_or(Unbounded, |after| Excluded(after.sort.as_str()));
            let items = items.range::<str, _>((from, Unbounded));
            items.map(move |(sort, item)| (Key::new(partition, sort), item))
        })
    }
}

fn page<'a>(
    partition: &str,
    within: impl Iterator<Item = (&'a String, &'a SharedItem)>,
    limit: usize,
) -> Page {
    let mut room = Room::for_parts(limit);
    let mut items = Vec::new();
    for (sort, item) in within {
        if room.is_full() {
            return Page { items, more: true };
        }
        let key = Key::new(partition, sort);
        room.take(item_bytes(&key, item));
        items.push((key, item.clone()));
    }
    Page { items, more: false }
}
