//! What the program is told, by its arguments or its environment. Whatever is missing or wrong is named in one line, with what it should be.

use std::{
    fmt::Display,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroUsize,
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use clap::Args;
use ringfall_control::text::{BucketName, KeyPrefix, Misshapen};
use ringfall_relay::{Bucket, Config, Pem, Tls};

use crate::ec2;

/// As they are given.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Options {
    /// Where SIP is taken over UDP and TCP.
    #[arg(long, env = "RINGFALL_RELAY_SIP", value_name = "ADDRESS", default_value = "0.0.0.0:5060")]
    sip: String,
    /// Where SIP is taken over TLS.
    #[arg(long, env = "RINGFALL_RELAY_TLS", value_name = "ADDRESS")]
    tls: Option<String>,
    /// The TLS certificate and its chain: a file in PEM, or the PEM itself.
    #[arg(long, env = "RINGFALL_RELAY_TLS_CERTIFICATES", value_name = "FILE", hide_env_values = true)]
    tls_certificates: Option<Pem>,
    /// Its key, likewise.
    #[arg(long, env = "RINGFALL_RELAY_TLS_KEY", value_name = "FILE", hide_env_values = true)]
    tls_key: Option<Pem>,
    /// Who vouches for the certificates of carriers that are called over TLS, besides whom the system trusts, likewise.
    #[arg(long, env = "RINGFALL_RELAY_TLS_ROOTS", value_name = "FILE")]
    tls_roots: Option<Pem>,
    /// The address that callers reach, where it is not the one that is listened at; `ec2` asks the EC2 instance for it.
    #[arg(long, env = "RINGFALL_RELAY_PUBLIC_IP", value_name = "IP")]
    public_ip: Option<String>,
    /// The ports of RTP and RTCP.
    #[arg(
        long,
        env = "RINGFALL_RELAY_MEDIA_PORTS",
        value_name = "FIRST-LAST",
        default_value = "10000-65535"
    )]
    media_ports: String,
    /// How many threads move audio.
    #[arg(long, env = "RINGFALL_RELAY_MEDIA_THREADS", value_name = "NUMBER", default_value = "1")]
    media_threads: String,
    /// Where the platform's commands are taken, over HTTP.
    #[arg(long, env = "RINGFALL_RELAY_HTTP", value_name = "ADDRESS", default_value = "0.0.0.0:8061")]
    http: String,
    /// What links to recordings begin with, where it is neither that address nor, with a bucket, the platform.
    #[arg(long, env = "RINGFALL_RELAY_HTTP_URL", value_name = "URL")]
    http_url: Option<String>,
    /// The platform's public URL.
    #[arg(long, env = "RINGFALL_RELAY_PLATFORM", value_name = "URL")]
    platform: Option<String>,
    /// What the relay signs its requests for trunks with. In the environment alone: arguments are seen by everybody.
    #[arg(long, env = "RINGFALL_RELAY_SECRET", hide = true, hide_env_values = true)]
    secret: Option<String>,
    /// Where recordings and the last good list of trunks are kept.
    #[arg(
        long,
        env = "RINGFALL_RELAY_DATA_DIR",
        value_name = "FOLDER",
        default_value = "ringfall-relay-data"
    )]
    data_dir: PathBuf,
    /// For how many days recordings are kept; for ever where it is not set.
    #[arg(long, env = "RINGFALL_RELAY_RECORDINGS_DAYS", value_name = "DAYS")]
    recordings_days: Option<String>,
    /// How many megabytes of recordings are kept, the newest; without end where it is not set.
    #[arg(long, env = "RINGFALL_RELAY_RECORDINGS_MEGABYTES", value_name = "NUMBER")]
    recordings_megabytes: Option<String>,
    /// The S3 bucket that recordings go into, instead of being kept on the disk: region, endpoint and credentials by the usual AWS variables. The
    /// platform is told the same, and leads to them.
    #[arg(long, env = "RINGFALL_RELAY_RECORDINGS_BUCKET", value_name = "NAME")]
    recordings_bucket: Option<String>,
    /// Folders in that bucket, such as agency/recordings.
    #[arg(long, env = "RINGFALL_RELAY_RECORDINGS_PREFIX", value_name = "FOLDERS")]
    recordings_prefix: Option<String>,
    /// A folder of recorded prompts; see the command `prompt-name`.
    #[arg(long, env = "RINGFALL_RELAY_PROMPTS", value_name = "FOLDER")]
    prompts: Option<PathBuf>,
    /// A program that speaks: text on its standard input, WAV on its standard output, such as `espeak-ng --stdout -v {language}`.
    #[arg(long, env = "RINGFALL_RELAY_TTS_COMMAND", value_name = "COMMAND")]
    tts_command: Option<String>,
    /// Hold music, WAV or MP3, instead of the relay's own.
    #[arg(long, env = "RINGFALL_RELAY_MUSIC", value_name = "FILE")]
    music: Option<PathBuf>,
    /// Lets audio be fetched from this machine and from private networks.
    #[arg(long, env = "RINGFALL_RELAY_PRIVATE_AUDIO")]
    private_audio: bool,
    /// How many calls there may be at once.
    #[arg(long, env = "RINGFALL_RELAY_MOST_CALLS", value_name = "NUMBER", default_value = "2000")]
    most_calls: String,
    /// How long the platform may take for an answer, before the trunk's fallback is dialled.
    #[arg(long, env = "RINGFALL_RELAY_ANSWER_WITHIN_SECONDS", value_name = "SECONDS", default_value = "5")]
    answer_within_seconds: String,
    /// How long live calls may go on once the relay is told to stop.
    #[arg(long, env = "RINGFALL_RELAY_DRAIN_SECONDS", value_name = "SECONDS", default_value = "300")]
    drain_seconds: String,
    /// Which lines are logged, such as `info` or `ringfall_relay=debug`.
    #[arg(long, env = "RINGFALL_RELAY_LOG", value_name = "FILTER", default_value = "info")]
    log: String,
}

