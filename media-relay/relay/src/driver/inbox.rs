//! What reaches the thread of SIP from other threads.

use std::time::Duration;

use ringfall_control::{
    Order,
    calls::{CallList, CallState},
    command::{ModifyCall, PlaceCall},
    text::Id,
};
use ringfall_media::prompt::Playlist;
use ringfall_sip::transport::Peer;
use tokio::sync::oneshot;

use crate::{
    audio::Missing,
    call::{Ask, Unanswered},
    engine::LegId,
    resolver::Nowhere,
};

/// Something that was begun for a call has come to its end, or somebody wants something.
#[derive(Debug)]
pub(crate) enum Inbox {
    /// The platform's answer.
    Orders { call: u64, ask: Ask, orders: Result<Vec<Order>, Unanswered> },
    /// What is to be heard is there.
    Audio { leg: LegId, playback: u64, playlist: Playlist, music_at: usize, missing: Vec<Missing> },
    /// Where somebody is to be reached.
    Resolved { leg: LegId, peers: Result<Vec<Peer>, Nowhere> },
    /// A command of the platform.
    Command(Box<Command>, oneshot::Sender<Reply>),
    /// Take no more calls; end when there are none left, or after so long.
    Drain(Duration),
}

/// A command, proven to be of a connection.
#[derive(Debug)]
pub(crate) enum Command {
    /// Place a call.
    Place(Id, PlaceCall),
    /// List the live calls.
    List(Id),
    /// Tell of a call.
    Get(Id, Id),
    /// Change what a call does.
    Modify(Id, Id, ModifyCall),
    /// End a call or a leg.
    End(Id, Id),
}

/// What comes of a command.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Done.
    Done,
    /// A call is being placed.
    Placed(Id),
    /// The live calls.
    List(CallList),
    /// A call.
    State(Box<CallState>),
    /// The call is another relay's.
    Elsewhere,
    /// There is no such call of that connection.
    NoSuchCall,
    /// The call is over.
    Over,
    /// It may not be, by the trunk's rules.
    Forbidden(&'static str),
    /// Not now.
    Full(&'static str),
}
