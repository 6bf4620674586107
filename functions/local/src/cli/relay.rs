//! What the relay is told that runs beside the platform. Its variables are those of a relay on its own.

use std::{net::IpAddr, path::PathBuf};

use clap::Args;
use ringfall_providers::relay::text::{BucketName, KeyPrefix};

use super::values;
use crate::serve::{RelaySettings, Sip};

#[derive(Debug, Args)]
pub(super) struct RelayArguments {
    /// Where SIP phones and trunks dial in, over UDP and TCP, or off [default: 127.0.0.1:5060, if it is free]
    #[arg(long, env = "RINGFALL_SIP", value_name = "ADDRESS:PORT", value_parser = values::sip)]
    sip: Option<Sip>,
    /// The address that callers reach, where it is not the one of --sip
    #[arg(long, env = "RINGFALL_RELAY_PUBLIC_IP", value_name = "IP", value_parser = values::ip)]
    relay_public_ip: Option<IpAddr>,
    /// Folder of recorded prompts
    #[arg(long, env = "RINGFALL_RELAY_PROMPTS", value_name = "FOLDER")]
    relay_prompts: Option<PathBuf>,
    /// Command that speaks: text on its standard input, WAV on its standard output, such as `espeak-ng --stdout -v {language}`
    #[arg(long, env = "RINGFALL_RELAY_TTS_COMMAND", value_name = "COMMAND")]
    relay_tts_command: Option<String>,
    /// For how many days the relay's recordings are kept [default: for ever]
    #[arg(long, env = "RINGFALL_RELAY_RECORDINGS_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    relay_recordings_days: Option<u32>,
    /// S3 bucket that the relay's recordings go into, by the usual AWS settings; its lifecycle says how long they are kept [default: the data folder]
    #[arg(
        long,
        env = "RINGFALL_RELAY_RECORDINGS_BUCKET",
        value_name = "NAME",
        conflicts_with = "relay_recordings_days"
    )]
    relay_recordings_bucket: Option<BucketName>,
    /// Folders in that bucket
    #[arg(
        long,
        env = "RINGFALL_RELAY_RECORDINGS_PREFIX",
        value_name = "FOLDERS",
        requires = "relay_recordings_bucket"
    )]
    relay_recordings_prefix: Option<KeyPrefix>,
    /// Hold music, WAV or MP3, instead of the relay's own
    #[arg(long, env = "RINGFALL_RELAY_MUSIC", value_name = "FILE")]
    relay_music: Option<PathBuf>,
}

impl RelayArguments {
    pub(super) fn settings(self, data_dir: PathBuf) -> RelaySettings {
        RelaySettings {
            sip: self.sip.unwrap_or(Sip::IfFree),
            data_dir,
            public_ip: self.relay_public_ip,
            prompts: self.relay_prompts,
            speech_command: self.relay_tts_command.filter(|command| !command.trim().is_empty()),
            music: self.relay_music,
            recordings_days: self.relay_recordings_days,
            recordings_bucket: self.relay_recordings_bucket.map(|name| (name, self.relay_recordings_prefix)),
        }
    }
}
