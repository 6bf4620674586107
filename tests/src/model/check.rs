//! Going through all states.

use std::{
    fmt,
    time::{Duration, Instant},
};

use stateright::{Checker, HasDiscoveries, Model, Property};

use super::{Promise, Scene, State, Transition, Variant};

/// What came of checking a variant in a scene.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// How the protocol was built.
    pub variant: Variant,
    /// What happened to it.
    pub scene: Scene,
    /// How many states were seen.
    pub states: usize,
    /// How long that took.
    pub took: Duration,
    /// Whether every attempt of the scene had its turn in some state.
    pub has_served_all: bool,
    /// The promises that were broken, each with a shortest way there.
    pub broken: Vec<(Promise, String)>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let broken: Vec<_> = self.broken.iter().map(|(promise, _)| promise.name()).collect();
        let verdict =
            if broken.is_empty() { "holds".to_owned() } else { format!("breaks {}", broken.join(", ")) };
        let variant = format!("{:?}", self.variant);
        write!(
            f,
            "{variant:<24} {:<8} {:>9} states {:>6} ms  {verdict}",
            self.scene.name,
            self.states,
            self.took.as_millis()
        )
    }
}

/// That every attempt of the scene had its turn: a model in which nothing can happen would keep every promise.
const SERVED: &str = "every attempt has its turn";

struct Protocol {
    variant: Variant,
    scene: Scene,
}

impl Model for Protocol {
    type State = State;
    type Action = Transition;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(self.scene)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Transition>) {
        actions.extend(state.transitions(self.variant, self.scene));
    }

    fn next_state(&self, state: &State, action: Transition) -> Option<State> {
        Some(state.after(self.variant, self.scene, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(Promise::Cap.name(), |model: &Self, state| model.keeps(state, Promise::Cap)),
            Property::always(Promise::Count.name(), |model: &Self, state| model.keeps(state, Promise::Count)),
            Property::always(Promise::NothingLeaks.name(), |model: &Self, state| {
                model.keeps(state, Promise::NothingLeaks)
            }),
            Property::sometimes(SERVED, |model: &Self, state: &State| state.has_served_all(model.scene)),
        ]
    }
}

impl Protocol {
    fn keeps(&self, state: &State, promise: Promise) -> bool {
        state.keeps(promise, self.variant, self.scene)
    }
}

/// Goes through all states that a variant can reach in a scene; where it breaks a promise, only until then, unless it keeps the others.
pub fn check(variant: Variant, scene: Scene) -> Verdict {
    let began = Instant::now();
    let enough = match variant.breaks() {
        Some(promise) if !variant.keeps_the_others() => HasDiscoveries::AnyOf([promise.name()].into()),
        Some(_) | None => HasDiscoveries::All,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checker =
        Protocol { variant, scene }.checker().threads(threads).finish_when(enough).spawn_bfs().join();
    let broken = Promise::ALL
        .into_iter()
        .filter_map(|promise| Some((promise, format!("{}", checker.discovery(promise.name())?))))
        .collect();
    let has_served_all = checker.discovery(SERVED).is_some();
    Verdict {
        variant,
        scene,
        states: checker.unique_state_count(),
        took: began.elapsed(),
        has_served_all,
        broken,
    }
}
