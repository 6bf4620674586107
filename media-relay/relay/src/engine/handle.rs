//! The engine as the thread of SIP sees it.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringfall_media::{
    dtmf::{Digit, TooManyDigits},
    prompt::Playlist,
    rtp::{Forwarder, NoRoute},
    sdp::{Agreement, LocalAddress, Rtcp},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{
    Counters, EngineConfig, EngineError, EngineEvent, LegId, PlaybackId, RecordingId,
    command::{Agreed, Command, Lots, Ways},
    config::RecordingPlan,
    ports::Ports,
    recorder,
    thread::{self, Clock, ThreadHandle},
};

/// How many digits may be pressed at once.
const MOST_DIGITS: usize = 64;

/// The audio of all calls. A clone is the same engine; it stops when the last one is dropped.
///
/// No method waits for the network or for another thread's work; commands for one call take effect in the order in which they are given.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    threads: Vec<ThreadHandle>,
    ports: Arc<Mutex<Ports>>,
    legs: Mutex<HashMap<LegId, Known>>,
    /// Ends when the threads have.
    recorder: Option<std::thread::JoinHandle<()>>,
}

/// What is known of a leg on this side.
#[derive(Debug, Default)]
struct Known {
    agreement: Option<Agreement>,
    bridged: Option<LegId>,
    /// Whether the other leg of the bridge does not hear it.
    is_unheard: bool,
}

impl Engine {
    /// Starts the threads. What happens on its own comes out of the receiver.
    ///
    /// # Errors
    /// The range of ports holds none, or the system refuses a thread or what it waits with.
    pub fn start(config: &EngineConfig) -> io::Result<(Self, UnboundedReceiver<EngineEvent>)> {
        let (events, told) = unbounded_channel();
        let clock = Clock::start();
        let ports = Arc::new(Mutex::new(Ports::new(config)?));
        let (chunks, recorder) = recorder::start(config.recorded_chunks_waiting, events.clone())?;
        let start = |_| thread::start(config, clock, &ports, &events, &chunks);
        let threads = (0..config.threads.get()).map(start).collect::<io::Result<_>>()?;
        let legs = Mutex::new(HashMap::new());
        Ok((Self(Arc::new(Inner { clock, threads, ports, legs, recorder: Some(recorder) })), told))
    }

    /// Opens a leg: two ports of the family that its other side is reached by, of any if that is not known yet. Nothing is sent, and nobody
    /// is heard, before [`Self::agree`].
    ///
    /// # Errors
    /// No port is free, there is no address of the family, the leg is open already, or the system refuses a socket.
    pub fn open(&self, leg: LegId, towards: Option<IpAddr>) -> Result<LocalAddress, EngineError> {
        let mut legs = self.0.legs();
        if legs.contains_key(&leg) {
            return Err(EngineError::Open(leg));
        }
        let random = || getrandom::u32().map_err(io::Error::other);
        let lots = || {
            Ok::<_, getrandom::Error>([
                getrandom::u64()?,
                getrandom::u64()?,
                getrandom::u64()?,
                getrandom::u64()?,
            ])
        };
        let lots = Lots::new(lots().map_err(io::Error::other)?);
        let (sockets, address) = self.0.ports().open(towards, random, self.0.clock.now())?;
        self.0.tell(leg, Command::Open(leg, sockets, lots))?;
        legs.insert(leg, Known::default());
        Ok(address)
    }

    /// What was agreed on for a leg by an offer and its answer, the first or a later one: sending may start, hold starts or ends.
    /// `signalling` is where the other side's SIP comes from: RTP may, too.
    ///
    /// # Errors
    /// The leg is not open. Or it is bridged, and its new codec cannot be turned into that of the other leg: it is then agreed and parted.
    pub fn agree(
        &self,
        leg: LegId,
        agreement: Agreement,
        signalling: Option<IpAddr>,
    ) -> Result<(), EngineError> {
        let mut legs = self.0.legs();
        let known = legs.get_mut(&leg).ok_or(EngineError::Unknown(leg))?;
        let rtcp = match agreement.rtcp {
            Some(Rtcp::Apart(address)) => Some(address),
            Some(Rtcp::Mux) | None => None,
        };
        known.agreement = Some(agreement.clone());
        let other = known.bridged;
        self.0.tell(leg, Command::Agree(leg, Box::new(Agreed { agreement, signalling, rtcp })))?;
        let Some(other) = other else { return Ok(()) };
        self.join(&mut legs, leg, other).inspect_err(|_| self.unjoin(&mut legs, leg))
    }

    /// Plays a list to a leg, instead of what it plays; while it does, a bridged leg does not hear its other. [`EngineEvent::Played`] tells
    /// of the end. Before anything is agreed on it waits for that; while the leg is on hold it goes on unheard.
    ///
    /// It is encoded here if it was not before, which for minutes of audio takes some ms.
    ///
    /// # Errors
    /// The leg is not open, or its codec only passes through.
    pub fn play(&self, leg: LegId, playback: PlaybackId, playlist: Playlist) -> Result<(), EngineError> {
        self.check_spoken(leg)?;
        playlist.encode();
        self.0.tell(leg, Command::Play(leg, playback, playlist))
    }

