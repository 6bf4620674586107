//! How a thread that waits for packets is told that there are commands.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The button.
#[derive(Debug)]
pub(super) struct Button {
    rung: Arc<AtomicBool>,
    wire: UnixStream,
}

/// The bell: readable once the button was pressed.
#[derive(Debug)]
pub(super) struct Bell {
    rung: Arc<AtomicBool>,
    pub(super) wire: UnixStream,
}

pub(super) fn bell() -> io::Result<(Button, Bell)> {
    let (near, far) = UnixStream::pair()?;
    near.set_nonblocking(true)?;
    far.set_nonblocking(true)?;
    let rung = Arc::new(AtomicBool::new(false));
    Ok((Button { rung: Arc::clone(&rung), wire: near }, Bell { rung, wire: far }))
}

impl Button {
    /// Rings, unless it was rung and not heard yet.
    pub(super) fn press(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // One byte always finds room: it is written when the last one was read.
            let _ = (&self.wire).write(&[1]);
        }
    }
}

impl Bell {
    /// Stops the ringing. What was given before it rang has to be looked for after this.
    pub(super) fn hear(&self) {
        let _ = (&self.wire).read(&mut [0; 8]);
        self.rung.store(false, Ordering::Release);
    }
}
