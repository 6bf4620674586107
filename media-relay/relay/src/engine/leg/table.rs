//! The legs of a thread.

use std::collections::HashMap;

use super::{Ear, Mouth, Tape};
use crate::engine::{LegId, command::Lots, ports::Sockets};

/// The legs of a thread. A leg's place is the same in all tables, and another leg's after it is closed.
#[derive(Debug, Default)]
pub(in crate::engine) struct Legs {
    pub(in crate::engine) sockets: Vec<Option<Sockets>>,
    pub(in crate::engine) ears: Vec<Ear>,
    pub(in crate::engine) mouths: Vec<Mouth>,
    pub(in crate::engine) tapes: Vec<Option<Box<Tape>>>,
    /// How many legs have had a place.
    tenants: Vec<u32>,
    places: HashMap<LegId, usize>,
    free: Vec<usize>,
}

impl Legs {
    /// Gives a leg a place.
    pub(in crate::engine) fn insert(&mut self, leg: LegId, sockets: Sockets, lots: Lots) -> usize {
        let (ear, mouth) = (Ear::new(leg), Mouth::new(lots));
        let place = match self.free.pop() {
            Some(place) => {
                self.sockets[place] = Some(sockets);
                self.ears[place] = ear;
                self.mouths[place] = mouth;
                place
            }
            None => {
                self.sockets.push(Some(sockets));
                self.ears.push(ear);
                self.mouths.push(mouth);
                self.tapes.push(None);
                self.tenants.push(0);
                self.ears.len() - 1
            }
        };
        self.places.insert(leg, place);
        place
    }

    /// Takes a leg from its place: its sockets. What else is there is the next leg's to overwrite.
    pub(in crate::engine) fn remove(&mut self, leg: LegId) -> Option<Sockets> {
        let place = self.places.remove(&leg)?;
        self.tenants[place] = self.tenants[place].wrapping_add(1);
        self.tapes[place] = None;
        self.ears[place] = Ear::new(leg);
        self.mouths[place].retire();
        self.free.push(place);
        self.sockets[place].take()
    }

    /// Where a leg is.
    pub(in crate::engine) fn place(&self, leg: LegId) -> Option<usize> {
        self.places.get(&leg).copied()
    }

    /// Which of the legs that have had a place has it now.
    pub(in crate::engine) fn tenant(&self, place: usize) -> Option<u32> {
        self.tenants.get(place).copied()
    }

    /// How many legs there are.
    pub(in crate::engine) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many places there are, taken or free.
    pub(in crate::engine) const fn places(&self) -> usize {
        self.ears.len()
    }

    /// All legs, in no order.
    pub(in crate::engine) fn all(&self) -> Vec<LegId> {
        self.places.keys().copied().collect()
    }
}
