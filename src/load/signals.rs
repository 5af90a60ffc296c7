//! Ctrl-C, SIGTERM and SIGHUP end a run in an orderly way: what it made is removed, rows are printed, its server is
//! stopped.

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Signals that end a run.
pub(super) fn endings() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGINT);
    set.add(Signal::SIGTERM);
    // The terminal was closed.
    set.add(Signal::SIGHUP);
    set
}

/// A descriptor that reads them.
pub(super) fn descriptor() -> io::Result<SignalFd> {
    let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
    Ok(SignalFd::with_flags(&endings(), flags)?)
}

/// Whether one of them has come while nothing else reads them.
#[derive(Debug)]
pub(super) struct Pressed {
    descriptor: SignalFd,
    seen: AtomicBool,
}

impl Pressed {
    pub(super) fn watch() -> io::Result<Self> {
        Ok(Self {
            descriptor: descriptor()?,
            seen: AtomicBool::new(false),
        })
    }

    /// Once seen, it stays so: reading a signal takes it out.
    pub(super) fn now(&self) -> bool {
        if matches!(self.descriptor.read_signal(), Ok(Some(_))) {
            self.seen.store(true, Ordering::Relaxed);
        }
        self.seen.load(Ordering::Relaxed)
    }
}

/// Blocks them until an engine reads them. Called before the first thread is started: a thread that does not
/// block them would receive the signal, and the process would end with its server still running.
pub(super) fn hold() -> io::Result<()> {
    Ok(endings().thread_block()?)
}

/// Starts a child with its own signals: signals blocked here would stay blocked there.
pub(super) fn released<T>(start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    endings().thread_unblock()?;
    let started = start();
    hold()?;
    started
}
