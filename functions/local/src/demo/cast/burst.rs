//! Forty callers within two minutes. Drawn once, and always the same: they come at any second alike, talk for about half a minute, and
//! would wait for three minutes on average, some much longer and some hardly at all.

use super::{
    Caller, Place, Publisher,
    scenes::{
        AUSTIN, DALLAS, HOUSTON, LAS_VEGAS, LOS_ANGELES, MIAMI, NEW_YORK, OKLAHOMA_CITY, PHOENIX,
        SAN_FRANCISCO,
    },
};

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BurstCaller {
    /// Counted from the first second.
    pub(crate) calls_at_second: u32,
    /// Who.
    pub(crate) caller: Caller,
}

/// All of them, in the order in which they call: second, number, place, seconds of talk, seconds of patience on hold.
pub(crate) const BURST: [BurstCaller; 40] = [
    drawn(1, "+17135550130", HOUSTON, 46, 192),
    drawn(3, "+17135550131", HOUSTON, 27, 600),
    drawn(6, "+14155550132", SAN_FRANCISCO, 39, 45),
    drawn(13, "+14155550133", SAN_FRANCISCO, 55, 89),
    drawn(14, "+15125550134", AUSTIN, 24, 20),
    drawn(20, "+12135550135", LOS_ANGELES, 30, 341),
    drawn(23, "+17025550136", LAS_VEGAS, 27, 243),
    drawn(27, "+14055550137", OKLAHOMA_CITY, 28, 20),
    drawn(31, "+15125550138", AUSTIN, 18, 530),
    drawn(31, "+14155550139", SAN_FRANCISCO, 29, 148),
    drawn(31, "+13055550140", MIAMI, 22, 188),
    drawn(32, "+12125550141", NEW_YORK, 37, 76),
    drawn(35, "+12145550142", DALLAS, 32, 180),
    drawn(45, "+17025550143", LAS_VEGAS, 33, 20),
    drawn(47, "+12135550144", LOS_ANGELES, 18, 364),
    drawn(48, "+14055550145", OKLAHOMA_CITY, 57, 22),
    drawn(49, "+14155550146", SAN_FRANCISCO, 26, 600),
    drawn(52, "+14155550147", SAN_FRANCISCO, 70, 133),
    drawn(59, "+13055550148", MIAMI, 35, 103),
    drawn(60, "+14055550149", OKLAHOMA_CITY, 35, 20),
    drawn(67, "+15125550150", AUSTIN, 21, 298),
    drawn(69, "+17025550151", LAS_VEGAS, 60, 90),
    drawn(73, "+17025550152", LAS_VEGAS, 25, 293),
    drawn(79, "+12135550153", LOS_ANGELES, 47, 20),
    drawn(83, "+12135550154", LOS_ANGELES, 20, 124),
    drawn(83, "+13055550155", MIAMI, 63, 85),
    drawn(88, "+17025550156", LAS_VEGAS, 104, 86),
    drawn(93, "+13055550157", MIAMI, 89, 600),
    drawn(94, "+16025550158", PHOENIX, 37, 36),
    drawn(94, "+14155550159", SAN_FRANCISCO, 68, 235),
    drawn(98, "+14155550160", SAN_FRANCISCO, 44, 303),
    drawn(99, "+14155550161", SAN_FRANCISCO, 44, 195),
    drawn(101, "+12135550162", LOS_ANGELES, 52, 20),
    drawn(107, "+12145550163", DALLAS, 31, 49),
    drawn(107, "+14155550164", SAN_FRANCISCO, 40, 127),
    drawn(111, "+14055550165", OKLAHOMA_CITY, 30, 42),
    drawn(111, "+12145550166", DALLAS, 34, 189),
    drawn(115, "+12135550167", LOS_ANGELES, 18, 65),
    drawn(117, "+15125550168", AUSTIN, 32, 190),
    drawn(118, "+17135550169", HOUSTON, 37, 173),
];

/// Somebody who is taken by whoever is rung.
const fn drawn(
    calls_at_second: u32,
    number: &'static str,
    place: Place,
    talk_seconds: u32,
    patience_seconds: u32,
) -> BurstCaller {
    let caller = Caller {
        name: "",
        number,
        place,
        publisher: Publisher::RadioOne,
        answers: &[],
        phones: &[],
        talk_seconds,
        patience_seconds: Some(patience_seconds),
        mishap: None,
    };
    BurstCaller { calls_at_second, caller }
}
