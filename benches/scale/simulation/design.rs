//! How the parts of a cluster are put together.
//!
//! A *log* is a database with a head of its own.

use super::Nanos;

/// Which nodes write to a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lanes {
    /// Each for itself, as today.
    EachNode,
    /// One for all: the others send it their messages, and its lane commits them together.
    Joined,
}

/// Which nodes a commit is sent to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Routing {
    /// To all, whole, as today.
    All,
    /// To nodes with a listener of one of its events, with those events.
    Interested,
}

#[derive(Clone, Copy)]
pub(super) struct Design {
    pub(super) lanes: Lanes,
    /// Whether one lane indexes the words of all messages. Else each lane looks for words to index, as today.
    pub(super) indexes_once: bool,
    pub(super) routing: Routing,
    pub(super) logs: u64,
    /// A commit takes so much more than was measured: a slow disk, or a replica that has to confirm.
    pub(super) commit_longer: Nanos,
    /// Buses; each serves an equal part of the nodes, and gets every commit.
    pub(super) buses: u64,
}

impl Design {
    /// As built.
    pub(super) const TODAY: Self = Self {
        lanes: Lanes::EachNode,
        indexes_once: false,
        routing: Routing::All,
        logs: 1,
        commit_longer: 0,
        buses: 1,
    };
}
