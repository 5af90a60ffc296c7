//! Who may receive what: a model of the rules (reference 04 §7), by position, without any code of the server.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::ledger::{Allowed, Fact, Ledger};

/// What a user stream subscribes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Topic {
    Messages(i64),
    Inbox,
    Home,
}

/// A subscription of a user stream.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) topic: Topic,
    /// The cursor of its page.
    pub(super) since: i64,
    /// The newest message of its page, if that is one of messages.
    pub(super) newest: Option<i64>,
    /// The segment from which on it is no more, since it was deleted.
    pub(super) ended: usize,
}

/// When an event is judged, beside its own position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Judged {
    /// It is sent when it happens.
    Live,
    /// It is replayed, with the rights at this position.
    Replayed(i64),
}

impl Judged {
    /// The positions whose rights count.
    fn moments(self, pos: i64) -> [i64; 2] {
        match self {
            Self::Live => [pos, pos],
            Self::Replayed(now) => [pos, now],
        }
    }
}

/// Facts by key, as they changed.
#[derive(Debug)]
struct Changes<K, V>(HashMap<K, Vec<(i64, V)>>);

impl<K: Eq + Hash, V> Changes<K, V> {
    fn note(&mut self, key: K, pos: i64, value: V) {
        self.0.entry(key).or_default().push((pos, value));
    }

    fn at(&self, key: &K, pos: i64) -> Option<&V> {
        let all = self.0.get(key)?;
        let until = all.partition_point(|(at, _)| *at <= pos);
        Some(&all.get(until.checked_sub(1)?)?.1)
    }
}

impl<K, V> Default for Changes<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// All rights at all positions.
#[derive(Debug, Default)]
pub(super) struct Rights {
    relations: Changes<(String, i64, i64), bool>,
    members: Changes<(i64, i64), bool>,
    readers: Changes<i64, Allowed>,
    /// By app: positions from which and up to which each token of a user lived.
    tokens: HashMap<String, BTreeMap<i64, (i64, i64, i64)>>,
    /// Where anything of this changed.
    pub(super) changes: Vec<i64>,
    users: Vec<i64>,
}

impl Rights {
    /// As the log tells them. `authorized`: an app that all users authorized before.
    pub(super) fn of(ledger: &Ledger, users: &[i64], authorized: &str) -> Self {
        let mut rights = Self {
            users: users.to_vec(),
            ..Self::default()
        };
        for user in users {
            let tokens = rights.tokens.entry(authorized.to_owned()).or_default();
            tokens.insert(-user, (*user, 0, i64::MAX));
        }
        for (pos, entry) in &ledger.entries {
            rights.note(*pos, &entry.fact);
        }
        rights
    }

    fn note(&mut self, pos: i64, fact: &Fact) {
        match fact {
            Fact::Joined { channel, user, on } => self.members.note((*channel, *user), pos, *on),
            Fact::Channel {
                channel, readers, ..
            } => self.readers.note(*channel, pos, readers.clone()),
            Fact::Related {
                relation,
                user,
                other,
                on,
            } => self
                .relations
                .note((relation.clone(), *user, *other), pos, *on),
            Fact::Token {
                client,
                id,
                user,
                on,
            } => {
                let tokens = self.tokens.entry(client.clone()).or_default();
                let life = tokens.entry(*id).or_insert((*user, 0, i64::MAX));
                match on {
                    true => life.1 = pos,
                    false => life.2 = pos,
                }
            }
            Fact::Said { .. } | Fact::Posted { .. } | Fact::Other => return,
        }
        self.changes.push(pos);
    }

    fn holds(&self, relation: &str, user: i64, other: i64, pos: i64) -> bool {
        let key = (relation.to_owned(), user, other);
        self.relations.at(&key, pos) == Some(&true)
    }

    /// A mute of the viewer's, or a block of either.
    pub(super) fn is_hidden(&self, author: i64, viewer: i64, pos: i64) -> bool {
        author != viewer
            && (self.holds("mute", viewer, author, pos)
                || self.holds("block", viewer, author, pos)
                || self.holds("block", author, viewer, pos))
    }

    fn is_member(&self, channel: i64, user: i64, pos: i64) -> bool {
        self.members.at(&(channel, user), pos) == Some(&true)
    }

    fn may_read(&self, channel: i64, user: i64, pos: i64) -> bool {
        let readers = self.readers.at(&channel, pos);
        readers.is_some_and(|readers| readers.has(user))
    }

    /// The subscription was never without the right to read its channel, from its begin to this moment. (A node that lagged
    /// may have let it begin.)
    fn was_never_cut(&self, channel: i64, user: i64, (since, until): (i64, i64)) -> bool {
        let changes = self.readers.0.get(&channel).map_or(&[][..], Vec::as_slice);
        let begun = changes.partition_point(|(at, _)| *at <= since);
        let counted = changes.get(begun.saturating_sub(1)..).unwrap_or_default();
        let mut counted = counted.iter().take_while(|(at, _)| *at <= until);
        counted.all(|(_, readers)| readers.has(user))
    }

    /// Whether a subscription of a user stream receives the event at this position.
    pub(super) fn user_receives(
        &self,
        viewer: i64,
        known: &Subscription,
        (pos, fact): (i64, &Fact),
        judged: Judged,
    ) -> bool {
        let moments = judged.moments(pos);
        let [_, now] = moments;
        let sees = |author: i64| {
            let mut moments = moments.iter();
            moments.all(|moment| !self.is_hidden(author, viewer, *moment))
        };
        let in_inbox = |channel: i64| {
            self.is_member(channel, viewer, pos)
                && (self.is_member(channel, viewer, now) || self.may_read(channel, viewer, now))
        };
        if pos <= known.since {
            return false;
        }
        match (known.topic, fact) {
            (
                Topic::Messages(here),
                Fact::Said {
                    channel, author, ..
                },
            ) => {
                here == *channel
                    && sees(*author)
                    && self.was_never_cut(here, viewer, (known.since, now.max(pos)))
            }
            (
                Topic::Inbox,
                Fact::Said {
                    channel, author, ..
                },
            ) => in_inbox(*channel) && sees(*author),
            (Topic::Inbox, Fact::Channel { channel, .. }) => in_inbox(*channel),
            (Topic::Inbox, Fact::Joined { user, .. }) => *user == viewer,
            (Topic::Home, Fact::Posted { author, .. }) => {
                (*author == viewer || self.holds("follow", viewer, *author, pos)) && sees(*author)
            }
            _ => false,
        }
    }

    /// Whether a stream of this app for messages and posts receives the event.
    pub(super) fn app_receives(&self, client: &str, pos: i64, fact: &Fact, judged: Judged) -> bool {
        let moments = judged.moments(pos);
        match fact {
            Fact::Posted { .. } => true,
            Fact::Said { channel, .. } => self.users.iter().any(|user| {
                let mut moments_of = moments.iter();
                moments_of.all(|moment| self.is_member(*channel, *user, *moment))
                    && self.authorized(client, *user, moments)
            }),
            Fact::Joined { .. }
            | Fact::Channel { .. }
            | Fact::Related { .. }
            | Fact::Token { .. }
            | Fact::Other => false,
        }
    }

    /// One token lived at both moments.
    fn authorized(&self, client: &str, user: i64, moments: [i64; 2]) -> bool {
        let Some(tokens) = self.tokens.get(client) else {
            return false;
        };
        tokens.values().any(|(holder, from, until)| {
            let mut moments = moments.iter();
            *holder == user && moments.all(|moment| from <= moment && moment < until)
        })
    }
}
