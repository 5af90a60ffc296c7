//! A server that another process started for itself ends with that process, however that one ends.

use std::io;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

/// Asks the kernel to stop this process, as SIGTERM does, when the given parent ends. Fails if it has ended already.
pub(super) fn end_with(parent: u32) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGTERM)?;
    // If it had ended before the line above, no signal will come.
    if i32::try_from(parent).map(Pid::from_raw) == Ok(getppid()) {
        Ok(())
    } else {
        let words = format!("process {parent}, which started this server, has ended");
        Err(io::Error::other(words))
    }
}
