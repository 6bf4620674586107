//! What kind of line a number stands for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kind of a caller's line. Numbers are ported between landline, mobile and VoIP: those three only a provider can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineType {
    /// A fixed line.
    Landline,
    /// A mobile line.
    Mobile,
    /// A line of the Internet, or of no place.
    Voip,
    /// Calls to it are free.
    TollFree,
    /// Calls to it cost more.
    PremiumRate,
    /// A number that follows its owner, or stands for a machine.
    Personal,
}

/// A text that names no kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one of landline, mobile, voip, toll_free, premium_rate, personal")]
pub struct UnknownLineType;

impl LineType {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Landline, Self::Mobile, Self::Voip, Self::TollFree, Self::PremiumRate, Self::Personal];

    /// As filters and documents name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Landline => "landline",
            Self::Mobile => "mobile",
            Self::Voip => "voip",
            Self::TollFree => "toll_free",
            Self::PremiumRate => "premium_rate",
            Self::Personal => "personal",
        }
    }
}

impl FromStr for LineType {
    type Err = UnknownLineType;

    fn from_str(text: &str) -> Result<Self, UnknownLineType> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownLineType)
    }
}

impl fmt::Display for LineType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
