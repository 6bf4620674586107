//! The list.

use std::collections::BTreeMap;

use ringfall_domain::queue::Place;

use super::{
    desk::{CAP, place},
    operation::{Kind, Operation},
};

/// Where a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whereabouts {
    InLine,
    Offered,
    NotTaken,
    /// They keep their place, and do not hold the line.
    Kept,
    Rung,
    Out,
}

/// Who stands in line: their place, their number, and whether they hold the line; and how many slots are taken.
pub(super) type Standing = (Vec<(Place, usize, bool)>, usize);

/// Callers by number.
#[derive(Debug, Default)]
pub(super) struct List {
    callers: BTreeMap<usize, (Place, Whereabouts)>,
    /// How often they were called back: among equals, those are behind.
    called_back: BTreeMap<usize, u32>,
}

impl List {
    /// Does it, and tells whether that came to anything.
    pub(super) fn perform(&mut self, step: usize, operation: &Operation) -> bool {
        let caller = operation.caller;
        let known = self.callers.get(&caller).copied();
        let has_room = self.slots() < CAP;
        let (place, next) = match (operation.kind, known) {
            (Kind::Come(dollars), None) => (place(dollars, step), Whereabouts::InLine),
            (Kind::ServeFirst, _) => return self.serve_first(),
            (Kind::CallIn(new), Some((kept, Whereabouts::Kept | Whereabouts::Rung)))
                if !self.callers.contains_key(&new) =>
            {
                self.callers.insert(new, (kept, Whereabouts::InLine));
                (kept, Whereabouts::Out)
            }
            (kind, Some((place, at))) => match (kind, at) {
                (Kind::Come(_), Whereabouts::NotTaken | Whereabouts::InLine) => (place, Whereabouts::InLine),
                (Kind::Serve, Whereabouts::InLine) if has_room => (place, Whereabouts::Offered),
                (Kind::Decline, Whereabouts::Offered) => (place, Whereabouts::NotTaken),
                (Kind::HangUp, Whereabouts::InLine | Whereabouts::Offered | Whereabouts::NotTaken)
                | (Kind::Overflow, Whereabouts::InLine | Whereabouts::NotTaken)
                | (Kind::Cancel, Whereabouts::Kept | Whereabouts::Rung) => (place, Whereabouts::Out),
                (Kind::KeepPlace, Whereabouts::InLine | Whereabouts::NotTaken)
                | (Kind::NotReached, Whereabouts::Rung) => (place, Whereabouts::Kept),
                (Kind::Ring, Whereabouts::Kept) => (place, Whereabouts::Rung),
                (Kind::Reach, Whereabouts::Rung) => (place, Whereabouts::InLine),
                _ => return false,
            },
            _ => return false,
        };
        if let (Kind::Reach, Whereabouts::InLine) = (operation.kind, next) {
            *self.called_back.entry(caller).or_default() += 1;
        }
        self.callers.insert(caller, (place, next));
        true
    }

    fn serve_first(&mut self) -> bool {
        let has_room = self.slots() < CAP;
        let first = self.standing().0.into_iter().find(|(_, _, holds_the_line)| *holds_the_line);
        match first.filter(|_| has_room) {
            Some((place, caller, _)) => {
                self.callers.insert(caller, (place, Whereabouts::Offered));
                true
            }
            None => false,
        }
    }

    fn slots(&self) -> usize {
        self.callers.values().filter(|(_, at)| *at == Whereabouts::Offered).count()
    }

    pub(super) fn standing(&self) -> Standing {
        let stands = |(caller, (place, at)): (&usize, &(Place, Whereabouts))| match at {
            Whereabouts::InLine => Some((*place, *caller, true)),
            Whereabouts::Kept | Whereabouts::Rung => Some((*place, *caller, false)),
            Whereabouts::Offered | Whereabouts::NotTaken | Whereabouts::Out => None,
        };
        let mut line: Vec<_> = self.callers.iter().filter_map(stands).collect();
        line.sort_by_key(|(place, caller, _)| (*place, self.called_back.get(caller).copied(), *caller));
        (line, self.slots())
    }
}
