//! Ctrl-C and SIGTERM end a run in an orderly way: rows printed, server stopped.

use nix::sys::signal::{SigSet, Signal};
use std::io;

/// Signals that end a run.
pub(super) fn endings() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGINT);
    set.add(Signal::SIGTERM);
    set
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
