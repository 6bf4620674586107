//! What happens at a desk when its phone rings.

use std::{sync::Arc, time::Duration};

use ringfall_phone::{Line, Phone as Telephone};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{books::Books, sounds};
use crate::demo::cast::{Desk, LIVE, Phone};

/// How long somebody takes to pick up.
const PICKS_UP_AFTER: Duration = Duration::from_millis(400);
/// How much of a question is heard before the key is pressed, in tenths of a second.
const LISTENS_FOR_TENTHS: u32 = 2;

/// Answers a desk's phone for as long as it is let.
pub(super) async fn answer(desk: Desk, mut phone: Telephone, books: Arc<Books>) {
    let mut calls = JoinSet::new();
    while let Some(line) = phone.rings().await {
        calls.spawn(take(desk, line, Arc::clone(&books)));
    }
}

async fn take(desk: Desk, mut line: Line, books: Arc<Books>) {
    let place = books.rings(desk, line.caller());
    let (number, caller) = (1_u8..)
        .zip(&LIVE)
        .find(|(_, caller)| caller.number == line.caller())
        .map_or((0, None), |(number, caller)| (number, Some(caller)));
    // Whoever is not expected is taken: the books will tell.
    let does = caller.map_or(Phone::Taken, |caller| caller.phone(Some(desk)));
    let talk = match does {
        Phone::Busy => {
            line.refuse();
            None
        }
        Phone::NoAnswer | Phone::CallerGivesUp => {
            line.ring();
            None
        }
        Phone::Taken | Phone::Voicemail | Phone::Declined => {
            line.ring();
            sleep(PICKS_UP_AFTER).await;
            line.answer();
            talk(desk, &mut line, does, number).await
        }
    };
    line.ended().await;
    books.over(place, talk.map(|began| began.elapsed()), line.heard());
}

/// When caller and desk have begun to hear each other, if they have.
async fn talk(desk: Desk, line: &mut Line, does: Phone, caller: u8) -> Option<Instant> {
    if desk.is_screened() && line.hears(sounds::SCREENING_TONE, LISTENS_FOR_TENTHS).await {
        match does {
            Phone::Taken => line.press("1"),
            Phone::Declined => line.press("2"),
            Phone::Voicemail | Phone::Busy | Phone::NoAnswer | Phone::CallerGivesUp => {}
        }
    }
    line.hears(sounds::of_caller(caller), 1).await.then(Instant::now)
}
