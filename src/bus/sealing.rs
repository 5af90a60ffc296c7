//! Messages on the channel: signed by a server of this database, or nothing.
//!
//! `tag (32) | version (1) | node (8) | sent (8) | at (8) | kind (1) | content`; the tag is the HMAC-SHA-256 of the rest and of
//! the epoch of the log. `sent` rises with each message of a server, and `at` is its clock: an old message that is sent once
//! more is known by them (`repeats.rs`).

use bytes::{Buf as _, Bytes};
use ring::hmac;

use crate::model::Stamp;

/// The form of messages. A server that meets another one reads the table.
const VERSION: u8 = 2;
const TAG: usize = 32;
/// Before the content, behind the tag.
const HEAD: usize = 26;

/// Bytes of a message that is looked at. What servers send is shorter.
const LARGEST: usize = 4 << 20;

/// A server, for as long as it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub u64);

/// What a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: a sign of life.
    Beat,
    /// The rows of a commit.
    Rows,
    /// A commit whose rows are too long for a message.
    Long,
    /// An ephemeral event.
    Event,
    /// About what the servers hold in common.
    Presence,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Beat,
        Self::Rows,
        Self::Long,
        Self::Event,
        Self::Presence,
    ];

    fn number(self) -> u8 {
        match self {
            Self::Beat => 1,
            Self::Rows => 2,
            Self::Long => 3,
            Self::Event => 4,
            Self::Presence => 5,
        }
    }
}

/// When a message was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Rises with each message of this server.
    pub(super) number: u64,
    /// By the clock of its machine.
    pub(super) at: Stamp,
}

/// A message that was signed with the key of this database.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) node: NodeId,
    pub(super) sent: u64,
    pub(super) at: Stamp,
    pub(super) kind: Kind,
    pub(super) content: Bytes,
}

/// Signs and checks.
#[derive(Clone)]
pub(super) struct Seal {
    key: hmac::Key,
    epoch: Bytes,
    pub(super) node: NodeId,
}

impl Seal {
    /// With the key that the servers of one database share; for this process.
    pub(super) fn new(key: &[u8], epoch: &str) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            epoch: Bytes::copy_from_slice(epoch.as_bytes()),
            node: NodeId(rand::random()),
        }
    }

    /// The message; `content` in parts.
    pub(super) fn close(&self, sent: Sent, kind: Kind, content: &[&[u8]]) -> Vec<u8> {
        let length: usize = content.iter().map(|part| part.len()).sum();
        let mut message = Vec::with_capacity(TAG + HEAD + length);
        message.extend([0; TAG]);
        message.push(VERSION);
        message.extend(self.node.0.to_le_bytes());
        message.extend(sent.number.to_le_bytes());
        message.extend(sent.at.0.to_le_bytes());
        message.push(kind.number());
        for part in content {
            message.extend(*part);
        }
        if let Some((place, signed)) = message.split_at_mut_checked(TAG) {
            let mut tag = hmac::Context::with_key(&self.key);
            tag.update(&self.epoch);
            tag.update(signed);
            place.copy_from_slice(tag.sign().as_ref());
        }
        message
    }

    /// `None`: this server cannot read it, or no server of this database wrote it.
    pub(super) fn open(&self, message: &[u8]) -> Option<Opened> {
        if message.len() > LARGEST {
            return None;
        }
        let (tag, signed) = message.split_at_checked(TAG)?;
        let whole = [&self.epoch, signed].concat();
        hmac::verify(&self.key, &whole, tag).ok()?;
        let mut rest = signed;
        if rest.try_get_u8().ok()? != VERSION {
            return None;
        }
        let node = NodeId(rest.try_get_u64_le().ok()?);
        let sent = rest.try_get_u64_le().ok()?;
        let at = Stamp(rest.try_get_i64_le().ok()?);
        let number = rest.try_get_u8().ok()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.number() == number)?;
        // Behind the epoch in the copy that was checked.
        let start = whole.len() - rest.len();
        let content = Bytes::from(whole).slice(start..);
        Some(Opened {
            node,
            sent,
            at,
            kind,
            content,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: Sent = Sent {
        number: 7,
        at: Stamp(9),
    };

    #[test]
    fn what_a_server_of_the_database_wrote_is_read_and_nothing_else() {
        let seal = Seal::new(b"key", "epoch");
        for kind in Kind::ALL {
            let message = seal.close(SENT, kind, &[b"ab", b"", b"c"]);
            let opened = seal.open(&message).unwrap();
            assert_eq!((opened.node, opened.sent), (seal.node, 7));
            assert_eq!(opened.at, Stamp(9));
            assert_eq!((opened.kind, &*opened.content), (kind, &b"abc"[..]));
        }
        let message = seal.close(SENT, Kind::Rows, &[b"abc"]);
        for at in 0..message.len() {
            let mut changed = message.clone();
            changed[at] ^= 1;
            assert!(seal.open(&changed).is_none(), "byte {at}");
            assert!(seal.open(&message[..at]).is_none(), "{at} bytes");
        }
        let large = vec![0; LARGEST];
        let large = seal.close(SENT, Kind::Rows, &[&large]);
        assert!(seal.open(&large).is_none());
        for other in [Seal::new(b"kez", "epoch"), Seal::new(b"key", "epocj")] {
            assert!(other.open(&message).is_none());
        }
    }
}
