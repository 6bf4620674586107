//! Session keys (RFC 3711 §4.3), and what is done with them.

use aes::{
    Aes128,
    cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper},
};
use ctr::{CtrCore, flavors::Ctr128BE};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::sdp::KeyAndSalt;

const KEY_BYTES: usize = 16;
const SALT_BYTES: usize = 14;
const AUTHENTICATION_KEY_BYTES: usize = 20;

/// What session keys are for: the labels of §4.3.1 and §4.3.2.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Rtp,
    Rtcp,
}

/// The keys of a stream.
#[derive(Clone)]
pub(super) struct Keys {
    cipher: Aes128,
    salt: [u8; SALT_BYTES],
    authentication: Hmac<Sha1>,
}

impl Keys {
    /// Derives the keys of a stream, once for the whole session (a key derivation rate of 0).
    pub(super) fn derive(master: &KeyAndSalt, stream: Stream) -> Self {
        let (key, salt) = master.0.split_at(KEY_BYTES);
        let master_cipher = cipher(key.try_into().unwrap_or_default());
        let first_label = match stream {
            Stream::Rtp => 0,
            Stream::Rtcp => 3,
        };
        let derive = |label: u8, out: &mut [u8]| {
            let mut iv = [0; 16];
            iv[..SALT_BYTES].copy_from_slice(salt);
            iv[7] ^= label;
            keystream(&master_cipher, iv, out);
        };
        let (mut key, mut salt, mut authentication) =
            ([0; KEY_BYTES], [0; SALT_BYTES], [0; AUTHENTICATION_KEY_BYTES]);
        derive(first_label, &mut key);
        derive(first_label + 1, &mut authentication);
        derive(first_label + 2, &mut salt);
        Self { cipher: cipher(key), salt, authentication: authentication_of(&authentication) }
    }

    /// Encrypts or decrypts a packet's bytes (§4.1.1).
    pub(super) fn apply(&self, ssrc: u32, index: u64, bytes: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..SALT_BYTES].copy_from_slice(&self.salt);
        xor(&mut iv[4..8], &ssrc.to_be_bytes());
        xor(&mut iv[8..14], &index.to_be_bytes()[2..]);
        keystream(&self.cipher, iv, bytes);
    }

    /// The tag of a message in two parts (§4.2.1). It is cut where it is used.
    pub(super) fn tag(&self, message: &[u8], rest: &[u8]) -> [u8; 20] {
        self.authenticated(message, rest).finalize().into_bytes().into()
    }

    /// Whether a tag, cut to its length, is that of a message in two parts. It takes as long for a wrong one.
    pub(super) fn verify(&self, message: &[u8], rest: &[u8], tag: &[u8]) -> bool {
        self.authenticated(message, rest).verify_truncated_left(tag).is_ok()
    }

    fn authenticated(&self, message: &[u8], rest: &[u8]) -> Hmac<Sha1> {
        let mut authentication = self.authentication.clone();
        authentication.update(message);
        authentication.update(rest);
        authentication
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

fn cipher(key: [u8; KEY_BYTES]) -> Aes128 {
    Aes128::new(&key.into())
}

fn authentication_of(key: &[u8; AUTHENTICATION_KEY_BYTES]) -> Hmac<Sha1> {
    let mut block = [0; 64];
    block[..AUTHENTICATION_KEY_BYTES].copy_from_slice(key);
    // A key shorter than a block is one with zeros after it (RFC 2104 §2).
    <Hmac<Sha1> as KeyInit>::new(&block.into())
}

fn keystream(cipher: &Aes128, iv: [u8; 16], bytes: &mut [u8]) {
    let core = CtrCore::<_, Ctr128BE>::inner_iv_init(cipher, &iv.into());
    StreamCipherCoreWrapper::from_core(core).apply_keystream(bytes);
}

fn xor(bytes: &mut [u8], with: &[u8]) {
    bytes.iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let digits: Vec<_> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
        let bytes: Vec<_> =
            digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")).collect();
        bytes.try_into().expect("the right length")
    }

    #[test]
    fn the_keystream_is_that_of_appendix_b_2() {
        let session = Keys {
            cipher: cipher(hex("2B7E151628AED2A6ABF7158809CF4F3C")),
            salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
            authentication: authentication_of(&[0; 20]),
        };
        let mut bytes = [0; 48];
        session.apply(0, 0, &mut bytes);
        let expected = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0";
        assert_eq!(bytes, hex::<48>(expected));
    }

    #[test]
    fn keys_are_derived_as_in_appendix_b_3() {
        let master = KeyAndSalt(hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"));
        let keys = Keys::derive(&master, Stream::Rtp);
        let expected = Keys {
            cipher: cipher(hex("C61E7A93744F39EE10734AFE3FF7A087")),
            salt: hex("30CBBC08863D8C85D49DB34A9AE1"),
            authentication: authentication_of(&hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")),
        };
        assert_eq!((keys.salt, keys.tag(b"a", b"b")), (expected.salt, expected.tag(b"ab", b"")));
        let (mut one, mut other) = ([0; 32], [0; 32]);
        keys.apply(1, 2, &mut one);
        expected.apply(1, 2, &mut other);
        assert_eq!(one, other);
    }
}
