//! Ctrl-C and SIGTERM end a run in order: rows printed, server stopped.

use nix::sys::signal::{SigSet, Signal};
use std::io;

/// Signals that end a run.
pub(super) fn endings() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGINT);
    set.add(Signal::SIGTERM);
    set
}

/// Keeps them waiting until an engine looks. Called before the first thread is started: one that does not
/// hold them would be handed the signal, and we would be gone with our server still running.
pub(super) fn hold() -> io::Result<()> {
    Ok(endings().thread_block()?)
}

/// Starts something that shall get its own signals: what is held here would be held there, for ever.
pub(super) fn released<T>(start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    endings().thread_unblock()?;
    let started = start();
    hold()?;
    started
}
