//! Which worker threads listen to what.
//!
//! Shards write here when their first listener of a kind comes or the last one goes; `LogTail` reads it to
//! leave out shards that have nobody. What exactly a listener gets is decided on its own shard.

use dashmap::DashMap;
use smallvec::{SmallVec, smallvec};

use crate::event::Body;
use crate::model::{ChannelId, ClientId, UserId};

/// One worker thread's set of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub u16);

/// A point at which events pass and listeners stand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Messages of a channel: those who follow its messages, and the inboxes of its subscribers.
    Messages(ChannelId),
    /// Changes of a channel, for the inboxes of its subscribers.
    ChannelNews(ChannelId),
    /// Who subscribes to a channel.
    Subscribers(ChannelId),
    /// Who is in a channel.
    ChannelPresence(ChannelId),
    /// Who is there at all.
    Presence,
    /// What concerns one user: every claimed connection of that user stands here.
    User(UserId),
    /// App streams of one client.
    App(ClientId),
}

impl Key {
    /// Where an event passes on its way to user streams. A change of a channel also passes its other
    /// listeners, since it may cut them off.
    pub fn of(body: &Body) -> SmallVec<[Self; 4]> {
        match body {
            Body::MessageCreated { written, .. } | Body::MessageDeleted { written } => {
                smallvec![Self::Messages(written.message.channel_id)]
            }
            Body::ChannelCreated { news } | Body::ChannelChanged { news } => {
                let id = news.channel.id;
                smallvec![
                    Self::ChannelNews(id),
                    Self::Messages(id),
                    Self::Subscribers(id),
                    Self::ChannelPresence(id)
                ]
            }
            Body::Subscribed { news, user } | Body::Unsubscribed { news, user } => {
                smallvec![Self::Subscribers(news.channel.id), Self::User(user.id)]
            }
            Body::Related { user, .. } | Body::UserChanged { user } => {
                smallvec![Self::User(user.id)]
            }
            Body::TokenGranted { token, .. } | Body::TokenRevoked { token, .. } => match token.user
            {
                Some(user) => smallvec![Self::User(user)],
                None => smallvec![Self::App(token.client.id.clone())],
            },
            Body::UserPresence { .. } => smallvec![Self::Presence],
            Body::ChannelPresence { channel, .. } => smallvec![Self::ChannelPresence(channel.id)],
        }
    }
}

/// The register of listening shards.
#[derive(Debug, Default)]
pub struct Interest {
    shards: DashMap<Key, SmallVec<[ShardId; 4]>>,
}

impl Interest {
    /// The first listener of this kind came to the shard.
    pub fn add(&self, key: &Key, shard: ShardId) {
        let mut entry = self.shards.entry(key.clone()).or_default();
        if !entry.contains(&shard) {
            entry.push(shard);
        }
    }

    /// The last listener of this kind left the shard.
    pub fn remove(&self, key: &Key, shard: ShardId) {
        if let Some(mut entry) = self.shards.get_mut(key) {
            entry.retain(|s| *s != shard);
        }
        self.shards.remove_if(key, |_, shards| shards.is_empty());
    }

    /// Adds the shards that listen at this point.
    pub fn collect(&self, key: &Key, into: &mut SmallVec<[ShardId; 8]>) {
        if let Some(shards) = self.shards.get(key) {
            for shard in shards.iter() {
                if !into.contains(shard) {
                    into.push(*shard);
                }
            }
        }
    }

    /// How many shards hold app streams of this client.
    pub fn shards_of_app(&self, client: &ClientId) -> usize {
        let shards = self.shards.get(&Key::App(client.clone()));
        shards.map_or(0, |shards| shards.len())
    }

    /// Points that somebody listens at: zero when nobody is connected.
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Nobody listens to anything.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }
}
