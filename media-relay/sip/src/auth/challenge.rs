//! Challenges of others, and our answers to them.

use super::{Algorithm, Digested, Login, fields::Fields};
use crate::message::{Headers, Name, Response, scan::quote};

/// One challenge of a 401 or a 407.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// For whom the login is.
    pub realm: String,
    /// What is to be digested, so that an answer cannot be used twice.
    pub nonce: String,
    /// Goes back as it came.
    pub opaque: Option<String>,
    /// By what to digest.
    pub algorithm: Algorithm,
    /// Whether `qop=auth` is offered.
    pub offers_auth: bool,
    /// Whether our login was right and only the nonce too old.
    pub is_stale: bool,
    /// Whether it is a proxy's.
    pub is_proxys: bool,
}

/// Why a challenge is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswerable {
    /// There is no challenge that we understand.
    #[error("no challenge in the response is a digest that we know")]
    NotUnderstood,
    /// The other side would have the digest of the body too, and nothing else.
    #[error("only qop=auth-int is offered")]
    OnlyAuthInt,
}

impl Challenge {
    fn parse(text: &str, is_proxys: bool) -> Option<Result<Self, Unanswerable>> {
        let fields = Fields::parse(text)?;
        let qop = fields.get("qop");
        let offers = |wanted: &str| {
            qop.is_some_and(|qop| qop.split(',').any(|each| each.trim().eq_ignore_ascii_case(wanted)))
        };
        if qop.is_some() && !offers("auth") {
            return Some(Err(Unanswerable::OnlyAuthInt));
        }
        Some(Ok(Self {
            realm: fields.get("realm")?.to_owned(),
            nonce: fields.get("nonce")?.to_owned(),
            opaque: fields.get("opaque").map(str::to_owned),
            algorithm: Algorithm::from_name(fields.get("algorithm"))?,
            offers_auth: offers("auth"),
            is_stale: fields.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            is_proxys,
        }))
    }

    /// The challenges of a response that are to be answered: of each realm the topmost that we understand (RFC 8760 §2.4).
    ///
    /// # Errors
    /// There is none.
    pub fn all(response: &Response) -> Result<Vec<Self>, Unanswerable> {
        let mut chosen: Vec<Self> = Vec::new();
        let mut why = Unanswerable::NotUnderstood;
        for (name, is_proxys) in [(Name::WwwAuthenticate, false), (Name::ProxyAuthenticate, true)] {
            for text in response.headers.raw(&name) {
                let text = std::str::from_utf8(text).unwrap_or_default();
                match Self::parse(text, is_proxys) {
                    Some(Ok(new)) => {
                        let is_taken =
                            |known: &Self| (&known.realm, known.is_proxys) == (&new.realm, is_proxys);
                        if !chosen.iter().any(is_taken) {
                            chosen.push(new);
                        }
                    }
                    Some(Err(unanswerable)) => why = unanswerable,
                    None => {}
                }
            }
        }
        if chosen.is_empty() { Err(why) } else { Ok(chosen) }
    }
}

/// Adds to a request's headers the answer to one challenge. `uri` is the Request-URI, `count` how often this nonce has been used, this time
/// included, and `cnonce` a random word.
pub fn answer(
    headers: &mut Headers,
    challenge: &Challenge,
    login: &Login,
    method: &str,
    uri: &str,
    count: u32,
    cnonce: &str,
) {
    let Challenge { realm, nonce, algorithm, .. } = challenge;
    let count = format!("{count:08x}");
    let counted = challenge.offers_auth.then_some((count.as_str(), cnonce));
    let digested = Digested { algorithm: *algorithm, realm, nonce, method, uri, counted };
    let mut text = format!(
        "Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\", algorithm={}",
        quote(&login.username),
        quote(realm),
        quote(nonce),
        quote(uri),
        digested.response(login),
        algorithm.name()
    );
    if let Some((count, cnonce)) = counted {
        text.push_str(&format!(", cnonce={}, qop=auth, nc={count}", quote(cnonce)));
    }
    if let Some(opaque) = &challenge.opaque {
        text.push_str(&format!(", opaque={}", quote(opaque)));
    }
    headers.push(if challenge.is_proxys { Name::ProxyAuthorization } else { Name::Authorization }, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Result<Challenge, Unanswerable>> {
        Challenge::parse(text, false)
    }

    #[test]
    fn challenges_are_read_and_what_is_not_understood_is_passed_over() {
        let text = r#"Digest realm="a \"b\"", nonce="n,1",opaque="", qop="auth-int, auth" ,algorithm=SHA-256, stale=TRUE"#;
        let challenge = parse(text).expect("understood").expect("answerable");
        assert_eq!((challenge.realm.as_str(), challenge.nonce.as_str()), ("a \"b\"", "n,1"));
        assert!(challenge.offers_auth && challenge.is_stale);
        assert_eq!((challenge.algorithm, challenge.opaque.as_deref()), (Algorithm::Sha256, Some("")));
        for other in [
            "Basic realm=\"x\"",
            "Digest realm=\"x\"",
            "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256",
            "",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert_eq!(
            parse("Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\""),
            Some(Err(Unanswerable::OnlyAuthInt))
        );
    }
}
