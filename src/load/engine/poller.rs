//! The epoll descriptor and the signals that end a run.

use crate::load::signals;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signalfd::SignalFd;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// The owner of a ready descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Listener(usize),
    RestConnection(usize),
    Signal,
}

impl Token {
    pub(super) fn of(data: u64) -> Self {
        let slot = usize::try_from(data >> 2).unwrap_or(usize::MAX);
        match data & 3 {
            0 => Self::Listener(slot),
            1 => Self::RestConnection(slot),
            _ => Self::Signal,
        }
    }

    fn data(self) -> u64 {
        match self {
            Self::Listener(slot) => (slot as u64) << 2,
            Self::RestConnection(slot) => (slot as u64) << 2 | 1,
            Self::Signal => 2,
        }
    }
}

/// Whether the peer has closed. The end of the bytes is then reported by this event and by no other one, so the socket
/// has to be read until it is found, also behind a read that did not fill the buffer.
pub(super) fn has_ended(event: &EpollEvent) -> bool {
    let ends = EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
    event.events().intersects(ends)
}

#[derive(Debug)]
pub(super) struct Poller {
    epoll: Epoll,
    signals: SignalFd,
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        let signals = signals::descriptor()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(
            &signals,
            EpollEvent::new(EpollFlags::EPOLLIN, Token::Signal.data()),
        )?;
        Ok(Self { epoll, signals })
    }

    /// Watches a socket for all events, edge-triggered: level-triggered, epoll would check it again after each read.
    pub(super) fn watch(&self, socket: impl AsFd, token: Token) -> io::Result<()> {
        let flags = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        Ok(self
            .epoll
            .add(socket, EpollEvent::new(flags, token.data()))?)
    }

    /// Stops watching a socket, which stays open.
    pub(super) fn ignore(&self, socket: impl AsFd) -> io::Result<()> {
        Ok(self.epoll.delete(socket)?)
    }

    pub(super) fn wait(&self, events: &mut [EpollEvent], patience: Duration) -> io::Result<usize> {
        let timeout = EpollTimeout::try_from(patience).unwrap_or(EpollTimeout::ZERO);
        match self.epoll.wait(events, timeout) {
            Ok(count) => Ok(count),
            Err(Errno::EINTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a pending signal.
    pub(super) fn interrupted(&self) -> bool {
        matches!(self.signals.read_signal(), Ok(Some(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_the_kernel() {
        for token in [
            Token::Listener(0),
            Token::Listener(70_000),
            Token::RestConnection(3),
            Token::Signal,
        ] {
            assert_eq!(Token::of(token.data()), token);
        }
    }
}
