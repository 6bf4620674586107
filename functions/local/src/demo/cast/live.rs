//! Those who call by SIP, all at the same moment, in real time: a second of theirs is a second.

use super::{
    Answer, Caller, Desk, Phone, Publisher,
    scenes::{DALLAS, HOUSTON, LAS_VEGAS, LOS_ANGELES, MIAMI, PHOENIX, SAN_FRANCISCO, caller},
};
use Answer::{HangsUp, Keys};
use Desk::{National, Pacific};
use Publisher::{RadioOne, SearchAds};

/// Who hangs up after a word or two.
const SHORT_SECONDS: u32 = 1;
/// Who talks long enough to be billed.
const LONG_SECONDS: u32 = 6;

/// All of them. Lone Star takes two at once and so the third Texan goes to National, which takes four.
pub(crate) const LIVE: [Caller; 10] = [
    Caller { answers: &[Keys("2")], ..caller("Ada", "+12145550170", DALLAS, RadioOne) },
    Caller { answers: &[HangsUp], ..caller("Ben", "+17135550171", HOUSTON, SearchAds) },
    Caller { talk_seconds: LONG_SECONDS, ..caller("Cora", "+12145550172", DALLAS, RadioOne) },
    Caller { talk_seconds: LONG_SECONDS, ..caller("Dean", "+12145550173", DALLAS, SearchAds) },
    Caller { talk_seconds: LONG_SECONDS, ..caller("Ella", "+17135550174", HOUSTON, RadioOne) },
    Caller { talk_seconds: LONG_SECONDS, ..caller("Fred", "+16025550175", PHOENIX, SearchAds) },
    Caller {
        phones: &[(Pacific, Phone::Busy)],
        talk_seconds: SHORT_SECONDS,
        ..caller("Gail", "+12135550176", LOS_ANGELES, RadioOne)
    },
    Caller {
        phones: &[(Pacific, Phone::Declined)],
        talk_seconds: LONG_SECONDS,
        ..caller("Hank", "+17025550177", LAS_VEGAS, SearchAds)
    },
    Caller {
        phones: &[(Pacific, Phone::CallerGivesUp)],
        ..caller("Iris", "+14155550178", SAN_FRANCISCO, RadioOne)
    },
    Caller { phones: &[(National, Phone::NoAnswer)], ..caller("Jack", "+13055550179", MIAMI, SearchAds) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_calls_is_somebody_else() {
        let numbers: std::collections::BTreeSet<_> = LIVE.iter().map(|caller| caller.number).collect();
        assert_eq!(numbers.len(), LIVE.len());
    }
}
