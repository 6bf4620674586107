//! Calls in given time, without a socket: the orders, and the races between what happens at once.

use ringfall_control::{Orders, notice::Cause, read};
use ringfall_media::dtmf::Digit;

use super::*;

mod connects;
mod early;
mod ends;
mod notice;
mod says;

/// A call and what it has wanted, as lines.
struct Scene {
    call: Call,
    now: Moment,
    done: Vec<String>,
}

fn url(path: &str) -> HttpUrl {
    format!("http://p{path}").parse().expect("a URL")
}

fn plan(fallback: bool) -> Plan {
    let number = "+12145550199".parse().expect("a number");
    Plan {
        id: "c1".parse().expect("an id"),
        from: "+12145550123".to_owned(),
        to: "+18005550111".to_owned(),
        most_seconds: 3_600,
        fallback: fallback.then_some(Destination::PhoneNumber(number)),
        first_url: url("/voice"),
        end_url: url("/end"),
        takes_early_audio: true,
    }
}

impl Scene {
    fn arrived() -> Self {
        Self::of(Call::arrived(Moment::default(), plan(true)))
    }

    fn placed() -> Self {
        let placing = Placing {
            destination: Destination::PhoneNumber("+12145550123".parse().expect("a number")),
            caller_id: "+18005550111".parse().expect("a number"),
            ring_timeout_seconds: 25,
        };
        Self::of(Call::placed(Moment::default(), plan(true), placing))
    }

    fn of(call: Call) -> Self {
        let mut scene = Self { call, now: Moment::default(), done: Vec::new() };
        scene.drain();
        scene
    }

    fn drain(&mut self) {
        while let Some(action) = self.call.poll_action() {
            self.done.push(told(&action));
        }
    }

    /// What was wanted since this was last asked.
    fn wanted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.done)
    }

    fn handle(&mut self, event: Event) -> &mut Self {
        self.call.handle(self.now, event);
        self.drain();
        self
    }

    fn orders(&mut self, ask: u32, orders: &str) -> &mut Self {
        let body = format!(r#"{{"instructions":{orders}}}"#);
        let orders: Orders = read(body.as_bytes(), 65_536).expect("orders");
        self.handle(Event::Orders(Ask(ask), Ok(orders.instructions)))
    }

    fn modify(&mut self, orders: &str) -> &mut Self {
        let body = format!(r#"{{"instructions":{orders}}}"#);
        let orders: Orders = read(body.as_bytes(), 65_536).expect("orders");
        self.handle(Event::Modify(orders.instructions))
    }

    fn press(&mut self, leg: LegNumber, keys: &str) -> &mut Self {
        for key in keys.chars() {
            self.handle(Event::Digit(leg, Digit::from_char(key).expect("a key")));
        }
        self
    }

    fn over(&mut self, leg: LegNumber, cause: Cause) -> &mut Self {
        self.handle(Event::Over(leg, Ending { cause, sip_status: None }))
    }

    /// Lets time pass, and what is due in it happen.
    fn wait(&mut self, seconds: u64) -> &mut Self {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.call.poll_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.call.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
        self
    }
}

fn told(action: &Action) -> String {
    match action {
        Action::Ring => "ring".to_owned(),
        Action::Early => "early".to_owned(),
        Action::Answer => "answer".to_owned(),
        Action::Refuse(refused) => format!("refuse {refused:?}"),
        Action::Dial(dialled) => {
            let to = match &dialled.destination {
                Destination::PhoneNumber(number) => number.to_string(),
                Destination::SipUri(uri) => uri.to_string(),
            };
            format!("dial {} {to}", dialled.leg)
        }
        Action::HangUp(leg) => format!("hang up {leg}"),
        Action::Play { leg, playback, pieces } => {
            let pieces: Vec<_> = pieces.iter().map(heard).collect();
            format!("play {leg} #{playback} {}", pieces.join(" "))
        }
        Action::Silence(leg) => format!("silence {leg}"),
        Action::Bridge(leg) => format!("bridge {leg}"),
        Action::Listen(leg) => format!("listen {leg}"),
        Action::Part(leg) => format!("part {leg}"),
        Action::Record { recording, with, .. } => format!("record #{recording} {with:?}"),
        Action::StopRecording(recording) => format!("stop recording #{recording}"),
        Action::Ask { ask, url, said } => format!("ask {} {}{}", ask.0, path(url), said_of(said)),
        Action::Tell { url, said } => format!("tell {}{}", path(url), said_of(said)),
    }
}

fn path(url: &HttpUrl) -> &str {
    url.as_str().trim_start_matches("http://p")
}

fn heard(piece: &Piece) -> String {
    match piece {
        Piece::Speech(speech) => format!("'{}'", speech.text),
        Piece::File(url) => path(url).to_owned(),
        Piece::Music(length) => format!("music {}", length.as_secs()),
        Piece::Silence(length) => format!("silence {}", length.as_secs()),
        other => format!("{other:?}"),
    }
}

fn said_of(said: &Said) -> String {
    let mut text = String::new();
    if said.arrives {
        text += " arrival";
    }
    if let Some(leg) = &said.leg {
        text += &format!(" {} {:?}", leg.leg_id, leg.status);
        text += &leg.cause.map(|cause| format!(" {cause:?}")).unwrap_or_default();
        text += &leg.duration_seconds.map(|seconds| format!(" {seconds} s")).unwrap_or_default();
        text += if leg.bridged { " bridged" } else { "" };
    }
    if let Some(call) = &said.call {
        text += &format!(" call {:?} {:?}", call.status, call.cause);
        text += &call.duration_seconds.map(|seconds| format!(" {seconds} s")).unwrap_or_default();
    }
    text += &said.input.as_ref().map(|input| format!(" input {}", input.digits)).unwrap_or_default();
    text += &said.recording_url.as_ref().map(|url| format!(" recording {}", path(url))).unwrap_or_default();
    for problem in &said.problems {
        text += &format!(" problem {:?}", problem.kind);
    }
    text
}
