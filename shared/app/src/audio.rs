//! Whether callers who wait would hear a sound that an agency has named. Asked for now and then in the background, so that the answer is at hand
//! and no webhook waits for it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use prometheus_client::metrics::counter::Counter;
use ringfall_domain::config::AudioUrl;
use ringfall_providers::AudioFault;

use crate::{clock::Clock, connection::Connector};

/// A sound is asked for at most so often by this process.
const ASKED_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// One that nobody has waited with for so long is forgotten once there are too many.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_secs(600);
/// So many are known at once.
const MOST_SOUNDS: usize = 10_000;

/// Knows which sounds can be had. Cheap to clone.
#[derive(Clone)]
pub struct AudioGuard(Arc<Guard>);

struct Guard {
    connector: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
    failures: Counter,
    known: Mutex<HashMap<AudioUrl, Known>>,
}

/// What is known of a sound.
#[derive(Debug, Clone, Copy)]
struct Known {
    asked_at: Timestamp,
    is_playable: bool,
}

impl AudioGuard {
    /// A guard that knows nothing yet. `failures` counts the times that a sound could not be had.
    pub(crate) fn new(connector: Arc<dyn Connector>, clock: Arc<dyn Clock>, failures: Counter) -> Self {
        Self(Arc::new(Guard { connector, clock, failures, known: Mutex::default() }))
    }

    /// Whether a sound can be had, as far as is known: yes until it has failed, and again once it is back. Answers at once; where the
    /// last look is a minute old, the next one begins in the background, for which a runtime must be there.
    pub fn is_playable(&self, url: &AudioUrl) -> bool {
        let (is_playable, is_due) = self.0.look_up(url);
        if is_due {
            let (guard, url) = (Arc::clone(&self.0), url.clone());
            tokio::spawn(async move {
                let found = guard.connector.fetch_audio(&url).await;
                guard.learn(&url, &found);
            });
        }
        is_playable
    }
}

impl Guard {
    /// Whether it is playable, and whether it is time to ask again. Whoever is told so must.
    fn look_up(&self, url: &AudioUrl) -> (bool, bool) {
        let now = self.clock.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(url) {
            let is_due = now.duration_since(known.asked_at) >= ASKED_EVERY;
            if is_due {
                known.asked_at = now;
            }
            return (known.is_playable, is_due);
        }
        if known.len() >= MOST_SOUNDS {
            known.retain(|_, known| now.duration_since(known.asked_at) < FORGOTTEN_AFTER);
        }
        let has_room = known.len() < MOST_SOUNDS;
        if has_room {
            known.insert(url.clone(), Known { asked_at: now, is_playable: true });
        }
        (true, has_room)
    }

    /// One line for each outage, whoever is waiting.
    fn learn(&self, url: &AudioUrl, found: &Result<(), AudioFault>) {
        let was_playable = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let known = known.get_mut(url);
            known.map(|known| std::mem::replace(&mut known.is_playable, found.is_ok()))
        };
        let url = without_query(url);
        match (found, was_playable.unwrap_or(true)) {
            (Ok(()), true) => {}
            (Ok(()), false) => tracing::info!(url, "hold audio is to be had again"),
            (Err(fault), was_playable) => {
                self.failures.inc();
                if was_playable {
                    tracing::warn!(url, %fault, "hold audio cannot be had: callers who wait hear speech instead");
                }
            }
        }
    }
}

/// A query may hold a signature, which belongs in no log.
fn without_query(url: &AudioUrl) -> &str {
    let url = url.as_str();
    url.split(['?', '#']).next().unwrap_or(url)
}

impl fmt::Debug for AudioGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioGuard").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::World;

    fn url(text: &str) -> AudioUrl {
        text.parse().expect("a URL")
    }

    /// Asks, lets what was begun in the background go on, and returns the answer and how often the sound was asked for.
    async fn asked(world: &World, url: &AudioUrl) -> (bool, usize) {
        let is_playable = world.platform.audio.is_playable(url);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let fetched = world.told.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        (is_playable, fetched.iter().filter(|fetched| *fetched == url).count())
    }

    fn answer(world: &World, answer: Result<(), AudioFault>) {
        *world.told.audio.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    #[tokio::test]
    async fn a_sound_is_asked_for_once_a_minute_and_the_answer_comes_from_memory() {
        let world = World::new(1).await;
        let hold = url("https://cdn.example.com/hold.mp3");
        answer(&world, Err(AudioFault::Status(404)));
        assert_eq!(
            asked(&world, &hold).await,
            (true, 1),
            "nothing is known yet: the caller does not wait for it"
        );
        assert_eq!(asked(&world, &hold).await, (false, 1));
        world.pass(59);
        assert_eq!(asked(&world, &hold).await, (false, 1));
        answer(&world, Ok(()));
        world.pass(1);
        assert_eq!(asked(&world, &hold).await, (false, 2));
        assert_eq!(asked(&world, &hold).await, (true, 2), "it is back");
        assert_eq!(
            asked(&world, &url("https://cdn.example.com/other.mp3")).await,
            (true, 1),
            "each for itself"
        );
    }

    #[tokio::test]
    async fn each_failure_is_counted_and_no_caller() {
        let world = World::new(1).await;
        let hold = url("https://cdn.example.com/hold.mp3");
        answer(&world, Err(AudioFault::Unreachable("refused".to_owned())));
        for _ in 0..3 {
            for _ in 0..5 {
                asked(&world, &hold).await;
            }
            world.pass(60);
        }
        assert_eq!(world.platform.metrics.audio_failures.get(), 3);
    }

    #[test]
    fn what_may_be_secret_in_an_address_is_not_logged() {
        let signed = url("https://cdn.example.com/hold.mp3?signature=secret#x");
        assert_eq!(without_query(&signed), "https://cdn.example.com/hold.mp3");
    }
}
