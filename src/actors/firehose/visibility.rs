//! What an app may see (reference 04 §7.2), from an index of authorizations in memory.

use std::collections::{HashMap, HashSet};

use quick_cache::sync::Cache;

use crate::event::Payload;
use crate::model::{
    ChannelBrief, ChannelId, ClientId, Relation, Scopes, Subscribers, Token, TokenId, UserId,
};

/// Channels whose answer is remembered; beyond that those asked for least often leave.
const REMEMBERED: usize = 10_000;

/// The authorizations of one app's users.
#[derive(Debug)]
pub struct AppVisibility {
    client: ClientId,
    /// One entry per live token; an authorization ends with the last of them.
    users: HashMap<UserId, Vec<(TokenId, Scopes)>>,
    /// Disabled accounts among all: their tokens are kept, and authorize nothing meanwhile.
    disabled: HashSet<UserId>,
    /// Moves with each change of `users` and `disabled`.
    version: u64,
    /// For each channel the last answer. It holds only for the `version` that it was given for.
    remembered: Cache<ChannelId, CachedAnswer>,
}

/// An answer about a channel, with everything that it was given for.
#[derive(Clone, Debug)]
struct CachedAnswer {
    subscribers: Subscribers,
    version: u64,
    is_public: bool,
    sees: bool,
}

impl AppVisibility {
    /// From the tokens of a client, and the disabled accounts among their users.
    pub fn new(client: ClientId, tokens: &[Token], disabled: HashSet<UserId>) -> Self {
        let mut visibility = Self {
            client,
            users: HashMap::new(),
            disabled,
            version: 0,
            remembered: Cache::new(REMEMBERED),
        };
        for token in tokens {
            visibility.add_token(token);
        }
        visibility
    }

    /// A token event changes what the app sees from here on.
    pub fn apply(&mut self, payload: &Payload) {
        match payload {
            Payload::TokenGranted { token, .. } if token.client.id == self.client => {
                self.add_token(token);
            }
            Payload::TokenRevoked { token, .. } if token.client.id == self.client => {
                self.remove_token(token);
            }
            Payload::UserDisabled { user, undone } => self.set_disabled(*user, !undone),
            Payload::TokenGranted { .. }
            | Payload::TokenRevoked { .. }
            | Payload::MessageCreated { .. }
            | Payload::MessageDeleted { .. }
            | Payload::ChannelCreated { .. }
            | Payload::ChannelChanged { .. }
            | Payload::Subscribed { .. }
            | Payload::Unsubscribed { .. }
            | Payload::Related { .. }
            | Payload::UserChanged { .. }
            | Payload::UserPresence { .. }
            | Payload::ChannelPresence { .. }
            | Payload::AppStreamDeleted { .. }
            | Payload::ClientChanged { .. }
            | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. } => {}
        }
    }

    /// Whether the app may see an event. Changes nothing: an event that is judged again gets the same answer.
    pub fn sees(&self, payload: &Payload, subscribers: &Subscribers) -> bool {
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
                // Follows are public.
                Relation::Follow => true,
                Relation::Mute | Relation::Block => self.is_authorized(user.id),
            },
            Payload::UserChanged { user } => self.is_authorized(user.id),
            Payload::UserPresence { .. } => true,
            // A token of the app itself is no user's authorization.
            Payload::TokenGranted { token, .. } | Payload::TokenRevoked { token, .. } => {
                token.client.id == self.client && token.user.is_some()
            }
            Payload::AppStreamDeleted { .. }
            | Payload::ClientChanged { .. }
            | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. }
            | Payload::UserDisabled { .. } => false,
        }
    }

    fn add_token(&mut self, token: &Token) {
        let Some(user) = token.user else {
            return;
        };
        let tokens = self.users.entry(user).or_default();
        tokens.retain(|(known, _)| *known != token.id);
        tokens.push((token.id, token.scopes.clone()));
        self.version += 1;
    }

    /// An authorization ends with the last token.
    fn remove_token(&mut self, token: &Token) {
        let Some(user) = token.user else {
            return;
        };
        self.version += 1;
        let Some(tokens) = self.users.get_mut(&user) else {
            return;
        };
        tokens.retain(|(known, _)| *known != token.id);
        if tokens.is_empty() {
            self.users.remove(&user);
        }
    }

    /// Only users of this app are noted: others may be as many as there are accounts.
    fn set_disabled(&mut self, user: UserId, disabled: bool) {
        let changed = match disabled {
            true => self.users.contains_key(&user) && self.disabled.insert(user),
            false => self.disabled.remove(&user),
        };
        self.version += u64::from(changed);
    }

    fn is_authorized(&self, user: UserId) -> bool {
        self.users.contains_key(&user) && !self.disabled.contains(&user)
    }

    fn authorized_for(&self, user: UserId, channel: &ChannelBrief) -> bool {
        !self.disabled.contains(&user)
            && self.users.get(&user).is_some_and(|tokens| {
                tokens
                    .iter()
                    .any(|(_, scopes)| scopes.open_channel(&channel.kind, channel.is_public))
            })
    }

    /// A channel is seen if one of its subscribers authorized the app for it.
    fn sees_channel(&self, channel: &ChannelBrief, subscribers: &Subscribers) -> bool {
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

#[cfg(test)]
#[path = "visibility_tests.rs"]
mod tests;
