//! The trunks that are known now, and the calls that are theirs.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use ringfall_control::{Trunk, TrunkList, text::Id};

/// For how many sources it is remembered whose they are.
const MOST_SOURCES: usize = 65_536;

/// All trunks of one moment.
#[derive(Debug, Default)]
pub(crate) struct Trunks {
    trunks: Vec<Arc<Trunk>>,
    by_connection: HashMap<Id, usize>,
    /// Digits without the plus.
    by_number: HashMap<String, Vec<usize>>,
    /// Which trunks a source may call over, by their places.
    sources: Mutex<HashMap<IpAddr, Arc<HashSet<usize>>>>,
}

/// Whose a call is.
#[derive(Debug)]
pub(crate) enum Whose {
    /// This trunk's.
    Trunks(Arc<Trunk>),
    /// The source may call, but not this number.
    NoSuchNumber,
    /// The source may not call.
    Nobodys,
}

impl Trunks {
    /// Those of a list. One that would let everybody in is left out where the relay is on a public address, and named.
    pub(crate) fn new(list: TrunkList, is_public: bool) -> (Self, Vec<String>) {
        let (mut trunks, mut refused) = (Self::default(), Vec::new());
        for trunk in list.trunks {
            match trunk.rules.open_network().filter(|_| is_public) {
                Some((index, network)) => refused.push(format!(
                    "trunk {}: allow[{index}] is {network}, which lets everybody in: name the carrier's networks, or set digest",
                    trunk.connection
                )),
                None => trunks.add(trunk),
            }
        }
        (trunks, refused)
    }

    fn add(&mut self, trunk: Trunk) {
        let place = self.trunks.len();
        self.by_connection.insert(trunk.connection.clone(), place);
        for number in &trunk.numbers {
            let digits = number.as_str().trim_start_matches('+').to_owned();
            self.by_number.entry(digits).or_default().push(place);
        }
        self.trunks.push(Arc::new(trunk));
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.trunks.len()
    }

    /// A connection's trunk.
    pub(crate) fn of(&self, connection: &Id) -> Option<&Arc<Trunk>> {
        self.trunks.get(*self.by_connection.get(connection)?)
    }

    /// Whether any trunk lets a source call.
    pub(crate) fn allows(&self, source: IpAddr) -> bool {
        !self.open_to(source).is_empty()
    }

    /// Whose a call to a number is.
    pub(crate) fn whose(&self, source: IpAddr, dialled: &str) -> Whose {
        let open = self.open_to(source);
        if open.is_empty() {
            return Whose::Nobodys;
        }
        let digits = dialled.trim_start_matches('+');
        let places = self.by_number.get(digits).map(Vec::as_slice).unwrap_or_default();
        let place = places.iter().find(|place| open.contains(place));
        match place.and_then(|place| self.trunks.get(*place)) {
            Some(trunk) => Whose::Trunks(trunk.clone()),
            None => Whose::NoSuchNumber,
        }
    }

    fn open_to(&self, source: IpAddr) -> Arc<HashSet<usize>> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sources.get(&source) {
            return known.clone();
        }
        let is_open = |trunk: &Trunk| trunk.rules.allow.iter().any(|network| network.contains(source));
        let open = self.trunks.iter().enumerate().filter(|(_, trunk)| is_open(trunk));
        let open: Arc<HashSet<_>> = Arc::new(open.map(|(place, _)| place).collect());
        if sources.len() >= MOST_SOURCES {
            sources.clear();
        }
        sources.insert(source, open.clone());
        open
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A trunk of a connection, whose callers come from a network and dial a number.
    pub(crate) fn trunk(connection: &str, network: &str, number: &str) -> Trunk {
        let text = format!(
            r#"{{"connection":"{connection}","secret":"0123456789abcdef","voice_url":"http://127.0.0.1:1/voice","status_url":"http://127.0.0.1:1/status",
            "numbers":["{number}"],"allow":["{network}"],"most_calls":10,"most_calls_per_second":5,"most_seconds":3600,"allowed_prefixes":["+1"]}}"#
        );
        ringfall_control::read(text.as_bytes(), 100_000).expect("a trunk")
    }

    fn whose(trunks: &Trunks, source: &str, number: &str) -> String {
        match trunks.whose(source.parse().expect("an address"), number) {
            Whose::Trunks(trunk) => trunk.connection.to_string(),
            Whose::NoSuchNumber => "no such number".to_owned(),
            Whose::Nobodys => "nobody's".to_owned(),
        }
    }

    #[test]
    fn a_call_is_its_sources_and_its_numbers() {
        let list = vec![
            trunk("one", "192.0.2.0/24", "+18005550111"),
            trunk("two", "192.0.2.0/24", "+18005550112"),
            trunk("three", "198.51.100.7", "+18005550111"),
        ];
        let (trunks, refused) = Trunks::new(TrunkList { trunks: list }, true);
        assert!(refused.is_empty());
        assert_eq!(whose(&trunks, "192.0.2.9", "+18005550111"), "one");
        assert_eq!(whose(&trunks, "192.0.2.9", "18005550112"), "two");
        assert_eq!(whose(&trunks, "198.51.100.7", "18005550111"), "three");
        assert_eq!(whose(&trunks, "198.51.100.7", "18005550112"), "no such number");
        assert_eq!(whose(&trunks, "203.0.113.1", "18005550111"), "nobody's");
    }

    #[test]
    fn a_trunk_that_lets_everybody_in_is_left_out_on_a_public_address() {
        let list = || TrunkList { trunks: vec![trunk("open", "0.0.0.0/0", "+18005550111")] };
        let (trunks, refused) = Trunks::new(list(), true);
        assert_eq!(trunks.len(), 0);
        assert!(refused[0].contains("trunk open: allow[0] is 0.0.0.0/0"), "{refused:?}");
        assert_eq!(Trunks::new(list(), false).0.len(), 1);
    }
}
