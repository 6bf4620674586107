//! Strangers at the relay: a scan, and audio for a call that is not theirs, get nothing.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ringfall_phone::{Dialling, Line, Phone, Tone};
use ringfall_tests::stack::{NUMBER_OF_TRUNK, Profile, Trunk};
use serde_json::json;
use tokio::time::{sleep, timeout};

const CALLER: Tone = Tone::of_tens_of_hertz(70);
const DESK: Tone = Tone::of_tens_of_hertz(110);
/// What no one who belongs to the call says.
const STRANGER: Tone = Tone::of_tens_of_hertz(150);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Nobody is allowed to call from there.
const ELSEWHERE: &str = "192.0.2.1/32";
const HERE: &str = "127.0.0.1/32";
/// The scanner's tools: each asks with another method.
const TOOLS: [(&str, &[&str]); 3] = [
    ("sipvicious_svmap", &[]),
    ("sipvicious_svwar", &["-e", "100-110", "-m", "REGISTER", "--force"]),
    ("sipvicious_svwar", &["-e", "100-110", "-m", "INVITE", "--force"]),
];

fn tool(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin").join(name)
}

/// Whether a scanner finds anything at an address.
async fn scan(at: SocketAddr, (name, options): (&'static str, &'static [&'static str])) -> Result<bool> {
    let scanning = move || {
        let mut command = Command::new(tool(name));
        command.args(["-p", &at.port().to_string()]).args(options).arg(at.ip().to_string());
        command.env("HOME", std::env::temp_dir());
        command.output().with_context(|| format!("{name}: tests/run installs it"))
    };
    let output = tokio::task::spawn_blocking(scanning).await??;
    let told =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    ensure!(!told.contains("Traceback"), "{name}: {told}");
    Ok(!told.contains("found nothing"))
}

async fn knows_its_trunk(trunk: &Trunk, at: SocketAddr, is_open: bool) -> Result<()> {
    let probe = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
    let port = probe.local_addr()?.port();
    for number in 0..300 {
        let options = format!(
            "OPTIONS sip:{at} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{number}\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\n\
             To: <sip:{at}>\r\nCall-ID: {number}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        probe.send_to(options.as_bytes(), at).await?;
        let answered = timeout(Duration::from_millis(100), probe.recv_from(&mut [0; 4_096])).await.is_ok();
        if answered == is_open {
            return Ok(());
        }
        // Else those who are answered would ask in vain within a moment.
        sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("the relay does not learn of its trunk; dropped {}", trunk.metric(DROPPED).await?)
}

const DROPPED: &str = "ringfall_relay_sip_dropped_total{reason=\"unknown_source\"}";

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_of_the_relay_finds_nothing() -> Result<()> {
    let trunk = Trunk::start(Profile::Debug).await?;
    let nobody = ([127, 0, 0, 1], 9).into();
    let seeded = trunk.set_up(nobody, &json!({"allow": [HERE]})).await?;
    // The tools work: whoever may call is answered, and so found.
    knows_its_trunk(&trunk, trunk.sip(), true).await?;
    ensure!(scan(trunk.sip(), TOOLS[0]).await?, "the scanner finds nothing where it is answered");
    let path = format!("/v1/connections/{}", seeded.connection);
    let closed = json!({"trunk": {"allow": [ELSEWHERE]}});
    trunk
        .stack
        .api()
        .request(reqwest::Method::PATCH, &path)
        .header("if-match", "*")
        .json(&closed)
        .send()
        .await?
        .error_for_status()?;
    knows_its_trunk(&trunk, trunk.sip(), false).await?;
    for tool in TOOLS {
        let before = trunk.metric(DROPPED).await?;
        ensure!(!scan(trunk.sip(), tool).await?, "{tool:?} has found the relay");
        ensure!(trunk.metric(DROPPED).await? > before, "{tool:?} has not asked");
    }
    Ok(())
}

/// A call over the trunk, from both its sides, in which each hears the other.
async fn call(trunk: &Trunk) -> Result<(Phone, Phone, Line, Line)> {
    let (ip, known) = (Ipv4Addr::LOCALHOST.into(), [CALLER, DESK, STRANGER]);
    let caller = Phone::plug_in(ip, CALLER, &known).await?;
    let mut desk = Phone::plug_in(ip, DESK, &known).await?;
    trunk.set_up(desk.address(), &json!({"allow": [HERE]})).await?;
    knows_its_trunk(trunk, trunk.sip(), true).await?;
    let dialling = Dialling { number: NUMBER_OF_TRUNK, at: trunk.sip(), from: "+12145550123" };
    let mut out = caller.dial(dialling).await?;
    let mut line = timeout(PATIENCE, desk.rings()).await?.context("a call")?;
    line.answer();
    ensure!(timeout(PATIENCE, out.hears(DESK, 5)).await?, "the caller hears the desk");
    ensure!(timeout(PATIENCE, line.hears(CALLER, 5)).await?, "the desk hears the caller");
    Ok((caller, desk, out, line))
}

/// A second and more of somebody's voice, in packets of 20 ms.
fn speech() -> impl Iterator<Item = Vec<u8>> {
    let file = STRANGER.wav(1);
    let audio = file[44..].chunks(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]]));
    let encoded: Vec<u8> = audio.map(|sample| ringfall_media::codec::Law::Mu.encode(sample)).collect();
    (0_u16..75).map(move |place| {
        let header = ringfall_media::rtp::Header {
            marker: place == 0,
            payload_type: 0,
            sequence: 40_000 + place,
            timestamp: 3_000_000_000 + u32::from(place) * 160,
            ssrc: 0x5A5A_5A5A,
        };
        let from = usize::from(place % 5) * 160;
        [&header.to_bytes()[..], &encoded[from..from + 160]].concat()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_speaks_into_a_call_that_is_not_theirs_or_hears_a_word_of_it() -> Result<()> {
    let trunk = Trunk::start(Profile::Debug).await?;
    let (_caller, _desk, mut out, mut line) = call(&trunk).await?;
    let legs = [&out, &line].map(|line| line.heard().from).into_iter().collect::<Option<Vec<_>>>();
    let legs = legs.context("both have heard somebody")?;
    let before = [&out, &line].map(Line::heard);
    // One from elsewhere; one on the very machine of caller and desk, as beside them behind one NAT.
    let strangers = [UdpSocket::bind("127.0.0.5:0")?, UdpSocket::bind("127.0.0.1:0")?];
    for packet in speech() {
        for stranger in &strangers {
            legs.iter().try_for_each(|leg| stranger.send_to(&packet, leg).map(drop))?;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let more = |line: &Line, tone| line.heard().tenths_of(tone) + 5;
    let (of_desk, of_caller) = (more(&out, DESK), more(&line, CALLER));
    ensure!(timeout(PATIENCE, out.hears(DESK, of_desk)).await?, "the caller goes on hearing the desk");
    ensure!(timeout(PATIENCE, line.hears(CALLER, of_caller)).await?, "the desk goes on hearing the caller");
    for ((line, tone), before) in [(&out, DESK), (&line, CALLER)].into_iter().zip(before) {
        let heard = line.heard();
        ensure!(heard.tenths_of(STRANGER) == 0, "a stranger is heard");
        // Two voices in turn would be neither's: every five packets were a tenth of a second of the right one.
        let tenths = u64::from(heard.tenths_of(tone) - before.tenths_of(tone));
        let packets = heard.packets - before.packets;
        ensure!(tenths * 5 + 15 >= packets, "{packets} packets had {tenths} tenths of a second of {tone:?}");
    }
    for stranger in strangers {
        stranger.set_nonblocking(true)?;
        ensure!(stranger.recv_from(&mut [0; 2_048]).is_err(), "a stranger has been sent a packet");
    }
    Ok(())
}
