//! The phones' own books: every time that a desk's phone rang, and what came of it. Against these the platform is checked.

use std::{collections::BTreeMap, time::Duration};

use ringfall_phone::Heard;
use tokio::sync::watch;

use crate::demo::cast::Desk;

/// A call at a desk.
#[derive(Debug, Clone)]
pub(super) struct Rung {
    /// Whose phone it was.
    pub(super) desk: Desk,
    /// The number that was shown.
    pub(super) caller: String,
    /// How long caller and desk heard each other, if they did; none while they still do.
    pub(super) talk: Option<Duration>,
    /// What the desk has heard.
    pub(super) heard: Heard,
    is_over: bool,
}

/// All of them, in the order in which they rang.
#[derive(Debug, Default)]
pub(super) struct Books {
    rung: watch::Sender<Vec<Rung>>,
    lines: watch::Sender<BTreeMap<Desk, Line>>,
}

/// A desk's calls at once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    live: usize,
    /// The most at any instant.
    pub(super) peak: usize,
}

impl Books {
    /// A desk's phone rings. Where it stands in the books.
    pub(super) fn rings(&self, desk: Desk, caller: &str) -> usize {
        self.lines.send_modify(|lines| {
            let line = lines.entry(desk).or_default();
            line.live += 1;
            line.peak = line.peak.max(line.live);
        });
        let rung =
            Rung { desk, caller: caller.to_owned(), talk: None, heard: Heard::default(), is_over: false };
        let mut place = 0;
        self.rung.send_modify(|all| {
            place = all.len();
            all.push(rung);
        });
        place
    }

    /// It is over.
    pub(super) fn over(&self, place: usize, talk: Option<Duration>, heard: Heard) {
        self.rung.send_modify(|all| {
            let Some(rung) = all.get_mut(place) else { return };
            (rung.talk, rung.heard, rung.is_over) = (talk, heard, true);
            let desk = rung.desk;
            self.lines.send_modify(|lines| lines.entry(desk).or_default().live -= 1);
        });
    }

    /// Waits until a caller is shown at a desk.
    pub(super) async fn is_shown(&self, caller: &str) {
        let mut rung = self.rung.subscribe();
        // The books are there as long as this is.
        let _ = rung.wait_for(|all| all.iter().any(|rung| rung.caller == caller)).await;
    }

    /// Waits until no phone is in use.
    pub(super) async fn close(&self) {
        let mut rung = self.rung.subscribe();
        let _ = rung.wait_for(|all| all.iter().all(|rung| rung.is_over)).await;
    }

    /// All that has rung.
    pub(super) fn rung(&self) -> Vec<Rung> {
        self.rung.borrow().clone()
    }

    /// The talk that a caller had, if they had one.
    pub(super) fn talk_of(&self, caller: &str) -> Option<Rung> {
        self.rung().into_iter().find(|rung| rung.caller == caller && rung.talk.is_some())
    }

    /// A desk's calls at once.
    pub(super) fn line(&self, desk: Desk) -> Line {
        self.lines.borrow().get(&desk).copied().unwrap_or_default()
    }
}
