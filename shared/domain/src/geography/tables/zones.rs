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

/// Zones that stand in no table, and under which name they do.
pub(in super::super) static OTHER_NAMES: [(&str, &str); 21] = [
    ("America/Boise", "America/Denver"),
    ("America/Detroit", "America/New_York"),
    ("America/Indiana/Indianapolis", "America/New_York"),
    ("America/Indiana/Knox", "America/Chicago"),
    ("America/Indiana/Marengo", "America/New_York"),
    ("America/Indiana/Petersburg", "America/New_York"),
    ("America/Indiana/Tell_City", "America/Chicago"),
    ("America/Indiana/Vevay", "America/New_York"),
    ("America/Indiana/Vincennes", "America/New_York"),
    ("America/Indiana/Winamac", "America/New_York"),
    ("America/Juneau", "America/Anchorage"),
    ("America/Kentucky/Louisville", "America/New_York"),
    ("America/Kentucky/Monticello", "America/New_York"),
    ("America/Menominee", "America/Chicago"),
    ("America/Metlakatla", "America/Anchorage"),
    ("America/Nome", "America/Anchorage"),
    ("America/North_Dakota/Beulah", "America/Chicago"),
    ("America/North_Dakota/Center", "America/Chicago"),
    ("America/North_Dakota/New_Salem", "America/Chicago"),
    ("America/Sitka", "America/Anchorage"),
    ("America/Yakutat", "America/Anchorage"),
];
