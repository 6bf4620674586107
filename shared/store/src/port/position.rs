//! How far a consumer of the change feed has come.

use std::{cmp::Ordering, collections::BTreeMap, fmt, str::FromStr};

/// One of the orders that a feed is made of. Its name holds neither a space nor a `@`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(String);

impl Lane {
    /// A lane of that name; none if it is empty, longer than 255 bytes or holds a space or a `@`.
    pub fn new(name: &str) -> Option<Self> {
        let is_name = !name.is_empty() && name.len() <= 255 && !name.contains([' ', '@']);
        is_name.then(|| Self(name.to_owned()))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place in a lane: a whole number of at most 40 digits (DynamoDB's sequence numbers), compared by value but kept as
/// it was given.
#[derive(Debug, Clone)]
pub struct Place(String);

impl Place {
    /// Reads decimal digits; none if there is none, more than 40, or anything else.
    pub fn new(digits: &str) -> Option<Self> {
        let is_number = (1..=40).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self(digits.to_owned()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of two numbers without leading zeros the longer is the greater.
    fn value(&self) -> (usize, &str) {
        let digits = self.0.trim_start_matches('0');
        (digits.len(), digits)
    }
}

impl From<u64> for Place {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value().cmp(&other.value())
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl Eq for Place {}

/// How far a lane was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Up to and including a place.
    Through(Place),
    /// To its end: no more will come.
    Finished,
}

/// How far a feed was read: the progress in each lane; in a lane that it does not name, nothing was. The default is
/// the beginning. Only an engine knows what lanes there are: to others it is to be kept and given back. As text it
/// is `lane@place lane@end …`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position(BTreeMap<Lane, Progress>);

const END: &str = "end";

impl Position {
    /// The progress in a lane, if there is any.
    pub fn progress(&self, lane: &Lane) -> Option<&Progress> {
        self.0.get(lane)
    }

    /// The lanes with their progress.
    pub fn lanes(&self) -> impl Iterator<Item = (&Lane, &Progress)> {
        self.0.iter()
    }

    /// Goes on in a lane.
    pub fn set(&mut self, lane: Lane, progress: Progress) {
        self.0.insert(lane, progress);
    }

    /// Forgets all lanes but some: the others are no more.
    pub fn retain(&mut self, mut is_there: impl FnMut(&Lane) -> bool) {
        self.0.retain(|lane, _| is_there(lane));
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (lane, progress)) in self.0.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            let progress = match progress {
                Progress::Through(place) => place.as_str(),
                Progress::Finished => END,
            };
            write!(f, "{gap}{}@{progress}", lane.as_str())?;
        }
        Ok(())
    }
}

/// A text that is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected lanes with their progress, such as all@12")]
pub struct NoPosition;

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let lanes = text.split(' ').filter(|lane| !lane.is_empty());
        lanes.map(|lane| read_lane(lane).ok_or(NoPosition)).collect::<Result<_, _>>().map(Self)
    }
}

fn read_lane(text: &str) -> Option<(Lane, Progress)> {
    let (lane, progress) = text.split_once('@')?;
    let progress =
        if progress == END { Progress::Finished } else { Progress::Through(Place::new(progress)?) };
    Some((Lane::new(lane)?, progress))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_ordered_by_value() {
        let mut places = ["9", "10", "0", "007", "4421584500000000017450439091", "100000000003498069978"]
            .map(|digits| Place::new(digits).expect("digits"));
        places.sort();
        let expected = ["0", "007", "9", "10", "100000000003498069978", "4421584500000000017450439091"];
        assert_eq!(places.each_ref().map(Place::as_str), expected);
        assert_eq!(Place::from(10), Place::new("0010").expect("digits"));
        assert_eq!(Place::from(0), Place::new("0").expect("digits"));
    }

    #[test]
    fn what_is_no_place_or_lane_is_refused() {
        for digits in ["", "-1", "1.0", "x", "\u{661}", &"1".repeat(41)] {
            assert_eq!(Place::new(digits), None, "{digits}");
        }
        for name in ["", "a b", "a@b", &"x".repeat(256)] {
            assert_eq!(Lane::new(name), None, "{name}");
        }
    }

    #[test]
    fn a_position_reads_back() {
        for text in ["", "all@12", "shardId-0001-a@end shardId-0002-b@100000000003498069978"] {
            let position: Position = text.parse().expect("a position");
            assert_eq!(position.to_string(), text);
        }
        for text in ["12", "all@", "@12", "all@-1", "all@END", "all@1@2"] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }
}