impl Options {
    /// Puts an instance's own address in the place of the word for it.
    pub(crate) async fn resolved(mut self) -> io::Result<Self> {
        if self.public_ip.as_deref() == Some("ec2") {
            let found = ec2::public_ip(ec2::METADATA).await;
            let ip = found.map_err(|reason| wrong("PUBLIC_IP", &format_args!("is \"ec2\": {reason}")))?;
            self.public_ip = Some(ip.to_string());
        }
        Ok(self)
    }
}

/// As they are meant.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) drain: Duration,
    pub(crate) log: String,
}

impl Settings {
    pub(crate) fn read(options: &Options) -> io::Result<Self> {
        let options = options.clone();
        let platform = required(
            "PLATFORM",
            options.platform,
            "the platform's public URL, such as https://ringfall.example.com",
        )?;
        let secret = required(
            "SECRET",
            options.secret,
            "the secret that the platform knows this relay by, 16 to 256 characters",
        )?;
        let sip: SocketAddr = read("SIP", &options.sip, "an address with a port, such as 0.0.0.0:5060")?;
        let http = read("HTTP", &options.http, "an address with a port, such as 0.0.0.0:8061")?;
        let platform = read("PLATFORM", &platform, "a URL, such as https://ringfall.example.com")?;
        // It is not repeated.
        let secret = secret.parse().map_err(|error| wrong("SECRET", &error))?;
        let mut config = Config::new(sip, http, platform, secret, options.data_dir);
        config.tls = tls(options.tls.as_deref(), options.tls_certificates, options.tls_key)?;
        config.tls_roots = options.tls_roots;
        let public_ip = options.public_ip.as_deref();
        let expected = "an IP address, such as 203.0.113.7, or ec2";
        config.public_ip = public_ip.map(|ip| read("PUBLIC_IP", ip, expected)).transpose()?;
        config.media_ports = ports(&options.media_ports)?;
        config.media_threads =
            read::<NonZeroUsize>("MEDIA_THREADS", &options.media_threads, "a number from 1")?;
        let http_url = options.http_url.as_deref();
        config.http_url = http_url
            .map(|url| read("HTTP_URL", url, "a URL, such as http://relay.internal:8061"))
            .transpose()?;
        (config.prompts, config.speech_command, config.music) = (
            options.prompts,
            options.tts_command.filter(|command| !command.trim().is_empty()),
            options.music,
        );
        config.private_audio = options.private_audio;
        let days = options
            .recordings_days
            .as_deref()
            .map(|text| whole("RECORDINGS_DAYS", text, 36_500))
            .transpose()?;
        config.recordings_kept_for = days.map(|days| Duration::from_secs(days * 24 * 60 * 60));
        let megabytes = options.recordings_megabytes.as_deref();
        let megabytes =
            megabytes.map(|text| whole("RECORDINGS_MEGABYTES", text, 1_000_000_000)).transpose()?;
        config.recordings_most_bytes = megabytes.map(|megabytes| megabytes * 1_000_000);
        config.bucket = bucket(options.recordings_bucket.as_deref(), options.recordings_prefix.as_deref())?;
        config.most_calls = read("MOST_CALLS", &options.most_calls, "a number, such as 2000")?;
        config.answer_within = seconds("ANSWER_WITHIN_SECONDS", &options.answer_within_seconds)?;
        config.told_ip().map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        let drain = seconds("DRAIN_SECONDS", &options.drain_seconds)?;
        Ok(Self { config, drain, log: options.log })
    }

