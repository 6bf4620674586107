//! The callers, in the order in which they call. The calls of a scene come at the same moment, and nobody in it hangs up a conversation
//! before everybody was served or turned away: so its calls really overlap, however fast the machine is.

use super::{Answer, Caller, Desk, Mishap, Phone, Place, Publisher};
use Answer::{HangsUp, Keys, Silence, ZipCode};
use Desk::{LoneStar, National, Pacific};
use Publisher::{RadioOne, SearchAds};

/// Calls that come at the same moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    /// What it shows.
    pub(crate) title: &'static str,
    /// Who calls.
    pub(crate) callers: &'static [Caller],
}

/// All of them, one after the other.
pub(crate) const SCENES: &[Scene] = &[
    Scene {
        title: "What callers do",
        callers: &[
            // Not injured.
            Caller { answers: &[Keys("2")], ..caller("Ann", "+12145550101", DALLAS, RadioOne) },
            Caller { answers: &[Silence, Silence], ..caller("Bob", "+12135550102", LOS_ANGELES, SearchAds) },
            Caller { answers: &[HangsUp], ..caller("Cleo", "+14055550103", OKLAHOMA_CITY, RadioOne) },
            Caller { talk_seconds: 140, ..caller("Dan", "+13055550104", MIAMI, SearchAds) },
            // Injured, and has no zip code at hand.
            Caller {
                answers: &[Keys("1"), Silence, Silence],
                talk_seconds: 200,
                ..caller("Eve", "+15125550105", AUSTIN, RadioOne)
            },
            Caller {
                phones: &[(National, Phone::NoAnswer)],
                ..caller("Finn", "+13055550106", MIAMI, SearchAds)
            },
            Caller {
                talk_seconds: 150,
                mishap: Some(Mishap::EndNeverReported),
                ..caller("Gus", "+14155550107", SAN_FRANCISCO, SearchAds)
            },
        ],
    },
    Scene {
        title: "What happens at the buyers' desks",
        callers: &[
            Caller {
                phones: &[(LoneStar, Phone::Voicemail)],
                talk_seconds: 130,
                ..caller("Hope", "+17135550108", HOUSTON, RadioOne)
            },
            Caller {
                phones: &[(Pacific, Phone::Busy)],
                talk_seconds: 45,
                ..caller("Ian", "+12135550109", LOS_ANGELES, SearchAds)
            },
            Caller {
                phones: &[(Pacific, Phone::Declined)],
                talk_seconds: 180,
                ..caller("June", "+17025550110", LAS_VEGAS, RadioOne)
            },
            Caller { talk_seconds: 110, ..caller("Kurt", "+16025550111", PHOENIX, SearchAds) },
            Caller {
                phones: &[(National, Phone::CallerGivesUp)],
                ..caller("Lena", "+12125550112", NEW_YORK, RadioOne)
            },
        ],
    },
    Scene {
        title: "Eight Texans at the same moment: Lone Star takes two at once, National four",
        callers: &[
            Caller { talk_seconds: 120, ..caller("Mia", "+12145550113", DALLAS, RadioOne) },
            Caller { talk_seconds: 150, ..caller("Noah", "+12145550114", DALLAS, RadioOne) },
            Caller { talk_seconds: 180, ..caller("Omar", "+15125550115", AUSTIN, RadioOne) },
            Caller {
                talk_seconds: 210,
                mishap: Some(Mishap::AnswersPostedTwice),
                ..caller("Pia", "+15125550116", AUSTIN, SearchAds)
            },
            Caller { talk_seconds: 125, ..caller("Quin", "+17135550117", HOUSTON, SearchAds) },
            Caller { talk_seconds: 155, ..caller("Rosa", "+17135550118", HOUSTON, SearchAds) },
            Caller { talk_seconds: 185, ..caller("Sam", "+12145550119", DALLAS, RadioOne) },
            Caller { talk_seconds: 215, ..caller("Tess", "+15125550120", AUSTIN, SearchAds) },
        ],
    },
    Scene {
        title: "Four Californians at the same moment: Pacific takes four calls a day, and has had two",
        callers: &[
            Caller { talk_seconds: 160, ..caller("Uma", "+14155550121", SAN_FRANCISCO, RadioOne) },
            Caller { talk_seconds: 95, ..caller("Vic", "+14155550122", SAN_FRANCISCO, SearchAds) },
            Caller { talk_seconds: 240, ..caller("Wes", "+12135550123", LOS_ANGELES, RadioOne) },
            Caller { talk_seconds: 100, ..caller("Xena", "+12135550124", LOS_ANGELES, SearchAds) },
        ],
    },
];

/// Somebody who is injured, says so, gives the zip code, and is taken by whoever is rung.
pub(super) const fn caller(
    name: &'static str,
    number: &'static str,
    place: Place,
    publisher: Publisher,
) -> Caller {
    let answers = &[Keys("1"), ZipCode];
    Caller {
        name,
        number,
        place,
        publisher,
        answers,
        phones: &[],
        talk_seconds: 0,
        patience_seconds: None,
        mishap: None,
    }
}

pub(super) const DALLAS: Place = Place { state: "TX", city: "DALLAS", zip: "75201" };
pub(super) const AUSTIN: Place = Place { state: "TX", city: "AUSTIN", zip: "78701" };
pub(super) const HOUSTON: Place = Place { state: "TX", city: "HOUSTON", zip: "77002" };
pub(super) const OKLAHOMA_CITY: Place = Place { state: "OK", city: "OKLAHOMA CITY", zip: "73102" };
pub(super) const LOS_ANGELES: Place = Place { state: "CA", city: "LOS ANGELES", zip: "90012" };
pub(super) const SAN_FRANCISCO: Place = Place { state: "CA", city: "SAN FRANCISCO", zip: "94103" };
pub(super) const LAS_VEGAS: Place = Place { state: "NV", city: "LAS VEGAS", zip: "89101" };
pub(super) const PHOENIX: Place = Place { state: "AZ", city: "PHOENIX", zip: "85004" };
pub(super) const MIAMI: Place = Place { state: "FL", city: "MIAMI", zip: "33131" };
pub(super) const NEW_YORK: Place = Place { state: "NY", city: "NEW YORK", zip: "10001" };
