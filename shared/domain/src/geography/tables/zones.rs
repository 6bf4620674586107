//! Made by `shared/domain/geography/generate`; what is written here by hand is lost.

/// Those that ZIP codes have.
pub(in super::super) static ZONES: [&str; 15] = [
    "America/Adak",
    "America/Anchorage",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/New_York",
    "America/Phoenix",
    "America/Puerto_Rico",
    "America/St_Thomas",
    "Pacific/Guam",
    "Pacific/Honolulu",
    "Pacific/Kwajalein",
    "Pacific/Majuro",
    "Pacific/Pago_Pago",
    "Pacific/Saipan",
];
