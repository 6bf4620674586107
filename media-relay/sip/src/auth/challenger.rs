//! Our own challenges, and whether an answer is right, fresh and used once.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{Algorithm, Credentials, Login};
use crate::{
    Chance, Moment,
    message::{Headers, Name, Request, StatusCode, scan::quote},
};

/// How long a nonce is good for.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// How many nonces are known at once; the oldest goes first, and whoever still holds it is told that it is stale.
const MOST_NONCES: usize = 16_384;

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was made by the user, and not before.
    Accepted,
    /// It carries no credentials for this realm: challenge it.
    Missing,
    /// The password is right, the nonce is not ours or too old, or its count was used: challenge it anew, as stale.
    Stale,
    /// The credentials are wrong.
    Wrong,
}

#[derive(Debug)]
struct Nonce {
    made_at: Moment,
    highest_count: u32,
}

/// Makes challenges for one realm and remembers them.
#[derive(Debug)]
pub struct Challenger {
    realm: String,
    nonces: BTreeMap<String, Nonce>,
    by_age: VecDeque<(Moment, String)>,
}

impl Challenger {
    /// For that realm, with no challenge made yet.
    pub fn new(realm: &str) -> Self {
        Self { realm: realm.to_owned(), nonces: BTreeMap::new(), by_age: VecDeque::new() }
    }

