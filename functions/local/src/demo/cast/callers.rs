//! What a caller is like, and what happens at the desks when this caller is offered.

use super::Desk;

/// Somebody who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    /// A first name, for the reader.
    pub(crate) name: &'static str,
    /// The number.
    pub(crate) number: &'static str,
    /// Where from.
    pub(crate) place: Place,
    /// Whose advertisement was seen, and so which number is dialled.
    pub(crate) publisher: Publisher,
    /// To each question in turn; silence to all further ones.
    pub(crate) answers: &'static [Answer],
    /// The desks that do not simply take the call.
    pub(crate) phones: &'static [(Desk, Phone)],
    /// How long the conversation lasts, where there is one.
    pub(crate) talk_seconds: u32,
    /// How long they wait on hold before they hang up, if they ever do.
    pub(crate) patience_seconds: Option<u32>,
    /// What goes wrong on the carrier's side.
    pub(crate) mishap: Option<Mishap>,
}

/// Where a caller's number belongs to, as carriers tell it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Two letters.
    pub(crate) state: &'static str,
    /// City.
    pub(crate) city: &'static str,
    /// Postal code.
    pub(crate) zip: &'static str,
}

/// The two publishers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Publisher {
    /// Advertises on the radio.
    RadioOne,
    /// Advertises beside search results.
    SearchAds,
}

/// What a caller does when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Presses these keys.
    Keys(&'static str),
    /// Enters the zip code.
    ZipCode,
    /// Says and presses nothing.
    Silence,
    /// Hangs up.
    HangsUp,
}

/// What happens when a desk is rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phone {
    /// Somebody answers, and presses 1 if asked.
    Taken,
    /// Voicemail answers: it never presses a key.
    Voicemail,
    /// Somebody answers and presses 2.
    Declined,
    /// The line is busy.
    Busy,
    /// Nobody answers.
    NoAnswer,
    /// Nobody answers, and the caller gives up.
    CallerGivesUp,
}

/// What goes wrong on the carrier's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// Each answer of the caller is posted twice at once.
    AnswersPostedTwice,
    /// The end of the conversation is never reported.
    EndNeverReported,
}

impl Caller {
    /// What happens when this caller is offered to a desk.
    pub(crate) fn phone(&self, desk: Option<Desk>) -> Phone {
        let own = self.phones.iter().find(|(of, _)| Some(*of) == desk);
        own.map_or(Phone::Taken, |(_, phone)| *phone)
    }
}

impl Publisher {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::RadioOne, Self::SearchAds];

    /// The name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RadioOne => "Radio One",
            Self::SearchAds => "Search Ads Co",
        }
    }

    /// The tracking number that its advertisements show.
    pub(crate) const fn phone_number(self) -> &'static str {
        match self {
            Self::RadioOne => "+18005550111",
            Self::SearchAds => "+18885550122",
        }
    }
}
