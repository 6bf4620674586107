//! What is true, what is stored, and who is at work.

use super::{
    capacity::Capacity,
    process::Process,
    record::Record,
    truth::{Line, Window},
};

/// The calls of the largest scene.
pub(super) const MOST_CALLS: usize = 2;
/// The attempts of the largest scene's calls.
pub(super) const MOST_ATTEMPTS: usize = 2;

/// What is checked: which calls come in, and how much happens at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// What the scene is called.
    pub name: &'static str,
    /// To how many targets each call may be offered; 0 where there is no such call.
    pub attempts: [u8; MOST_CALLS],
    /// Which calls are offered at once, and so written with their first attempt; any other is written when it comes in.
    pub direct: [bool; MOST_CALLS],
    /// Whether the answerer is asked to press a key, which makes the attempt a conversion.
    pub keys: bool,
    /// How many processes may be at work at once.
    pub processes: usize,
}

impl Scene {
    /// Two calls that want the same slot.
    pub const RIVALS: Self =
        Self { name: "rivals", attempts: [1, 1], direct: [false, true], keys: false, processes: 2 };
    /// Two calls that want the same slot, one of which may be offered twice.
    pub const WATERFALL: Self =
        Self { name: "waterfall", attempts: [2, 1], direct: [true, false], keys: false, processes: 2 };
    /// One attempt, and all orders of the reports of its key and of its end.
    pub const REPORTS: Self =
        Self { name: "reports", attempts: [1, 0], direct: [true, true], keys: true, processes: 3 };

    /// All attempts of the scene.
    pub(super) fn legs(self) -> impl Iterator<Item = LegName> {
        self.attempts
            .into_iter()
            .zip(0..)
            .flat_map(|(attempts, call)| (1..=attempts).map(move |attempt| LegName { call, attempt }))
    }
}

/// An attempt: `call#attempt`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LegName {
    pub(super) call: u8,
    pub(super) attempt: u8,
}

impl std::fmt::Debug for LegName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", char::from(b'A' + self.call), self.attempt)
    }
}

impl LegName {
    pub(super) fn index(self) -> usize {
        usize::from(self.attempt) - 1
    }

    /// The attempt that would follow it.
    pub(super) fn next(self) -> Self {
        Self { attempt: self.attempt + 1, ..self }
    }

    /// The attempt before it.
    pub(super) fn previous(self) -> Option<Self> {
        (self.attempt > 1).then(|| Self { attempt: self.attempt - 1, ..self })
    }
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The calls, as they are and as they are stored.
    pub(super) calls: [Call; MOST_CALLS],
    /// The buyer's item.
    pub(super) capacity: Capacity,
    /// Who is at work, in no particular order: kept sorted.
    pub(super) processes: Vec<Process>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Call {
    /// Whether the caller is on the line.
    pub(super) is_on_line: bool,
    /// The lines to the targets.
    pub(super) lines: [Line; MOST_ATTEMPTS],
    /// For each attempt, the webhook whose reply would dial it.
    pub(super) windows: [Window; MOST_ATTEMPTS],
    /// The call's item.
    pub(super) record: Record,
}

impl State {
    /// The callers are on the line, and the first webhook of each call is sent.
    pub(super) fn first(scene: Scene) -> Self {
        let call = |attempts: u8| Call {
            is_on_line: attempts > 0,
            lines: [Line::NotPlaced; MOST_ATTEMPTS],
            windows: [if attempts > 0 { Window::OPEN } else { Window::Unsent }, Window::Unsent],
            record: Record::default(),
        };
        Self { calls: scene.attempts.map(call), capacity: Capacity::default(), processes: Vec::new() }
    }

    pub(super) fn call(&self, call: u8) -> &Call {
        &self.calls[usize::from(call)]
    }

    pub(super) fn call_mut(&mut self, call: u8) -> &mut Call {
        &mut self.calls[usize::from(call)]
    }

    pub(super) fn line(&self, leg: LegName) -> Line {
        self.call(leg.call).lines[leg.index()]
    }

    pub(super) fn line_mut(&mut self, leg: LegName) -> &mut Line {
        &mut self.call_mut(leg.call).lines[leg.index()]
    }

    pub(super) fn window(&self, leg: LegName) -> Window {
        self.call(leg.call).windows[leg.index()]
    }

    pub(super) fn window_mut(&mut self, leg: LegName) -> &mut Window {
        &mut self.call_mut(leg.call).windows[leg.index()]
    }

    pub(super) fn record(&self, call: u8) -> &Record {
        &self.call(call).record
    }

    pub(super) fn record_mut(&mut self, call: u8) -> &mut Record {
        &mut self.call_mut(call).record
    }

    pub(super) fn begin(&mut self, process: Process) {
        let place = self.processes.partition_point(|other| *other < process);
        self.processes.insert(place, process);
    }

    /// Takes a process away, to be put back as what it has become.
    pub(super) fn take(&mut self, process: &Process) {
        if let Some(place) = self.processes.iter().position(|other| other == process) {
            self.processes.remove(place);
        }
    }
}
