//! Our engine, with calls that are bridged or on hold.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use ringfall_media::{
    codec::Codec,
    music::hold_music,
    prompt::{Playlist, Prompt},
    sdp::{Agreement, Digits, Direction, Format, Rtcp},
};
use ringfall_relay::engine::{Engine, EngineConfig, LegId, MediaAddress, PlaybackId};

fn start(phone: SocketAddr) -> Result<Engine> {
    let config = EngineConfig::at(MediaAddress::plain(phone.ip()));
    let (engine, mut events) = Engine::start(&config)?;
    std::thread::spawn(move || while events.blocking_recv().is_some() {});
    Ok(engine)
}

/// Opens a leg towards a phone: where it takes RTP.
fn open(engine: &Engine, leg: LegId, phone: SocketAddr) -> Result<SocketAddr> {
    let local = engine.open(leg, Some(phone.ip()))?;
    let agreement = Agreement {
        rtp: Some(phone),
        rtcp: Some(Rtcp::Apart(SocketAddr::new(phone.ip(), phone.port() + 1))),
        direction: Direction::SendRecv,
        format: Format { payload_type: 0, codec: Codec::Pcmu, parameters: None },
        receive_payload_type: 0,
        digits: Some(Digits { send_payload_type: 101, receive_payload_type: 101, clock_rate_hz: 8_000 }),
        packet_time_ms: 20,
        srtp: None,
    };
    engine.agree(leg, agreement, None)?;
    Ok(SocketAddr::new(local.ip, local.rtp_port))
}

/// Bridges so many calls, whose addresses it tells. They last as long as what it gives.
///
/// # Errors
/// The engine refuses.
pub fn serve_bridges(
    calls: usize,
    phones: [SocketAddr; 2],
    mut tell: impl FnMut([SocketAddr; 2]) -> Result<()>,
) -> Result<Engine> {
    let engine = start(phones[0])?;
    for call in 0..u64::try_from(calls)? {
        let [one, other] = [0, 1].map(|leg| LegId { call, leg });
        tell([open(&engine, one, phones[0])?, open(&engine, other, phones[1])?])?;
        engine.bridge(one, other)?;
    }
    Ok(engine)
}

/// Plays hold music to so many callers, whose addresses it tells. They hold as long as what it gives.
///
/// # Errors
/// The engine refuses.
pub fn serve_music(
    callers: usize,
    phone: SocketAddr,
    mut tell: impl FnMut([SocketAddr; 2]) -> Result<()>,
) -> Result<Engine> {
    let engine = start(phone)?;
    let music = Arc::new(Prompt::new(hold_music())?);
    for call in 0..u64::try_from(callers)? {
        let leg = LegId { call, leg: 0 };
        let address = open(&engine, leg, phone)?;
        tell([address, address])?;
        engine.play(leg, PlaybackId(call), Playlist::endless([Arc::clone(&music)]))?;
    }
    Ok(engine)
}