    /// Where a relay with these settings answers on this machine.
    pub(crate) fn reached_at(options: &Options) -> io::Result<SocketAddr> {
        let mut http: SocketAddr =
            read("HTTP", &options.http, "an address with a port, such as 0.0.0.0:8061")?;
        match http.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => http.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => http.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
        Ok(http)
    }
}

fn tls(listen: Option<&str>, certificates: Option<Pem>, key: Option<Pem>) -> io::Result<Option<Tls>> {
    let Some(listen) = listen else { return Ok(None) };
    let listen = read("TLS", listen, "an address with a port, such as 0.0.0.0:5061")?;
    let certificates = required(
        "TLS_CERTIFICATES",
        certificates,
        "the file of the certificate for RINGFALL_RELAY_TLS, in PEM",
    )?;
    let key = required("TLS_KEY", key, "the file of the certificate's key, in PEM")?;
    Ok(Some(Tls { listen, certificates, key }))
}

fn bucket(name: Option<&str>, prefix: Option<&str>) -> io::Result<Option<Bucket>> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    let misshapen = |variable: &str, text: &str, error: Misshapen| not(variable, text, error.expected);
    let bucket: BucketName = name.parse().map_err(|error| misshapen("RECORDINGS_BUCKET", name, error))?;
    let prefix = prefix.filter(|prefix| !prefix.is_empty()).map(|prefix| {
        prefix.parse::<KeyPrefix>().map_err(|error| misshapen("RECORDINGS_PREFIX", prefix, error))
    });
    let found = Bucket::from_environment(&bucket, prefix.transpose()?);
    found.map(Some).map_err(|reason| wrong("RECORDINGS_BUCKET", &format_args!("cannot be used: {reason}")))
}

fn ports(text: &str) -> io::Result<RangeInclusive<u16>> {
    let expected = "two ports from 1024, such as 10000-20000";
    let (first, last) = text.split_once('-').ok_or_else(|| not("MEDIA_PORTS", text, expected))?;
    let (first, last) = (read("MEDIA_PORTS", first, expected)?, read("MEDIA_PORTS", last, expected)?);
    if first < 1_024 || last <= first { Err(not("MEDIA_PORTS", text, expected)) } else { Ok(first..=last) }
}

fn seconds(name: &str, text: &str) -> io::Result<Duration> {
    let expected = "seconds from 1 to 86400";
    let seconds = read::<u64>(name, text, expected)?;
    if (1..=86_400).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(not(name, text, expected))
    }
}