    /// The headers of a 401 with a new nonce: SHA-256 above MD5, since the topmost is preferred (RFC 8760 §2.1).
    pub fn challenge(&mut self, now: Moment, chance: &mut Chance, is_stale: bool) -> (StatusCode, Headers) {
        self.forget_old(now);
        let nonce = chance.word();
        self.nonces.insert(nonce.clone(), Nonce { made_at: now, highest_count: 0 });
        self.by_age.push_back((now, nonce.clone()));
        let mut headers = Headers::default();
        for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
            let stale = if is_stale { ", stale=true" } else { "" };
            let (realm, nonce, name) = (quote(&self.realm), quote(&nonce), algorithm.name());
            let text = format!("Digest realm={realm}, nonce={nonce}, algorithm={name}, qop=\"auth\"{stale}");
            headers.push(Name::WwwAuthenticate, text);
        }
        (StatusCode::UNAUTHORIZED, headers)
    }

    /// How a request stands, given the login that its user would have. `login` is asked for the user's name.
    pub fn verify(
        &mut self,
        now: Moment,
        request: &Request,
        login: impl FnOnce(&str) -> Option<Login>,
    ) -> Verdict {
        self.forget_old(now);
        let texts = request.headers.raw(&Name::Authorization);
        let mut found = texts.filter_map(|text| Credentials::parse(std::str::from_utf8(text).ok()?).ok());
        let Some(credentials) = found.find(|credentials| credentials.realm == self.realm) else {
            return Verdict::Missing;
        };
        // The digest covers the URI that it names, which must be the request's (RFC 7616 §3.4.6).
        let is_this_request = credentials.uri == request.uri.to_string();
        let login = login(&credentials.username).filter(|_| is_this_request);
        if !login.is_some_and(|login| credentials.is_made_by(&login, request.method.as_str())) {
            return Verdict::Wrong;
        }
        match self.nonces.get_mut(&credentials.nonce) {
            Some(nonce) if credentials.count > nonce.highest_count => {
                nonce.highest_count = credentials.count;
                Verdict::Accepted
            }
            Some(_) | None => Verdict::Stale,
        }
    }

    fn forget_old(&mut self, now: Moment) {
        while let Some((made_at, nonce)) = self.by_age.front() {
            let is_old = now - *made_at >= FRESH_FOR || self.by_age.len() > MOST_NONCES;
            if !is_old {
                return;
            }
            if self.nonces.get(nonce).is_some_and(|known| known.made_at == *made_at) {
                self.nonces.remove(nonce);
            }
            self.by_age.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{Challenge, answer},
        message::Message,
    };

    fn at(seconds: u64) -> Moment {
        Moment::after_origin(Duration::from_secs(seconds))
    }

    fn login() -> Login {
        Login { username: "desk".to_owned(), password: "secret".to_owned() }
    }

    fn request() -> Request {
        let text = "INVITE sip:b@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n\
                    Call-ID: x\r\nCSeq: 1 INVITE\r\n\r\n";
        match Message::parse(&text.into()) {
            Ok(Message::Request(request)) => request,
            other => unreachable!("{other:?}"),
        }
    }

    struct Scene {
        challenger: Challenger,
        chance: Chance,
        challenge: Challenge,
    }

    fn scene() -> Scene {
        let (mut challenger, mut chance) = (Challenger::new("calls.example.com"), Chance::from_seed([7; 32]));
        let (status, headers) = challenger.challenge(at(0), &mut chance, false);
        let mut response = request().reply(status, "t");
        response.headers = headers;
        let challenges = Challenge::all(&response).expect("our own challenge");
        assert_eq!(challenges.len(), 1, "one realm is answered once");
        Scene { challenger, chance, challenge: challenges[0].clone() }
    }

    fn answered(challenge: &Challenge, login: &Login, count: u32) -> Request {
        let mut request = request();
        let uri = request.uri.to_string();
        answer(&mut request.headers, challenge, login, "INVITE", &uri, count, "c");
        request
    }

    fn verify(scene: &mut Scene, now: Moment, request: &Request) -> Verdict {
        scene.challenger.verify(now, request, |user| Some(login()).filter(|login| login.username == user))
    }

    #[test]
    fn a_right_answer_is_accepted_once_for_each_count() {
        let mut scene = scene();
        assert_eq!(scene.challenge.algorithm, Algorithm::Sha256, "the stronger one is preferred");
        let first = answered(&scene.challenge, &login(), 1);
        assert_eq!(verify(&mut scene, at(1), &first), Verdict::Accepted);
        assert_eq!(verify(&mut scene, at(2), &first), Verdict::Stale, "a count is used twice");
        let third = answered(&scene.challenge, &login(), 3);
        assert_eq!(verify(&mut scene, at(3), &third), Verdict::Accepted);
        let second = answered(&scene.challenge, &login(), 2);
        assert_eq!(verify(&mut scene, at(4), &second), Verdict::Stale, "a count goes back");
    }

    #[test]
    fn md5_is_accepted_too() {
        let mut scene = scene();
        scene.challenge.algorithm = Algorithm::Md5;
        let request = answered(&scene.challenge, &login(), 1);
        assert_eq!(verify(&mut scene, at(1), &request), Verdict::Accepted);
    }

    #[test]
    fn an_old_or_foreign_nonce_is_stale_but_only_for_who_knows_the_password() {
        let mut scene = scene();
        let request = answered(&scene.challenge, &login(), 1);
        assert_eq!(verify(&mut scene, at(300), &request), Verdict::Stale);
        let stranger = Login { password: "guess".to_owned(), ..login() };
        let request = answered(&scene.challenge, &stranger, 1);
        assert_eq!(verify(&mut scene, at(300), &request), Verdict::Wrong);
        let (_, headers) = scene.challenger.challenge(at(300), &mut scene.chance, true);
        assert!(headers.text(&Name::WwwAuthenticate).is_some_and(|text| text.ends_with("stale=true")));
    }

    #[test]
    fn another_uri_method_user_or_realm_is_refused() {
        let mut scene = scene();
        let right = answered(&scene.challenge, &login(), 1);
        let mut elsewhere = right.clone();
        elsewhere.uri = "sip:+900@192.0.2.1".parse().expect("a URI");
        assert_eq!(verify(&mut scene, at(1), &elsewhere), Verdict::Wrong);
        let mut other_method = right.clone();
        other_method.method = crate::message::Method::Bye;
        assert_eq!(verify(&mut scene, at(1), &other_method), Verdict::Wrong);
        let unknown = answered(&scene.challenge, &Login { username: "nobody".to_owned(), ..login() }, 1);
        assert_eq!(verify(&mut scene, at(1), &unknown), Verdict::Wrong);
        let elsewhere = Challenge { realm: "other".to_owned(), ..scene.challenge.clone() };
        assert_eq!(verify(&mut scene, at(1), &answered(&elsewhere, &login(), 1)), Verdict::Missing);
        assert_eq!(verify(&mut scene, at(1), &request()), Verdict::Missing);
        assert_eq!(verify(&mut scene, at(1), &right), Verdict::Accepted);
    }

    #[test]
    fn credentials_that_are_not_whole_are_none() {
        for text in [
            "Basic dTpw",
            "Digest username=\"desk\"",
            "Digest username=\"d\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\"",
            "Digest username=\"d\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"x\", qop=auth, nc=+0000001, cnonce=\"c\"",
            "Digest username=\"d\", username=\"e\", realm=\"r\"",
            "NoOneKnowsThisScheme opaque-data=here",
            "Digest username=\"open",
        ] {
            assert!(Credentials::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nonces_are_bounded() {
        let mut scene = scene();
        for _ in 0..MOST_NONCES + 10 {
            scene.challenger.challenge(at(1), &mut scene.chance, false);
        }
        assert!(scene.challenger.nonces.len() <= MOST_NONCES + 1);
        let oldest = answered(&scene.challenge, &login(), 1);
        assert_eq!(verify(&mut scene, at(1), &oldest), Verdict::Stale);
    }
}
