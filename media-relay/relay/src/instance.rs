//! Which relay this is: the beginning of the ids that it gives its calls, so that it knows those of others, of which it can say nothing.
//!
//! It is kept with the relay's data. A relay that is started again on them is the same, and knows that what it does not know is over; one that is started
//! anew is another one.

use std::{fs, io, path::Path};

use ringfall_control::text::Id;

const FILE_NAME: &str = "instance";

/// What stands between the relay and the call.
const BETWEEN: char = '_';

/// A relay's own part of its calls' ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance(String);

impl Instance {
    /// The one that is kept in a folder; a new one if there is none.
    ///
    /// # Errors
    /// It cannot be read or kept, or the system gives no random bytes.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE_NAME);
        match fs::read_to_string(&path) {
            Ok(text) if is_one(text.trim()) => return Ok(Self(text.trim().to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(named(&path, &error)),
        }
        let number = getrandom::u64().map_err(io::Error::other)?;
        let made = Self(format!("{number:016x}"));
        fs::write(&path, &made.0).map_err(|error| named(&path, &error))?;
        Ok(made)
    }

    /// The id of a call of which nobody can guess the word.
    pub(crate) fn id(&self, word: &str) -> Option<Id> {
        format!("{}{BETWEEN}{word}", self.0).parse().ok()
    }

    /// Whether a call or leg is another relay's. Ids that no relay makes are nobody's.
    pub(crate) fn is_anothers(&self, id: &Id) -> bool {
        id.as_str().split_once(BETWEEN).is_some_and(|(instance, _)| is_one(instance) && instance != self.0)
    }
}

fn is_one(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_stays_the_same_on_its_data_and_knows_the_calls_of_others() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let instance = Instance::of(one.path()).expect("one");
        assert_eq!(Instance::of(one.path()).expect("the same"), instance);
        let another = Instance::of(other.path()).expect("another");
        let id = |instance: &Instance| instance.id("0123456789abcdef0123456789abcdef").expect("an id");
        assert!(!instance.is_anothers(&id(&instance)) && instance.is_anothers(&id(&another)));
        let leg: Id = format!("{}-255", id(&another)).parse().expect("an id");
        assert!(instance.is_anothers(&leg));
        for nobodys in ["0123", "call_1", "0123456789abcdef0123456789abcdef"] {
            assert!(!instance.is_anothers(&nobodys.parse().expect("an id")), "{nobodys}");
        }
        fs::write(one.path().join(FILE_NAME), "damaged").expect("written");
        assert_ne!(Instance::of(one.path()).expect("a new one"), instance);
    }
}
