//! The change feed.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use crate::{
    engines::{
        interpreter::item_bytes,
        lane::{Found, Serial},
        page::Room,
    },
    port::{Change, Key, SharedItem, Wanted},
};

/// The changes that are not forgotten, and the last position that was given.
#[derive(Debug, Default)]
pub(super) struct Changes {
    kept: BTreeMap<Serial, Change>,
    /// All up to this are forgotten.
    forgotten: Serial,
    head: Serial,
}

impl Changes {
    pub(super) const fn head(&self) -> Serial {
        self.head
    }

    pub(super) fn add(&mut self, key: Key, old: Option<SharedItem>, new: Option<SharedItem>) {
        self.head = Serial(self.head.0 + 1);
        self.kept.insert(self.head, Change { mark: self.head.mark(), key, old, new });
    }

    /// The wanted changes behind a position.
    pub(super) fn read(&self, after: Serial, limit: usize, wanted: Wanted) -> Found {
        let mut room = Room::for_parts(limit);
        let (mut changes, mut through) = (Vec::new(), after.max(self.forgotten));
        for (serial, change) in self.kept.range((Excluded(after), Unbounded)) {
            if room.is_full() {
                break;
            }
            through = *serial;
            if !wanted(&change.key) {
                continue;
            }
            let images = [&change.old, &change.new].into_iter().flatten();
            room.take(images.map(|image| item_bytes(&change.key, image)).sum());
            changes.push(change.clone());
        }
        Found { changes, through, has_gap: after < self.forgotten }
    }

    pub(super) fn forget(&mut self, through: Serial) {
        self.forgotten = self.forgotten.max(through.min(self.head));
        self.kept = match through.0.checked_add(1) {
            Some(next) => self.kept.split_off(&Serial(next)),
            None => BTreeMap::new(),
        };
    }
}
