//! What an app may see (reference 04 §7.2), from an index of authorizations in memory.

use std::collections::HashMap;

use crate::event::Payload;
use crate::model::{
    ChannelBrief, ChannelId, ClientId, Relation, Scopes, Subscribers, Token, TokenId, UserId,
};

/// Channels whose answer is remembered; beyond that the memory starts anew.
const REMEMBERED: usize = 10_000;

/// Who authorized one app for what.
#[derive(Debug)]
pub struct AppVisibility {
    client: ClientId,
    /// One entry per live token; an authorization ends with the last of them.
    users: HashMap<UserId, Vec<(TokenId, Scopes)>>,
    /// Moves with each change of `users`.
    version: u64,
    /// For each channel the last answer.
    remembered: HashMap<ChannelId, CachedAnswer>,
}

/// An answer about a channel, with everything that it was given for.
#[derive(Debug)]
struct CachedAnswer {
    subscribers: Subscribers,
    version: u64,
    is_public: bool,
    sees: bool,
}

impl AppVisibility {
    /// From the live tokens of a client.
    pub fn new(client: ClientId, tokens: Vec<Token>) -> Self {
        let mut users: HashMap<UserId, Vec<_>> = HashMap::new();
        for token in tokens {
            if let Some(user) = token.user {
                users
                    .entry(user)
                    .or_default()
                    .push((token.id, token.scopes));
            }
        }
        Self {
            client,
            users,
            version: 0,
            remembered: HashMap::new(),
        }
    }

    /// Whether the app may see an event. Token events change what it sees from here on.
    pub fn sees(&mut self, payload: &Payload, subscribers: &Subscribers) -> bool {
        match payload {
            Payload::MessageCreated { written, .. } | Payload::MessageDeleted { written } => {
                self.sees_channel(&written.channel, subscribers)
            }
            Payload::ChannelCreated { news } | Payload::ChannelChanged { news } => {
                self.sees_channel(&news.channel.brief(), subscribers)
            }
            Payload::Subscribed { news, user } | Payload::Unsubscribed { news, user } => {
                self.authorized_for(user.id, &news.channel.brief())
            }
            Payload::ChannelPresence { channel, user, .. } => self.authorized_for(user.id, channel),
            Payload::Related { relation, user, .. } => match relation {
                // Who follows whom is public.
                Relation::Follow => true,
                Relation::Mute | Relation::Block => self.users.contains_key(&user.id),
            },
            Payload::UserChanged { user } => self.users.contains_key(&user.id),
            Payload::UserPresence { .. } => true,
            Payload::TokenGranted { token, .. } => {
                let own = token.client.id == self.client;
                if let (true, Some(user)) = (own, token.user) {
                    let tokens = self.users.entry(user).or_default();
                    tokens.retain(|(known, _)| *known != token.id);
                    tokens.push((token.id, token.scopes.clone()));
                    self.version += 1;
                }
                // A token of the app itself is no user's authorization.
                own && token.user.is_some()
            }
            Payload::TokenRevoked { token, .. } => {
                let own = token.client.id == self.client;
                if let (true, Some(user)) = (own, token.user) {
                    self.remove_token(user, token.id);
                }
                own && token.user.is_some()
            }
            Payload::AppStreamDeleted { .. }
            | Payload::ClientChanged { .. }
            | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. } => false,
        }
    }

    /// An authorization ends with the last token.
    fn remove_token(&mut self, user: UserId, id: TokenId) {
        self.version += 1;
        let Some(tokens) = self.users.get_mut(&user) else {
            return;
        };
        tokens.retain(|(known, _)| *known != id);
        if tokens.is_empty() {
            self.users.remove(&user);
        }
    }

    fn authorized_for(&self, user: UserId, channel: &ChannelBrief) -> bool {
        self.users.get(&user).is_some_and(|tokens| {
            tokens
                .iter()
                .any(|(_, scopes)| scopes.open_channel(&channel.kind, channel.is_public))
        })
    }

    /// A channel is seen if one of its subscribers authorized the app for it.
    fn sees_channel(&mut self, channel: &ChannelBrief, subscribers: &Subscribers) -> bool {
        if let Some(known) = self.remembered.get(&channel.id)
            && known.version == self.version
            && known.is_public == channel.is_public
            && known.subscribers.is_same(subscribers)
        {
            return known.sees;
        }
        let sees = subscribers
            .iter()
            .any(|user| self.authorized_for(user, channel));
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        let (subscribers, version, is_public) =
            (subscribers.clone(), self.version, channel.is_public);
        self.remembered.insert(
            channel.id,
            CachedAnswer {
                subscribers,
                version,
                is_public,
                sees,
            },
        );
        sees
    }
}
