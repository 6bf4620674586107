//! The four buyers, with one desk each.

/// A buyer's desk: where its calls ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Desk {
    /// Pays best, and is closed whenever the demonstration is played.
    NightOwl,
    /// Takes the West, four calls a day.
    Pacific,
    /// Takes Texas and Oklahoma, two calls at once; whoever answers must press 1.
    LoneStar,
    /// Takes the whole country for less, four calls at once.
    National,
}

impl Desk {
    /// The one that pays best first.
    pub(crate) const ALL: [Self; 4] = [Self::NightOwl, Self::Pacific, Self::LoneStar, Self::National];

    /// The buyer's name, and its desk's.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NightOwl => "Night Owl Legal",
            Self::Pacific => "Pacific Injury",
            Self::LoneStar => "Lone Star Law",
            Self::National => "National Help",
        }
    }

    /// Its number (of those set aside for fiction).
    pub(crate) const fn phone_number(self) -> &'static str {
        match self {
            Self::NightOwl => "+13125550190",
            Self::Pacific => "+12135550191",
            Self::LoneStar => "+12145550192",
            Self::National => "+12025550193",
        }
    }

    /// What it pays for a converted call, in cents.
    pub(crate) const fn price_cents(self) -> i64 {
        match self {
            Self::NightOwl => 80_00,
            Self::Pacific => 60_00,
            Self::LoneStar => 45_00,
            Self::National => 25_00,
        }
    }

    /// How many calls it takes at once, if that is limited.
    pub(crate) const fn concurrency(self) -> Option<u32> {
        match self {
            Self::NightOwl | Self::Pacific => None,
            Self::LoneStar => Some(2),
            Self::National => Some(4),
        }
    }

    /// How many calls it takes on a day, if that is limited.
    pub(crate) const fn daily(self) -> Option<u32> {
        match self {
            Self::Pacific => Some(4),
            Self::NightOwl | Self::LoneStar | Self::National => None,
        }
    }

    /// The states that it takes; empty for all.
    pub(crate) const fn states(self) -> &'static [&'static str] {
        match self {
            Self::Pacific => &["CA", "NV", "AZ"],
            Self::LoneStar => &["TX", "OK"],
            Self::NightOwl | Self::National => &[],
        }
    }

    /// Whether somebody must press 1 to take a call.
    pub(crate) const fn is_screened(self) -> bool {
        match self {
            Self::Pacific | Self::LoneStar => true,
            Self::NightOwl | Self::National => false,
        }
    }

    /// Whose number that is.
    pub(crate) fn at(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|desk| desk.phone_number() == number)
    }
}
