//! Named time zones.

use std::{fmt, str::FromStr};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

/// A zone of the IANA time zone database, by name, in its canonical case. The database is built in, so that every
/// machine judges alike. Offsets (`UTC+2`) are refused: they know no daylight saving time.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 64, pattern = r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", example = "America/Chicago")]
pub struct TimeZoneName(TimeZone);

/// A text that names no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a time zone of the IANA database, such as America/Chicago")]
pub struct UnknownTimeZone;

impl TimeZoneName {
    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.iana_name().expect("only zones of the database are kept, and those have names")
    }

    /// The zone's rules.
    pub const fn zone(&self) -> &TimeZone {
        &self.0
    }
}

impl FromStr for TimeZoneName {
    type Err = UnknownTimeZone;

    fn from_str(text: &str) -> Result<Self, UnknownTimeZone> {
        let zone = TimeZoneDatabase::bundled().get(text).map_err(|_| UnknownTimeZone)?;
        let is_named = zone.iana_name().is_some() && !zone.is_unknown();
        is_named.then_some(Self(zone)).ok_or(UnknownTimeZone)
    }
}

impl TryFrom<String> for TimeZoneName {
    type Error = UnknownTimeZone;

    fn try_from(text: String) -> Result<Self, UnknownTimeZone> {
        text.parse()
    }
}

impl PartialEq for TimeZoneName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for TimeZoneName {}

impl fmt::Display for TimeZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TimeZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for TimeZoneName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Whose clock hours follow: that of a named zone, or `caller`, the caller's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ScheduleZone {
    /// This zone's.
    Named(TimeZoneName),
    /// That of every zone in which the caller may be.
    Caller,
}

/// A text that names neither a time zone nor the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{UnknownTimeZone}, or `caller` for the caller's own")]
pub struct UnknownScheduleZone;

impl ScheduleZone {
    const CALLER: &'static str = "caller";
}

impl TryFrom<String> for ScheduleZone {
    type Error = UnknownScheduleZone;

    fn try_from(text: String) -> Result<Self, UnknownScheduleZone> {
        if text == Self::CALLER {
            return Ok(Self::Caller);
        }
        text.parse().map(Self::Named).map_err(|UnknownTimeZone| UnknownScheduleZone)
    }
}

impl Serialize for ScheduleZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Named(zone) => zone.as_str(),
            Self::Caller => Self::CALLER,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_database_are_zones() {
        for (given, name) in [
            ("America/Chicago", "America/Chicago"),
            ("america/new_york", "America/New_York"),
            ("UTC", "UTC"),
            ("Europe/Berlin", "Europe/Berlin"),
        ] {
            assert_eq!(given.parse::<TimeZoneName>().expect(given).as_str(), name);
        }
        for wrong in [
            "",
            "Chicago",
            "America/Chicag",
            "UTC+2",
            "+02:00",
            "CST6CDT,M3.2.0,M11.1.0",
            "Etc/Unknown",
            "../etc/passwd",
            "America/Chicago\0",
            "America/Chicago ",
        ] {
            assert_eq!(wrong.parse::<TimeZoneName>(), Err(UnknownTimeZone), "{wrong}");
        }
    }
}
