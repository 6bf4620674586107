//! TRUNK: the connections over which our own media relays take calls, and the numbers that are reached over each, of all accounts. A relay
//! belongs to the deployment, not to an account, and asks for all of them every few seconds: they stand together, so that one query tells them.

use ringfall_domain::{ids::ConnectionId, phone::PhoneNumber};

use super::{
    attributes::Attributes,
    pointer::{ConnectionPointer, encode_connection},
};
use crate::port::{Item, Key, Range};

/// The partition of all trunks.
pub const PARTITION: &str = "S#trunks";

/// What stands at a key of the partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A connection, which its numbers follow.
    Trunk(ConnectionId),
    /// A number that is reached over a connection.
    Number(ConnectionId, PhoneNumber),
}

/// Where a connection stands.
pub fn key(connection: ConnectionId) -> Key {
    Key::new(PARTITION, connection.to_string())
}

/// Where a number of a connection stands: behind it, before the next one.
pub fn number_key(connection: ConnectionId, phone_number: &PhoneNumber) -> Key {
    Key::new(PARTITION, format!("{connection}#{phone_number}"))
}

/// Where a connection and its numbers stand: from its id to whatever follows the `#` behind it.
pub fn range(connection: ConnectionId) -> Range {
    Range { from: Some(connection.to_string()), to: Some(format!("{connection}$")) }
}

/// What a key says; none if it is no key of this partition.
pub fn entry(key: &Key) -> Option<Entry> {
    match key.sort.split_once('#') {
        None => key.sort.parse().ok().map(Entry::Trunk),
        Some((connection, number)) => Some(Entry::Number(connection.parse().ok()?, number.parse().ok()?)),
    }
}

/// Writes a connection: as webhooks find it by its pointer.
pub fn encode(pointer: &ConnectionPointer) -> Item {
    encode_connection(pointer)
}

/// Writes a number, of which the key tells all.
pub fn encode_number() -> Item {
    Attributes::new().with("reached", true).into_map()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_stands_there_and_numbers_follow_their_trunk() {
        let (one, two) = (ConnectionId::from_parts(1, 1), ConnectionId::from_parts(1, 2));
        let number: PhoneNumber = "+18005550111".parse().expect("a number");
        assert_eq!(entry(&key(one)), Some(Entry::Trunk(one)));
        assert_eq!(entry(&number_key(one, &number)), Some(Entry::Number(one, number.clone())));
        assert_eq!(entry(&Key::new(PARTITION, "con_1#x")), None);
        assert!(key(one) < number_key(one, &number) && number_key(one, &number) < key(two));
        let range = range(one);
        let is_in = |key: &Key| range.from.as_ref() <= Some(&key.sort) && range.to.as_ref() > Some(&key.sort);
        assert!(is_in(&key(one)) && is_in(&number_key(one, &number)) && !is_in(&key(two)));
    }
}
