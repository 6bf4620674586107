//! What is left once everything has come to rest.

use super::{
    process::Process,
    state::{LegName, Scene, State},
    truth::{Line, Mark, Window},
    variant::Variant,
    watchdog::{Answer, Watch},
};

impl State {
    /// The worst has happened: every process has died, no webhook arrives any more, all lines are over, all deadlines have passed.
    /// The sweep then has the watchdog look at whatever the buyer's item holds, until nothing changes.
    pub(super) fn at_rest(&self, variant: Variant, scene: Scene) -> Self {
        let mut state = self.clone();
        state.processes.clear();
        for call in &mut state.calls {
            call.is_on_line = false;
        }
        for leg in scene.legs() {
            if state.line(leg).is_live() {
                *state.line_mut(leg) = Line::Over { key: state.line(leg).has_key() };
            }
            *state.window_mut(leg) = Window::Sent { awaited: false, mark: Mark::Settled };
        }
        // A first look may end a leg, a second one settle it.
        for _ in 0..2 {
            for leg in scene.legs() {
                state.record_mut(leg.call).legs[leg.index()].settle();
                state.sweep(variant, scene, leg);
            }
        }
        state
    }

    /// Watches a leg that holds something, if there is such an attempt (`app/src/sweep.rs`).
    fn sweep(&mut self, variant: Variant, scene: Scene, leg: LegName) {
        let is_there = self.record(leg.call).leg(leg).is_there;
        if !is_there || !self.holds(variant, leg) || variant == Variant::NoRecovery {
            return;
        }
        self.watch(variant, leg);
        while let Some(process) = self.processes.first().copied() {
            match process {
                Process::Watch { leg, next: Watch::Ask(clock) } => {
                    self.take(&process);
                    let is_over = self.line(leg).is_over();
                    self.answered(leg, clock, if is_over { Answer::Over } else { Answer::NoSuchLeg });
                }
                Process::Watch { .. }
                | Process::Release { .. }
                | Process::Offer { .. }
                | Process::Press { .. } => {
                    self.step(variant, scene, process, false);
                }
            }
        }
    }
}

impl super::record::LegRecord {
    fn settle(&mut self) {
        self.ended = self.ended.map(|_| Mark::Settled);
    }
}
