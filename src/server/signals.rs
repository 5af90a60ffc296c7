//! The signals of the process. None of them ends it without a word.

use actix_rt::signal::unix::{Signal, SignalKind, signal};

/// SIGHUP, and signals whose default would be the end of the process although they ask for nothing here. They are
/// taken as the first thing of a start.
#[derive(Debug)]
pub(super) struct Harmless {
    hang_up: Signal,
    _others: [Signal; 3],
}

impl Harmless {
    pub(super) fn take() -> Result<Self, std::io::Error> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            _others: [
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
                // A file that grew to the limit of the process (`ulimit -f`): the write fails instead.
                signal(SignalKind::from_raw(nix::libc::SIGXFSZ))?,
            ],
        })
    }

    /// Until SIGHUP.
    pub(super) async fn hang_up(&mut self) {
        self.hang_up.recv().await;
    }
}

/// SIGTERM and SIGINT. Before they are taken, a start ends at once and leaves nothing behind.
#[derive(Debug)]
pub(super) struct Stops {
    interrupt: Signal,
    terminate: Signal,
}

impl Stops {
    pub(super) fn take() -> Result<Self, std::io::Error> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Until the next of them.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
