//! A call of baresip's, a telephone that others wrote: what it records is what the relay plays, and its keys arrive. Debian's `baresip-core` has it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use ringfall_media::{
    music::hold_music,
    prompt::{Prompt, write_wav},
};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

use crate::{
    platform::PATIENCE,
    stack::{NUMBER, Stack},
};

/// What is compared at once: a second. A machine that stalls may cost the telephone a packet, so that not every second need be whole.
const WINDOW: usize = 8_000;
/// Where a window of the recording is looked for in what was played: it begins with the call.
const SEARCHED: usize = 5 * 8_000;
/// Bytes of a recording that is long enough: four seconds.
const RECORDED_BYTES: u64 = 64_000;

/// A running baresip, with a folder of its own.
struct Telephone {
    folder: tempfile::TempDir,
    control: TcpStream,
    process: Child,
}

impl Telephone {
    /// Starts one that tells its keys in a way.
    async fn start(dtmf_mode: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display();
        let (sip, control) = (pair_of_ports(), pair_of_ports());
        let said = folder.path().join("said.wav");
        let tone: Vec<i16> = [0, 4_000, 6_000, 4_000, 0, -4_000, -6_000, -4_000].repeat(60_000);
        std::fs::write(&said, write_wav(&tone)).expect("a file");
        let config = format!(
            "poll_method epoll\nnet_interface 127.0.0.1\nsip_listen {sip}\naudio_source aufile,{path}/said.wav\nausrc_srate 8000\nausrc_channels 1\n\
             module_path {}\nmodule g711.so\nmodule aufile.so\nmodule sndfile.so\nmodule_tmp uuid.so\nmodule_app account.so\n\
             module_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen {control}\nsnd_path {path}\n",
            modules().display(),
        );
        let account =
            format!("<sip:+12145550123@127.0.0.1>;regint=0;audio_codecs=pcmu;dtmfmode={dtmf_mode}\n");
        for (name, text) in [("config", config.as_str()), ("accounts", account.as_str()), ("contacts", "")] {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let process = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("baresip: tests/run installs it");
        let control = connect(control).await;
        Self { folder, control, process }
    }

    /// Says a command, as a netstring of JSON.
    async fn command(&mut self, command: &str, parameters: &str) {
        let text = format!(r#"{{"command":"{command}","params":"{parameters}"}}"#);
        let text = format!("{}:{text},", text.len());
        self.control.write_all(text.as_bytes()).await.expect("baresip listens");
    }

    /// The recording of what it hears, once it is long enough.
    async fn recording(&self) -> PathBuf {
        let began = Instant::now();
        while began.elapsed() < 2 * PATIENCE {
            let files = std::fs::read_dir(self.folder.path()).expect("a folder");
            let mut heard = files.filter_map(|file| {
                let path = file.ok()?.path();
                let is_heard = path.file_name()?.to_str()?.ends_with("-dec.wav");
                (is_heard && path.metadata().ok()?.len() > RECORDED_BYTES).then_some(path)
            });
            if let Some(path) = heard.next() {
                return path;
            }
            sleep(Duration::from_millis(100)).await;
        }
        unreachable!("baresip records nothing")
    }

    /// Hangs up and ends, so that the recording's header is written.
    async fn quit(mut self) -> tempfile::TempDir {
        self.command("quit", "").await;
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        ended.expect("it ends").expect("it has run");
        self.folder
    }
}

/// Debian's folder of modules is the machine's own.
fn modules() -> PathBuf {
    let machine = [
        "/usr/lib/baresip/modules".to_owned(),
        format!("/usr/lib/{}-linux-gnu/baresip/modules", std::env::consts::ARCH),
    ];
    machine.map(PathBuf::from).into_iter().find(|path| path.is_dir()).expect("baresip-core is installed")
}

/// baresip takes TLS at the port after the one of SIP: both must be free.
fn pair_of_ports() -> SocketAddr {
    for _ in 0..50 {
        let first = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = first.local_addr().expect("an address");
        let next = SocketAddr::new(address.ip(), address.port().saturating_add(1));
        let is_free = std::net::UdpSocket::bind(address).is_ok() && std::net::TcpListener::bind(next).is_ok();
        if is_free && next != address {
            return address;
        }
    }
    unreachable!("no two ports in a row are free")
}

async fn connect(control: SocketAddr) -> TcpStream {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Ok(stream) = TcpStream::connect(control).await {
            return stream;
        }
        sleep(Duration::from_millis(50)).await;
    }
    unreachable!("baresip does not start")
}

/// A platform that holds each caller with music until a key is pressed, and again.
async fn holding() -> Stack {
    let base = Arc::new(OnceLock::<String>::new());
    let known = Arc::clone(&base);
    let nobody = "127.0.0.1:9".parse().expect("an address");
    let stack = Stack::start(nobody, r#","allow":["127.0.0.0/8"]"#, move |_, _| {
        let base = known.get().cloned().unwrap_or_default();
        let hold = format!(
            r#"{{"instructions":[{{"hold":{{"sound":{{"own_music":{{"seconds":60}}}},"takes_key":true,"then":"{base}/held"}}}}]}}"#
        );
        (StatusCode::OK, hold)
    })
    .await;
    base.get_or_init(|| stack.url(""));
    stack
}