    /// Whispers a list to a leg: plays it over the voice of the other leg of its bridge, which is turned down meanwhile, and alone while
    /// that leg is silent. [`EngineEvent::Played`] tells of the end. What [`Self::play`] plays comes first.
    ///
    /// # Errors
    /// The leg is not open, or its codec only passes through.
    pub fn whisper(&self, leg: LegId, playback: PlaybackId, playlist: Playlist) -> Result<(), EngineError> {
        self.check_spoken(leg)?;
        playlist.encode();
        self.0.tell(leg, Command::Whisper(leg, playback, playlist))
    }

    /// Breaks off what a leg is played and whispered. Digits under way are sent to their end.
    ///
    /// # Errors
    /// The leg is not open.
    pub fn silence(&self, leg: LegId) -> Result<(), EngineError> {
        self.0.tell_known(leg, Command::Silence(leg))
    }

    /// Presses keys: sends them as RFC 4733 events, one after the other, instead of all else.
    ///
    /// # Errors
    /// The leg is not open, nothing is agreed on, its other side takes no such digits, or they are too many.
    pub fn press(&self, leg: LegId, digits: Vec<Digit>) -> Result<(), EngineError> {
        if digits.len() > MOST_DIGITS {
            return Err(TooManyDigits.into());
        }
        {
            let legs = self.0.legs();
            let known = legs.get(&leg).ok_or(EngineError::Unknown(leg))?;
            let agreement = known.agreement.as_ref().ok_or(EngineError::NotAgreed(leg))?;
            agreement.digits.ok_or(EngineError::NoDigits(leg))?;
        }
        self.0.tell(leg, Command::Press(leg, digits))
    }

    /// A key that the other side told of by SIP's INFO. [`EngineEvent::Digit`] tells of it, once, also if RTP tells of the same key.
    ///
    /// # Errors
    /// The leg is not open.
    pub fn told_by_info(&self, leg: LegId, digit: Digit) -> Result<(), EngineError> {
        self.0.tell_known(leg, Command::ToldByInfo(leg, digit))
    }

    /// Lets two legs of a call hear each other, and breaks off what they play. A leg that is bridged with another is parted from it.
    ///
    /// # Errors
    /// One of them is not open, or nothing is agreed on for it; they are of different calls; or their codecs cannot be turned into each
    /// other.
    pub fn bridge(&self, one: LegId, other: LegId) -> Result<(), EngineError> {
        if one.call != other.call || one == other {
            return Err(EngineError::OtherCall(one, other));
        }
        let mut legs = self.0.legs();
        for leg in [one, other] {
            legs.get(&leg).ok_or(EngineError::Unknown(leg))?;
        }
        for way in [(one, other), (other, one)] {
            forwarder(&legs, way)?;
        }
        for (leg, joined) in [(one, other), (other, one)] {
            self.free_for(&mut legs, leg, joined);
            self.0.tell(leg, Command::Silence(leg))?;
        }
        self.join(&mut legs, one, other)
    }

    /// Lets a leg hear another one of its call that does not hear it, and breaks off what it plays: early audio, before the answer. Ends as a
    /// bridge does, and becomes one by [`Self::bridge`].
    ///
    /// # Errors
    /// The same as those of [`Self::bridge`].
    pub fn listen(&self, listener: LegId, speaker: LegId) -> Result<(), EngineError> {
        if listener.call != speaker.call || listener == speaker {
            return Err(EngineError::OtherCall(listener, speaker));
        }
        let mut legs = self.0.legs();
        forwarder(&legs, (speaker, listener))?;
        for (leg, joined) in [(listener, speaker), (speaker, listener)] {
            self.free_for(&mut legs, leg, joined);
        }
        self.0.tell(listener, Command::Silence(listener))?;
        if let Some(known) = legs.get_mut(&listener) {
            known.is_unheard = true;
        }
        self.join(&mut legs, listener, speaker)
    }

    /// Ends the bridge that a leg is in, if it is in one. Neither leg hears anything then.
    pub fn part(&self, leg: LegId) {
        self.unjoin(&mut self.0.legs(), leg);
    }

    /// Records a leg as a stereo WAV file: on the left what it says, on the right what it hears, be that a prompt or another leg.
    /// [`EngineEvent::Recorded`] tells of the end. A leg has one recording at a time; a second one ends the first.
    ///
    /// # Errors
    /// The leg is not open, nothing is agreed on, or its codec only passes through.
    pub fn record(
        &self,
        recording: RecordingId,
        leg: LegId,
        path: PathBuf,
        longest: Duration,
    ) -> Result<(), EngineError> {
        {
            let legs = self.0.legs();
            let known = legs.get(&leg).ok_or(EngineError::Unknown(leg))?;
            let agreement = known.agreement.as_ref().ok_or(EngineError::NotAgreed(leg))?;
            let codec = agreement.format.codec;
            codec.law().ok_or(EngineError::PassesThrough(codec))?;
        }
        self.0.tell(leg, Command::Record(leg, recording, RecordingPlan { path, longest }))
    }

