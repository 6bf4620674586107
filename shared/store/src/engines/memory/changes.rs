//! The change feed.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use crate::{
    engines::{
        interpreter::item_bytes,
        lane::{Found, Serial},
        page::Room,
    },
    port::{Change, Item, Key, Wanted},
};

/// The changes that are not forgotten, and the last position that was given.
#[derive(Debug, Default)]
pub(super) struct Changes {
    kept: BTreeMap<Serial, Kept>,
    /// All up to this are forgotten.
    forgotten: Serial,
    head: Serial,
}

/// A change, with the very items that were stored: most are never read as changes.
#[derive(Debug)]
struct Kept {
    key: Key,
    old: Option<Arc<Item>>,
    new: Option<Arc<Item>>,
}

impl Changes {
    pub(super) const fn head(&self) -> Serial {
        self.head
    }

    pub(super) fn add(&mut self, key: Key, old: Option<Arc<Item>>, new: Option<Arc<Item>>) {
        self.head = Serial(self.head.0 + 1);
        self.kept.insert(self.head, Kept { key, old, new });
    }

    /// The wanted changes behind a position.
    pub(super) fn read(&self, after: Serial, limit: usize, wanted: Wanted) -> Found {
        let mut room = Room::for_parts(limit);
        let (mut changes, mut through) = (Vec::new(), after.max(self.forgotten));
        for (serial, Kept { key, old, new }) in self.kept.range((Excluded(after), Unbounded)) {
            if room.is_full() {
                break;
            }
            through = *serial;
            if !wanted(key) {
                continue;
            }
            let images = [old, new].into_iter().flatten();
            room.take(images.map(|image| item_bytes(key, image)).sum());
            let [old, new] = [old, new].map(|image| image.as_deref().cloned());
            changes.push(Change { mark: serial.mark(), key: key.clone(), old, new });
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
