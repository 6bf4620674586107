//! The keys, and what is sealed with them.

use std::{collections::BTreeSet, fmt, str::FromStr};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
/// More are a mistake: keys that nothing is sealed with any more are to be taken out.
const MOST_KEYS: usize = 16;
/// What secrets are at the most, sealed and written: theirs are 256 characters.
const MOST_SEALED_CHARACTERS: usize = 1_024;
/// What a sealed secret begins with: the form of the rest.
const FORM: &str = "1";

/// Names a key without telling it: the beginning of a digest of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    const DIGITS: usize = 16;

    fn of(key: &[u8; KEY_BYTES]) -> Self {
        let digest = Sha256::new().chain_update("ringfall key id").chain_update(key).finalize();
        Self(hex::encode(&digest[..Self::DIGITS / 2]))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone)]
struct Key {
    id: KeyId,
    cipher: Aes256Gcm,
}

/// Keys: the first seals, each opens what it has sealed.
#[derive(Clone)]
pub struct KeyRing(Vec<Key>);

/// A text that is no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// There is none.
    #[error("expected a key of 64 hexadecimal digits, as `openssl rand -hex 32` makes one")]
    None,
    /// One is not as it should be. It is not shown.
    #[error("key {0}: expected 64 hexadecimal digits")]
    Misshapen(usize),
    /// There are too many.
    #[error("expected at most 16 keys")]
    TooMany,
}

/// Why a sealed secret does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// Its key is not there.
    #[error("it is sealed with the key {0}, which is not among those at hand")]
    UnknownKey(KeyId),
    /// It was changed, or belongs to something else.
    #[error("it was not sealed for this place, or was changed since")]
    Broken,
}

impl KeyRing {
    /// Reads keys of 64 hexadecimal digits with white space between them. The first is the one that seals.
    ///
    /// # Errors
    /// Which one is wrong, and what it should be.
    pub fn read(text: &str) -> Result<Self, InvalidKeys> {
        let keys: Vec<Key> = text
            .split_whitespace()
            .enumerate()
            .map(|(index, digits)| read_key(digits).ok_or(InvalidKeys::Misshapen(index + 1)))
            .take(MOST_KEYS + 1)
            .collect::<Result<_, _>>()?;
        match keys.len() {
            0 => Err(InvalidKeys::None),
            1..=MOST_KEYS => Ok(Self(keys)),
            _ => Err(InvalidKeys::TooMany),
        }
    }

    /// Which of some keys are not among these.
    pub fn lacks<'a>(&self, needed: &'a BTreeSet<KeyId>) -> Option<&'a KeyId> {
        needed.iter().find(|id| self.find(id).is_none())
    }

    /// Seals a secret. `place` is what it belongs to; the lower bits of `drawn` are its nonce, and must not be drawn again.
    ///
    /// # Panics
    /// If the secret is longer than the cipher takes, 64 GB.
    pub fn seal(&self, secret: &str, place: &str, drawn: u128) -> Sealed {
        let key = self.0.first().expect("a ring has a key");
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&drawn.to_be_bytes()[16 - NONCE_BYTES..]);
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let text = key.cipher.encrypt(&nonce.into(), payload).expect("the secret is short");
        Sealed { key: key.id.clone(), nonce, text }
    }

    /// Opens what was sealed for a place.
    ///
    /// # Errors
    /// Its key is not there, or it is not what was sealed for this place.
    pub fn open(&self, sealed: &Sealed, place: &str) -> Result<String, NotOpened> {
        let key = self.find(&sealed.key).ok_or_else(|| NotOpened::UnknownKey(sealed.key.clone()))?;
        let payload = Payload { msg: &sealed.text, aad: place.as_bytes() };
        let secret = key.cipher.decrypt(&sealed.nonce.into(), payload).map_err(|_| NotOpened::Broken)?;
        String::from_utf8(secret).map_err(|_| NotOpened::Broken)
    }

    fn find(&self, id: &KeyId) -> Option<&Key> {
        self.0.iter().find(|key| key.id == *id)
    }
}

fn read_key(digits: &str) -> Option<Key> {
    let mut bytes = [0; KEY_BYTES];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(Key { id: KeyId::of(&bytes), cipher: Aes256Gcm::new(&bytes.into()) })
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

/// A sealed secret: `1.{key id}.{nonce and ciphertext in URL-safe Base64}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    key: KeyId,
    nonce: [u8; NONCE_BYTES],
    text: Vec<u8>,
}

