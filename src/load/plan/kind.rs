//! The plans by name, and how their listeners listen.

use super::{Impossible, nearest};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// What is played.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub(in crate::load) enum Kind {
    /// One room, many listeners.
    Room,
    /// Many rooms, some listeners each.
    Rooms,
    /// Listeners that subscribe to their inbox instead of one room.
    Inbox,
    /// App streams that receive all rooms.
    Firehose,
    /// Connect, subscribe, disconnect; repeatedly.
    Churn,
    /// Sockets that only stay.
    Idle,
    /// A room in which a share of the readers stops reading.
    Slow,
    /// A room whose listeners disconnect and resume.
    Resume,
    /// A room whose listeners are all disconnected at once, miss messages, and resume.
    Reconnect,
    /// An app stream that goes on from its cursor, behind many messages.
    Replay,
    /// A room over several servers, one of which is ended from outside.
    Failover,
}

impl Kind {
    /// The word on the command line.
    pub(in crate::load) fn word(self) -> &'static str {
        self.into()
    }

    /// Whether its messages fan out to listeners.
    pub(in crate::load) fn fans_out(self) -> bool {
        match self {
            Self::Room
            | Self::Rooms
            | Self::Inbox
            | Self::Firehose
            | Self::Slow
            | Self::Resume
            | Self::Reconnect
            | Self::Replay
            | Self::Failover => true,
            Self::Churn | Self::Idle => false,
        }
    }

    /// Whether its listeners are app streams instead of user streams.
    pub(in crate::load) fn hears_all(self) -> bool {
        match self {
            Self::Firehose | Self::Replay => true,
            Self::Room
            | Self::Rooms
            | Self::Inbox
            | Self::Churn
            | Self::Idle
            | Self::Slow
            | Self::Resume
            | Self::Reconnect
            | Self::Failover => false,
        }
    }

    /// Whether its user streams come back as the same session.
    pub(in crate::load) fn keeps_sessions(self) -> bool {
        match self {
            Self::Resume | Self::Reconnect | Self::Failover => true,
            Self::Room
            | Self::Rooms
            | Self::Inbox
            | Self::Firehose
            | Self::Churn
            | Self::Idle
            | Self::Slow
            | Self::Replay => false,
        }
    }

    pub(super) fn named(word: &str) -> Result<Self, Impossible> {
        word.parse().map_err(|_unknown| {
            let words = Self::VARIANTS.iter().map(|kind| kind.word());
            let nearest = nearest(word, words).map_or("", |(word, _)| word);
            Impossible::Plan(word.to_owned(), nearest)
        })
    }
}
