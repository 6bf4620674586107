//! What the text of a pure crate must not say: clocks, randomness, files, sockets, floats.
//!
//! The text is read as tokens, so that comments and strings may speak of all of them.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

/// Where pure code may calculate with floats: the weights of a draw, an estimate of a wait, and samples of sound. Never money.
const FLOATS_ALLOWED: [&str; 3] =
    ["shared/domain/src/routing/choice.rs", "shared/domain/src/queue/estimate.rs", "media-relay/media/"];

/// Parts of `std` that perform.
const PERFORMING: [&str; 5] = ["env", "fs", "net", "process", "thread"];

/// What is in `std::net` and only a value.
const ADDRESSES: [&str; 7] =
    ["AddrParseError", "IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr", "SocketAddrV4", "SocketAddrV6"];

/// Text that is no Rust.
#[derive(Debug)]
pub struct SourceError {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub error: LexError,
}

/// What a pure crate's file says that it must not say.
///
/// # Errors
/// The text is no Rust.
pub fn impure_source(path: &str, text: &str) -> Result<Vec<String>, SourceError> {
    let stream = text.parse().map_err(|error| SourceError { path: path.to_owned(), error })?;
    let mut words = Vec::new();
    flatten(stream, &mut words);
    let floats_allowed = FLOATS_ALLOWED.iter().any(|place| path.starts_with(place));
    Ok((0..words.len())
        .filter_map(|index| Some((words[index].line, why_impure(&words, index, floats_allowed)?)))
        .map(|(line, why)| format!("{path}:{line}: {why}"))
        .collect())
}

struct Word {
    text: String,
    line: usize,
}

fn flatten(stream: TokenStream, words: &mut Vec<Word>) {
    for token in stream {
        let line = token.span().start().line;
        let mut push = |text: String| words.push(Word { text, line });
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned());
                flatten(group.stream(), words);
                words.push(Word { text: close.to_owned(), line });
            }
            TokenTree::Ident(ident) => push(ident.to_string()),
            TokenTree::Punct(punct) => push(punct.to_string()),
            TokenTree::Literal(literal) => push(literal.to_string()),
        }
    }
}

fn why_impure(words: &[Word], index: usize, floats_allowed: bool) -> Option<String> {
    let text = words[index].text.as_str();
    let before = |distance: usize| index.checked_sub(distance).map_or("", |place| words[place].text.as_str());
    match text {
        "SystemTime" | "Instant" => Some(format!("{text} is a clock; time comes in with the event")),
        "now" if (before(1), before(2)) == (":", ":") => {
            Some(format!("{}::now is a clock; time comes in with the event", before(3)))
        }
        "rand" | "getrandom" | "fastrand" => {
            Some(format!("{text} is a random source; randomness comes in with the event"))
        }
        "f32" | "f64" if !floats_allowed => Some(format!("{text} is not exact")),
        "std" => {
            named_of_std(words, index).map(|part| format!("std::{part} performs; pure code only decides"))
        }
        _ if !floats_allowed && before(1) != "." && is_float(text) => Some(format!("{text} is a float")),
        _ => None,
    }
}

/// A part of `std` that performs, if it is named in the path or the import that begins here.
fn named_of_std(words: &[Word], index: usize) -> Option<&'static str> {
    let [first, second, rest @ ..] = &words[index + 1..] else { return None };
    if (first.text.as_str(), second.text.as_str()) != (":", ":") {
        return None;
    }
    let named = match rest.first() {
        // Only an import has a group here, and an import ends with a semicolon.
        Some(open) if open.text == "{" => rest.split(|word| word.text == ";").next(),
        _ => rest.get(..1),
    };
    let part = named?.iter().find_map(|word| PERFORMING.into_iter().find(|part| *part == word.text))?;
    (part != "net" || !names_addresses(&rest[1..])).then_some(part)
}

/// Whether a path goes on to an address, or an import to addresses alone.
fn names_addresses(rest: &[Word]) -> bool {
    let is_address = |word: &Word| ADDRESSES.contains(&word.text.as_str());
    match rest {
        [_, _, open, named @ ..] if open.text == "{" => {
            named.iter().take_while(|word| word.text != "}").all(|word| word.text == "," || is_address(word))
        }
        [_, _, named, ..] => is_address(named),
        _ => false,
    }
}

/// `0.5`, `1.`, `1e3` and their like; not `0x1e3`, not `"1.5"`.
fn is_float(literal: &str) -> bool {
    literal.starts_with(|first: char| first.is_ascii_digit())
        && !literal.starts_with("0x")
        && literal.contains(['.', 'e', 'E'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<String> {
        impure_source(path, text).expect("the test gives Rust")
    }

    #[test]
    fn whatever_performs_is_named_with_its_line() {
        for (text, what) in [
            ("let t = Timestamp::now();", "Timestamp::now"),
            ("let t = jiff::Zoned::now();", "Zoned::now"),
            ("use std::time::SystemTime;", "SystemTime"),
            ("let t = std::time::Instant::elapsed(&x);", "Instant"),
            ("let n: u8 = rand::random();", "rand"),
            ("let f = std::fs::read(path);", "std::fs"),
            ("use std::net::TcpStream;", "std::net"),
            ("use std::net::{IpAddr, UdpSocket};", "std::net"),
            ("use std::{net::{IpAddr, SocketAddr}, fmt};", "std::net"),
            ("use std::{fmt, env, io::{self, Read}};", "std::env"),
            ("use std::{fmt, thread::spawn};", "std::thread"),
            ("::std::process::exit(1);", "std::process"),
            ("fn price() -> f64 { total }", "f64"),
            ("let half = 0.5;", "0.5"),
            ("let many = 1e9;", "1e9"),
        ] {
            let found = complaints("shared/domain/src/x.rs", &format!("\n{text}"));
            assert_eq!(found.len(), 1, "{text}: {found:#?}");
            assert!(
                found[0].starts_with("shared/domain/src/x.rs:2: ") && found[0].contains(what),
                "{found:#?}"
            );
        }
    }

    #[test]
    fn what_only_sounds_impure_is_right() {
        for text in [
            "/// Never call `SystemTime::now` here: 0.5 is a float, f64 another.\nfn f() {}",
            "let text = \"std::fs::read at 1.5\";",
            "let now = event.at; f(now)",
            "Nonce { made_at: now }",
            "let inner = pair.0.1 + 0xE5;",
            "use std::{fmt, collections::BTreeMap};\nlet env = 1;",
            "let std = 1; let fs = std;",
            "use core::net::SocketAddr;",
            "use std::net::{IpAddr, SocketAddr};",
            "let any = std::net::IpAddr::from(bytes);",
        ] {
            assert_eq!(complaints("shared/domain/src/x.rs", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn floats_are_for_the_weighted_draw_the_estimate_and_sound_alone() {
        let text = "fn uniform() -> f64 { 0.5 }";
        for allowed in FLOATS_ALLOWED {
            assert_eq!(complaints(allowed, text), [""; 0]);
            assert_eq!(complaints(allowed, "let t = Timestamp::now();").len(), 1);
        }
        for exact in ["shared/domain/src/money.rs", "media-relay/sip/src/moment.rs"] {
            assert_eq!(complaints(exact, text).len(), 2);
        }
    }

    #[test]
    fn text_that_is_no_rust_is_an_error() {
        assert!(impure_source("x.rs", "fn {").is_err());
    }
}