impl Sealed {
    /// What opens it.
    pub const fn key(&self) -> &KeyId {
        &self.key
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.nonce[..], &self.text].concat();
        write!(f, "{FORM}.{}.{}", self.key, URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// A text that is no sealed secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a sealed secret")]
pub struct NotSealed;

impl FromStr for Sealed {
    type Err = NotSealed;

    fn from_str(text: &str) -> Result<Self, NotSealed> {
        let mut parts = text.split('.');
        let (Some(FORM), Some(key), Some(rest), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotSealed);
        };
        let is_key = key.len() == KeyId::DIGITS && key.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_key || text.len() > MOST_SEALED_CHARACTERS {
            return Err(NotSealed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(rest).map_err(|_| NotSealed)?;
        let (nonce, text) = bytes.split_first_chunk().ok_or(NotSealed)?;
        Ok(Self { key: KeyId(key.to_owned()), nonce: *nonce, text: text.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const NEW: &str = "101112131415161718191A1B1C1D1E1F202122232425262728292a2b2c2d2e2f";

    fn ring(text: &str) -> KeyRing {
        KeyRing::read(text).expect("keys")
    }

    #[test]
    fn a_secret_opens_with_its_key_in_its_place_and_nowhere_else() {
        let sealed = ring(OLD).seal("open-sesame", "con_1 auth_token", 7);
        let written = sealed.to_string();
        assert!(!written.contains("sesame"), "{written}");
        assert_eq!(written.parse(), Ok(sealed.clone()));
        assert_eq!(ring(OLD).open(&sealed, "con_1 auth_token").as_deref(), Ok("open-sesame"));
        for place in ["con_2 auth_token", "con_1 signature_key", ""] {
            assert_eq!(ring(OLD).open(&sealed, place), Err(NotOpened::Broken), "{place}");
        }
        let unknown = ring(NEW).open(&sealed, "con_1 auth_token");
        assert_eq!(unknown, Err(NotOpened::UnknownKey(sealed.key().clone())));
    }

    #[test]
    fn a_changed_secret_does_not_open() {
        let sealed = ring(OLD).seal("open-sesame", "place", 7);
        for index in 0..sealed.text.len() {
            let mut changed = sealed.clone();
            changed.text[index] ^= 1;
            assert_eq!(ring(OLD).open(&changed, "place"), Err(NotOpened::Broken), "{index}");
        }
        let otherwise = Sealed { nonce: [0; NONCE_BYTES], ..sealed };
        assert_eq!(ring(OLD).open(&otherwise, "place"), Err(NotOpened::Broken));
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let both = ring(&format!("{NEW}\n{OLD}\n"));
        let (old, new) = (ring(OLD).seal("a", "", 1), both.seal("b", "", 2));
        assert_eq!(both.open(&old, "").as_deref(), Ok("a"));
        assert_eq!(ring(NEW).open(&new, "").as_deref(), Ok("b"));
        let needed = BTreeSet::from([old.key().clone(), new.key().clone()]);
        assert_eq!((both.lacks(&needed), ring(NEW).lacks(&needed)), (None, Some(old.key())));
    }

    #[test]
    fn equal_secrets_do_not_look_alike() {
        let sealed = |drawn| ring(OLD).seal("a", "", drawn).to_string();
        assert_ne!(sealed(1), sealed(2));
        assert_eq!(sealed(1), sealed(1), "what is drawn is all the chance there is");
    }

    #[test]
    fn what_is_no_key_is_told_and_not_shown() {
        assert_eq!(KeyRing::read(" \n").err(), Some(InvalidKeys::None));
        for wrong in ["secret", &OLD[1..], &format!("{OLD}0"), &OLD.replace('0', "g")] {
            let told = KeyRing::read(&format!("{OLD} {wrong}")).expect_err("no key").to_string();
            assert_eq!(told, "key 2: expected 64 hexadecimal digits");
        }
        assert_eq!(KeyRing::read(&format!("{OLD}\n").repeat(17)).err(), Some(InvalidKeys::TooMany));
        assert!(!format!("{:?}", ring(OLD)).contains("0001020304"));
    }

    #[test]
    fn what_is_no_sealed_secret_is_refused() {
        let whole = ring(OLD).seal("a", "", 1).to_string();
        for text in
            ["", "1.", "1..", "2.x", &whole[..30], &format!("{whole}.x"), &format!("2{}", &whole[1..])]
        {
            assert_eq!(text.parse::<Sealed>(), Err(NotSealed), "{text}");
        }
        assert_eq!(format!("{whole}{}", "A".repeat(2_000)).parse::<Sealed>(), Err(NotSealed));
    }
}
