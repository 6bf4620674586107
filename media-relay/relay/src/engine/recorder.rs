//! The thread that writes recordings: a slow disk holds no packet up.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use ringfall_media::recording::{Recording, Side};
use tokio::sync::mpsc::UnboundedSender;

use super::{EngineEvent, RecordingId, config::RecordingPlan};

/// Samples of a chunk: 20 ms.
pub(super) const CHUNK_SAMPLES: usize = 160;

/// How long a chunk is.
pub(super) const CHUNK_MS: u16 = 20;

/// A chunk: what a leg said, and what it heard.
pub(super) type Chunk = [[i16; CHUNK_SAMPLES]; 2];

/// How many chunks are written at once: a second.
const CHUNKS_AT_ONCE: u32 = 50;

/// What the writer is given.
#[derive(Debug)]
enum Order {
    Start(RecordingId, RecordingPlan, Duration),
    Audio(RecordingId, Duration, Box<Chunk>),
    Stop(RecordingId),
}

/// The way to the writer.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    orders: Sender<Order>,
    /// Chunks that wait. Beginnings and ends are few, and always find room.
    waiting: Arc<AtomicUsize>,
    most_waiting: usize,
}

impl Recorder {
    pub(super) fn begin(&self, recording: RecordingId, plan: RecordingPlan, now: Duration) {
        // The writer lives as long as this way to it.
        let _ = self.orders.send(Order::Start(recording, plan, now));
    }

    /// Gives the writer a chunk whose first sample belongs to a time; false if too many wait. It is then silence in the file.
    pub(super) fn add(&self, recording: RecordingId, at: Duration, chunk: Chunk) -> bool {
        if self.waiting.load(Ordering::Relaxed) >= self.most_waiting {
            return false;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.orders.send(Order::Audio(recording, at, Box::new(chunk))).is_ok()
    }

    pub(super) fn end(&self, recording: RecordingId) {
        let _ = self.orders.send(Order::Stop(recording));
    }
}

/// Starts the writer. It ends when all ways to it are gone.
pub(super) fn start(
    most_waiting: usize,
    events: UnboundedSender<EngineEvent>,
) -> io::Result<(Recorder, JoinHandle<()>)> {
    let (orders, given) = channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let writer = Writer { waiting: Arc::clone(&waiting), files: HashMap::new(), events };
    let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || writer.run(&given))?;
    Ok((Recorder { orders, waiting, most_waiting }, thread))
}

struct Writer {
    waiting: Arc<AtomicUsize>,
    files: HashMap<RecordingId, OpenFile>,
    events: UnboundedSender<EngineEvent>,
}

struct OpenFile {
    file: File,
    path: PathBuf,
    recording: Recording,
    unwritten: u32,
}

impl Writer {
    fn run(mut self, given: &Receiver<Order>) {
        while let Ok(order) = given.recv() {
            match order {
                Order::Start(recording, plan, now) => self.begin(recording, plan, now),
                Order::Audio(recording, at, chunk) => {
                    self.waiting.fetch_sub(1, Ordering::Relaxed);
                    self.add(recording, at, &chunk);
                }
                Order::Stop(recording) => self.end(recording),
            }
        }
        let left: Vec<_> = self.files.keys().copied().collect();
        left.into_iter().for_each(|recording| self.end(recording));
    }

    fn begin(&mut self, recording: RecordingId, plan: RecordingPlan, now: Duration) {
        let open = || {
            // What people say is theirs alone.
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&plan.path)?;
            file.write_all(&Recording::open_header())?;
            Ok(file)
        };
        match open() {
            Ok(file) => {
                let audio = Recording::new(now, plan.longest);
                let open = OpenFile { file, path: plan.path, recording: audio, unwritten: 0 };
                self.files.insert(recording, open);
            }
            Err(error) => self.tell(recording, plan.path, Duration::ZERO, Err(error)),
        }
    }

    fn add(&mut self, recording: RecordingId, at: Duration, [said, heard]: &Chunk) {
        let Some(open) = self.files.get_mut(&recording) else { return };
        open.recording.add(Side::Left, at, said);
        open.recording.add(Side::Right, at, heard);
        open.unwritten += 1;
        if open.unwritten < CHUNKS_AT_ONCE {
            return;
        }
        open.unwritten = 0;
        let written = open.file.write_all(&open.recording.take());
        if written.is_err()
            && let Some(open) = self.files.remove(&recording)
        {
            self.tell(recording, open.path, open.recording.length(), written);
        }
    }

    fn end(&mut self, recording: RecordingId) {
        let Some(mut open) = self.files.remove(&recording) else { return };
        let written = open.finish();
        self.tell(recording, open.path, open.recording.length(), written);
    }

    fn tell(&self, recording: RecordingId, path: PathBuf, length: Duration, written: io::Result<()>) {
        let problem = written.err().map(|error| error.to_string());
        // Nobody may be listening any more.
        let _ = self.events.send(EngineEvent::Recorded { recording, path, length, problem });
    }
}

impl OpenFile {
    fn finish(&mut self) -> io::Result<()> {
        self.file.write_all(&self.recording.finish())?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&self.recording.header())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_disk_is_too_slow_for_is_silence_and_nobody_waits_for_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("slow.wav");
        let (events, mut told) = tokio::sync::mpsc::unbounded_channel();
        let (recorder, thread) = start(0, events).expect("a writer");
        let plan = RecordingPlan { path: path.clone(), longest: Duration::from_secs(60) };
        recorder.begin(RecordingId(1), plan, Duration::ZERO);
        assert!(!recorder.add(RecordingId(1), Duration::ZERO, [[7; CHUNK_SAMPLES]; 2]));
        let roomy = Recorder { most_waiting: 1, ..recorder };
        assert!(roomy.add(RecordingId(1), Duration::from_millis(100), [[9; CHUNK_SAMPLES]; 2]));
        roomy.end(RecordingId(1));
        drop(roomy);
        thread.join().expect("it ends with the last way to it");
        let length = match told.try_recv() {
            Ok(EngineEvent::Recorded { length, problem: None, .. }) => length,
            other => panic!("{other:?}"),
        };
        assert_eq!(length, Duration::from_millis(120));
        let file = std::fs::read(path).expect("a file");
        assert!(file[44..44 + 3_200].iter().all(|byte| *byte == 0));
        assert_eq!(file[44 + 3_200..], [9, 0].repeat(CHUNK_SAMPLES * 2));
    }
}