    /// Ends a recording, if it is still under way.
    pub fn stop_recording(&self, recording: RecordingId, leg: LegId) {
        // Its leg may be closed, and the recording with it.
        let _ = self.0.tell(leg, Command::StopRecording(leg, recording));
    }

    /// Closes a leg, if it is open: its bridge and its recording end, its ports are free after a while. [`EngineEvent::Closed`] tells how
    /// it was heard.
    pub fn close(&self, leg: LegId) {
        let mut legs = self.0.legs();
        self.unjoin(&mut legs, leg);
        if legs.remove(&leg).is_some() {
            // If the engine has stopped, so has the leg.
            let _ = self.0.tell(leg, Command::Close(leg));
        }
    }

    /// What was counted, up to a fraction of a second ago, and how things stand.
    pub fn counters(&self) -> Counters {
        let (in_use, closed) = self.0.ports().counts();
        let count = |count: usize| u64::try_from(count).unwrap_or_default();
        let mut counters = Counters::of(self.0.threads.iter().map(|thread| &*thread.shown));
        (counters.ports_in_use, counters.ports_closed) = (count(in_use), count(closed));
        counters
    }

    /// That a leg is open, and that we speak its codec as far as it is known.
    fn check_spoken(&self, leg: LegId) -> Result<(), EngineError> {
        let legs = self.0.legs();
        let known = legs.get(&leg).ok_or(EngineError::Unknown(leg))?;
        let codec = known.agreement.as_ref().map(|agreement| agreement.format.codec);
        let passing = codec.filter(|codec| codec.law().is_none());
        passing.map_or(Ok(()), |codec| Err(EngineError::PassesThrough(codec)))
    }

    /// Parts a leg from any other than that one, and lets it be heard.
    fn free_for(&self, legs: &mut HashMap<LegId, Known>, leg: LegId, joined: LegId) {
        if legs.get(&leg).is_some_and(|known| known.bridged.is_some_and(|bridged| bridged != joined)) {
            self.unjoin(legs, leg);
        }
        if let Some(known) = legs.get_mut(&leg) {
            known.is_unheard = false;
        }
    }

    fn join(&self, legs: &mut HashMap<LegId, Known>, one: LegId, other: LegId) -> Result<(), EngineError> {
        let way = |(from, to)| {
            let is_unheard = legs.get(&from).is_some_and(|known| known.is_unheard);
            if is_unheard { Ok(None) } else { forwarder(legs, (from, to)).map(Some) }
        };
        let forwarders = [way((one, other))?, way((other, one))?];
        self.0.tell(one, Command::Bridge(Box::new(Ways { legs: [one, other], forwarders })))?;
        for (leg, joined) in [(one, other), (other, one)] {
            if let Some(known) = legs.get_mut(&leg) {
                known.bridged = Some(joined);
            }
        }
        Ok(())
    }

    fn unjoin(&self, legs: &mut HashMap<LegId, Known>, leg: LegId) {
        let Some(other) = legs.get_mut(&leg).and_then(|known| known.bridged.take()) else { return };
        for leg in [leg, other] {
            if let Some(known) = legs.get_mut(&leg) {
                (known.bridged, known.is_unheard) = (None, false);
            }
        }
        // If the engine has stopped, nobody hears anybody.
        let _ = self.0.tell(leg, Command::Part([leg, other]));
    }
}

/// The way from a leg to another.
fn forwarder(legs: &HashMap<LegId, Known>, (from, to): (LegId, LegId)) -> Result<Forwarder, EngineError> {
    let agreement = |leg| {
        let known = legs.get(&leg).ok_or(EngineError::Unknown(leg))?;
        known.agreement.as_ref().ok_or(EngineError::NotAgreed(leg))
    };
    Ok::<_, NoRoute>(Forwarder::between(agreement(from)?, agreement(to)?)?).map_err(Into::into)
}

impl Inner {
    fn legs(&self) -> MutexGuard<'_, HashMap<LegId, Known>> {
        self.legs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ports(&self) -> MutexGuard<'_, Ports> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_known(&self, leg: LegId, command: Command) -> Result<(), EngineError> {
        if self.legs().contains_key(&leg) { self.tell(leg, command) } else { Err(EngineError::Unknown(leg)) }
    }

    /// Gives a command to the thread that a leg lives in.
    fn tell(&self, leg: LegId, command: Command) -> Result<(), EngineError> {
        let threads = u64::try_from(self.threads.len()).unwrap_or(1);
        let place = usize::try_from(leg.call.checked_rem(threads).unwrap_or_default()).unwrap_or_default();
        self.threads.get(place).ok_or(EngineError::Stopped)?.tell(command).map_err(|_| EngineError::Stopped)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for thread in &mut self.threads {
            thread.stop();
        }
        // No thread is left that gives it anything: it writes what it has.
        if let Some(recorder) = self.recorder.take() {
            let _ = recorder.join();
        }
    }
}
