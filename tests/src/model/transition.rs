//! Whatever may happen next.

use super::{
    process::{Offer, Process, Then},
    record::Key,
    state::{LegName, Scene, State},
    truth::{Line, Mark, Reply, Window},
    variant::Variant,
    watchdog::{Answer, Watch},
    webhook::Webhook,
};

/// One thing that happens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Transition(Kind);

impl std::fmt::Debug for Transition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A webhook arrives.
    Deliver(Webhook),
    /// A watchdog begins.
    Watch(LegName),
    /// A process takes its next step.
    Step(Process),
    /// A process takes its next step, which is to have a line placed that does not come to ring.
    StepInVain(Process),
    /// The provider answers a watchdog.
    Answer(Process, Answer),
    /// A process dies.
    Die(Process),
    /// A caller hangs up.
    HangUp(u8),
    /// The answerer takes the call.
    Press(LegName),
    /// A line ends.
    EndLine(LegName),
    /// Time goes on for the webhook that asks for an attempt.
    WindowMark(LegName),
    /// Time goes on after the end of a leg.
    EndMark(LegName),
}

impl State {
    /// Everything that may happen next.
    pub(super) fn transitions(&self, variant: Variant, scene: Scene) -> Vec<Transition> {
        let mut kinds = Vec::new();
        if self.processes.len() < scene.processes {
            kinds.extend(self.sent(scene).into_iter().map(Kind::Deliver));
            let watched = scene.legs().filter(|leg| self.is_worth_watching(variant, *leg));
            kinds.extend(watched.map(Kind::Watch));
        }
        let mut before = None;
        for process in self.processes.iter().filter(|process| before.replace(**process) != Some(**process)) {
            self.steps(*process, &mut kinds);
        }
        for leg in scene.legs() {
            self.fates(scene, leg, &mut kinds);
        }
        let callers = (0..).zip(&self.calls).filter(|(_, call)| call.is_on_line);
        kinds.extend(callers.map(|(call, _)| Kind::HangUp(call)));
        kinds.into_iter().map(Transition).collect()
    }

    fn steps(&self, process: Process, kinds: &mut Vec<Kind>) {
        kinds.push(Kind::Die(process));
        match process {
            Process::Watch { leg, next: Watch::Ask(_) } => {
                kinds.extend(self.answers(leg).into_iter().map(|answer| Kind::Answer(process, answer)));
            }
            Process::Offer { next: Offer::Reply(Reply::Dial(_)), .. } => {
                kinds.extend([Kind::Step(process), Kind::StepInVain(process)]);
            }
            Process::Offer { .. }
            | Process::Release { .. }
            | Process::Press { .. }
            | Process::Watch { .. } => {
                kinds.push(Kind::Step(process));
            }
        }
    }

    fn fates(&self, scene: Scene, leg: LegName, kinds: &mut Vec<Kind>) {
        if let Line::Live { key } = self.line(leg) {
            kinds.push(Kind::EndLine(leg));
            if scene.keys && !key {
                kinds.push(Kind::Press(leg));
            }
        }
        if let Window::Sent { mark: Mark::Running | Mark::Past, .. } = self.window(leg) {
            kinds.push(Kind::WindowMark(leg));
        }
        // Where no key is waited for, nothing depends on how long ago a leg ended.
        match self.record(leg.call).leg(leg).ended.filter(|_| scene.keys) {
            Some(Mark::Past) if !self.is_report_under_way(leg) => kinds.push(Kind::EndMark(leg)),
            Some(Mark::Running) => kinds.push(Kind::EndMark(leg)),
            Some(Mark::Past | Mark::Settled) | None => {}
        }
    }

    /// Whether a report that arrived in time is not written yet: its handler is cut off before the margin has passed.
    fn is_report_under_way(&self, leg: LegName) -> bool {
        self.processes.contains(&Process::Press { leg, key: Key::InTime })
    }

    /// What becomes of a state.
    pub(super) fn after(&self, variant: Variant, scene: Scene, transition: Transition) -> Self {
        let mut state = self.clone();
        match transition.0 {
            Kind::Deliver(webhook) => state.deliver(scene, webhook),
            Kind::Watch(leg) => state.watch(variant, leg),
            Kind::Step(process) => state.step(variant, scene, process, true),
            Kind::StepInVain(process) => state.step(variant, scene, process, false),
            Kind::Answer(process, answer) => {
                state.take(&process);
                if let Process::Watch { leg, next: Watch::Ask(clock) } = process {
                    state.answered(leg, clock, answer);
                }
            }
            Kind::Die(process) => state.take(&process),
            Kind::HangUp(call) => state.call_mut(call).is_on_line = false,
            Kind::Press(leg) => *state.line_mut(leg) = Line::Live { key: true },
            Kind::EndLine(leg) => state.end_line(scene, leg),
            Kind::WindowMark(leg) => *state.window_mut(leg) = state.window(leg).later(),
            Kind::EndMark(leg) => state.age_end(leg),
        }
        state.forget(variant, scene);
        state
    }

    /// Drops what makes no difference any more, so that states that will go alike are one.
    fn forget(&mut self, variant: Variant, scene: Scene) {
        let mut processes = std::mem::take(&mut self.processes);
        processes.retain(|process| self.matters(variant, *process));
        self.processes = processes;
        for leg in scene.legs() {
            let is_ended = self.record(leg.call).leg(leg).ended.is_some();
            if let Window::Sent { awaited: false, .. } = self.window(leg)
                && is_ended
            {
                *self.window_mut(leg) = Window::Sent { awaited: false, mark: Mark::Settled };
            }
        }
    }

    /// A reply for which nobody waits, and a release that finds nothing, change nothing, now or later.
    fn matters(&self, variant: Variant, process: Process) -> bool {
        match process {
            Process::Offer { window, next: Offer::Reply(_) } => {
                self.call(window.call).is_on_line
                    && matches!(self.window(window), Window::Sent { awaited: true, .. })
            }
            Process::Release { release, then: Then::Nothing } => {
                variant.frees_what_is_not_held() || self.holds(variant, release.leg)
            }
            Process::Offer { .. }
            | Process::Release { .. }
            | Process::Press { .. }
            | Process::Watch { .. } => true,
        }
    }

    /// Time goes on after the end of a leg.
    pub(super) fn age_end(&mut self, leg: LegName) {
        let ended = &mut self.record_mut(leg.call).legs[leg.index()].ended;
        *ended = ended.map(Mark::later);
    }

    /// A process takes its next step.
    pub(super) fn step(&mut self, variant: Variant, scene: Scene, process: Process, is_placed: bool) {
        self.take(&process);
        match process {
            Process::Release { release, then } => match (self.release(variant, scene, release), then) {
                (Some(release), then) => self.begin(Process::Release { release, then }),
                (None, Then::Nothing) => {}
                (None, Then::Offer { window, next }) => self.begin(Process::Offer { window, next }),
            },
            Process::Offer { window, next } => self.offer(variant, scene, window, next, is_placed),
            Process::Press { leg, key } => self.press(leg, key),
            Process::Watch { leg, next } => self.look(variant, leg, next),
        }
    }
}