/// How alike a piece and the likest piece of the same length are: 1 where they differ in loudness at most.
fn correlation(piece: &[i16], played: &[i16]) -> f64 {
    let energy = |samples: &[i16]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let likeness = |window: &[i16]| {
        let product: i64 =
            piece.iter().zip(window).map(|(one, other)| i64::from(*one) * i64::from(*other)).sum();
        #[expect(clippy::cast_precision_loss, reason = "the sum of 8,000 products of 16 bits")]
        let product = product as f64;
        product / (energy(piece) * energy(window)).sqrt().max(1.0)
    };
    // Every fourth place at first, since music changes little in half a millisecond; then beside the best one.
    let rough = (0..played.len() - piece.len())
        .step_by(4)
        .map(|place| (likeness(&played[place..][..piece.len()]), place));
    let (_, best) = rough.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or_default();
    let near = best.saturating_sub(4)..=(best + 4).min(played.len() - piece.len());
    near.map(|place| likeness(&played[place..][..piece.len()])).fold(0.0, f64::max)
}

fn best_second(file: &Path) -> f64 {
    let heard = Prompt::read(&std::fs::read(file).expect("a recording")).expect("a WAV file");
    let played = hold_music();
    let windows = heard.samples().chunks_exact(WINDOW).skip(1).take(3);
    windows.map(|window| correlation(window, &played[..SEARCHED])).fold(0.0, f64::max)
}

async fn hears_music_and_presses(dtmf_mode: &str) {
    let stack = holding().await;
    let mut telephone = Telephone::start(dtmf_mode).await;
    telephone.command("dial", &format!("sip:{NUMBER}@{}", stack.relay.sip_address())).await;
    let recording = telephone.recording().await;
    telephone.command("sndcode", "7").await;
    let pressed = stack.platform.hears("/held", |notice| notice.input.is_some()).await;
    assert_eq!(pressed.input.map(|input| input.digits).as_deref(), Some("7"), "by {dtmf_mode}");
    let _folder = telephone.quit().await;
    stack.platform.hears("/status", |notice| notice.call.is_some()).await;
    let pressed: Vec<_> = stack.platform.heard().into_iter().filter(|(path, _)| path == "/held").collect();
    assert_eq!(pressed.len(), 1, "the key is told once: {pressed:#?}");
    let likeness = best_second(&recording);
    assert!(likeness >= 0.99, "what is heard is not what is played: {likeness}");
}

#[tokio::test]
async fn what_baresip_records_is_what_is_played_and_its_keys_arrive_by_rfc_4733() {
    hears_music_and_presses("rtpevent").await;
}

#[tokio::test]
async fn and_by_info() {
    hears_music_and_presses("info").await;
}

#[test]
fn another_piece_is_not_alike() {
    let played = hold_music();
    let noise: Vec<i16> =
        (0..8_000_i32).map(|place| i16::try_from(place * 7_919 % 9_001).expect("16 bits") - 4_500).collect();
    assert!(correlation(&noise, &played[..SEARCHED]) < 0.5);
    let shifted: Vec<i16> = played[4_321..][..WINDOW].iter().map(|sample| sample / 2).collect();
    assert!(correlation(&shifted, &played[..SEARCHED]) > 0.999);
}