fn whole(name: &str, text: &str, most: u64) -> io::Result<u64> {
    let expected = format!("a whole number from 1 to {most}");
    let number = read::<u64>(name, text, &expected)?;
    if (1..=most).contains(&number) { Ok(number) } else { Err(not(name, text, &expected)) }
}

fn required<T>(name: &str, given: Option<T>, expected: &str) -> io::Result<T> {
    given.ok_or_else(|| wrong(name, &format_args!("is missing: set {expected}")))
}

fn read<T: FromStr>(name: &str, text: &str, expected: &str) -> io::Result<T> {
    text.trim().parse().map_err(|_| not(name, text, expected))
}

fn not(name: &str, text: &str, expected: &str) -> io::Error {
    wrong(name, &format_args!("is {text:?}: expected {expected}"))
}

fn wrong(name: &str, what: &dyn Display) -> io::Error {
    let option = name.to_ascii_lowercase().replace('_', "-");
    io::Error::new(io::ErrorKind::InvalidInput, format!("RINGFALL_RELAY_{name} (--{option}) {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            sip: "127.0.0.1:5060".to_owned(),
            http: "127.0.0.1:8061".to_owned(),
            media_ports: "10000-20000".to_owned(),
            media_threads: "1".to_owned(),
            most_calls: "10".to_owned(),
            answer_within_seconds: "5".to_owned(),
            drain_seconds: "300".to_owned(),
            platform: Some("http://127.0.0.1:8080".to_owned()),
            secret: Some("0123456789abcdef".to_owned()),
            ..Options::default()
        }
    }

    #[test]
    fn whatever_is_missing_or_wrong_is_named_in_one_line_with_what_it_should_be() {
        assert!(Settings::read(&options()).is_ok());
        type Spoil = fn(&mut Options);
        let cases: [(Spoil, &str); 11] = [
            (
                |options| options.recordings_days = Some("0".to_owned()),
                "RINGFALL_RELAY_RECORDINGS_DAYS (--recordings-days) is \"0\": expected a whole number from 1",
            ),
            (
                |options| options.recordings_bucket = Some("Mine".to_owned()),
                "RINGFALL_RELAY_RECORDINGS_BUCKET (--recordings-bucket) is \"Mine\": expected the name of an S3 bucket",
            ),
            (
                |options| {
                    options.recordings_bucket = Some("ours".to_owned());
                    options.recordings_prefix = Some("/".to_owned());
                },
                "RINGFALL_RELAY_RECORDINGS_PREFIX (--recordings-prefix) is \"/\": expected folders",
            ),
            (
                |options| options.platform = None,
                "RINGFALL_RELAY_PLATFORM (--platform) is missing: set the platform's",
            ),
            (|options| options.secret = None, "RINGFALL_RELAY_SECRET (--secret) is missing"),
            (
                |options| options.secret = Some("short".to_owned()),
                "RINGFALL_RELAY_SECRET (--secret) expected 16",
            ),
            (
                |options| options.sip = "5060".to_owned(),
                "RINGFALL_RELAY_SIP (--sip) is \"5060\": expected an address",
            ),
            (|options| options.sip = "0.0.0.0:5060".to_owned(), "RINGFALL_RELAY_PUBLIC_IP"),
            (
                |options| options.media_ports = "20000-10000".to_owned(),
                "RINGFALL_RELAY_MEDIA_PORTS (--media-ports)",
            ),
            (|options| options.tls = Some("127.0.0.1:5061".to_owned()), "RINGFALL_RELAY_TLS_CERTIFICATES"),
            (
                |options| options.drain_seconds = "0".to_owned(),
                "RINGFALL_RELAY_DRAIN_SECONDS (--drain-seconds)",
            ),
        ];
        for (spoil, expected) in cases {
            let mut options = options();
            spoil(&mut options);
            let message = Settings::read(&options).expect_err(expected).to_string();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains('\n') && !message.contains("short"), "{message}");
        }
    }
}
