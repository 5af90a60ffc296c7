//! Which apps may see an event (reference 04 §7.2): an index of the authorizations that users gave to the apps with
//! open streams, kept up to date by the log.
//!
//! By user, so that an event costs what the apps that see it cost, however many apps have streams. What is asked of
//! a channel is remembered, since most events are messages of channels that rarely change.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::unsync::Cache;

use super::authorized_users::AuthorizedUsers;
use super::delivery::AllowedApp;
use crate::event::{Payload, Polled};
use crate::model::{
    ChannelBrief, ChannelId, ClientId, Relation, Scope, Scopes, Subscribers, Token, TokenId, User,
    UserId,
};
use crate::telemetry::ActorNumbers;

/// Channels whose answer is remembered; beyond that those asked for least often leave.
const REMEMBERED: usize = 10_000;

/// Changes of authorizations that a remembered answer can be behind before it is read again.
const CHANGES: usize = 1024;

/// Apps that may see an event, shared by its deliveries.
pub type Apps = Arc<[AllowedApp]>;

/// The index.
#[derive(Debug)]
pub struct AppIndex {
    apps: HashMap<ClientId, App>,
    /// One entry per live token; an authorization ends with the last of them.
    users: HashMap<UserId, Vec<Authorization>>,
    /// Disabled accounts among them: their tokens are kept, and authorize no app meanwhile.
    disabled: HashSet<UserId>,
    every_app: Apps,
    no_app: Apps,
    /// Users whose authorizations changed, the newest last, and the number of changes so far.
    changed: VecDeque<UserId>,
    changes: u64,
    remembered: Cache<ChannelId, CachedAnswer>,
}

#[derive(Debug)]
struct App {
    numbers: Arc<ActorNumbers>,
    users: Arc<AuthorizedUsers>,
    /// Since when it has no stream; a client that reconnects soon is not loaded again.
    absent_since: Option<Instant>,
}

#[derive(Debug)]
struct Authorization {
    client: ClientId,
    token: TokenId,
    scopes: Scopes,
}

/// An answer about a channel, with everything that it was given for.
#[derive(Clone, Debug)]
struct CachedAnswer {
    subscribers: Subscribers,
    is_public: bool,
    /// How many changes of authorizations it takes into account.
    changes: u64,
    apps: Apps,
}

impl Default for AppIndex {
    fn default() -> Self {
        Self {
            apps: HashMap::new(),
            users: HashMap::new(),
            disabled: HashSet::new(),
            every_app: Arc::default(),
            no_app: Arc::default(),
            changed: VecDeque::new(),
            changes: 0,
            remembered: Cache::new(REMEMBERED),
        }
    }
}

impl AppIndex {
    /// Takes note of the clients that have a stream now. Returns those that are not loaded yet; apps that have had none
    /// for `idle` leave the index.
    pub fn note_open(
        &mut self,
        clients: &HashSet<ClientId>,
        now: Instant,
        idle: Duration,
    ) -> Vec<ClientId> {
        for (client, app) in &mut self.apps {
            app.absent_since = match clients.contains(client) {
                true => None,
                false => app.absent_since.or(Some(now)),
            };
        }
        let is_gone = |app: &App| app.absent_since.is_some_and(|since| now - since >= idle);
        let gone: Vec<ClientId> = self
            .apps
            .iter()
            .filter(|(_, app)| is_gone(app))
            .map(|(client, _)| client.clone())
            .collect();
        gone.iter().for_each(|client| self.remove(client));
        let is_new = |client: &&ClientId| !self.apps.contains_key(*client);
        clients.iter().filter(is_new).cloned().collect()
    }

    /// Adds an app with the tokens of its users, and the disabled accounts among these.
    pub fn load(
        &mut self,
        client: ClientId,
        numbers: Arc<ActorNumbers>,
        tokens: &[Token],
        disabled: HashSet<UserId>,
    ) {
        self.remove(&client);
        let app = App {
            numbers,
            users: Arc::default(),
            absent_since: None,
        };
        self.apps.insert(client, app);
        self.disabled.extend(disabled);
        tokens.iter().for_each(|token| self.add_token(token));
        self.apps_changed();
    }

    fn remove(&mut self, client: &ClientId) {
        if self.apps.remove(client).is_none() {
            return;
        }
        self.users.retain(|_, given| {
            given.retain(|one| one.client != *client);
            !given.is_empty()
        });
        let users = &self.users;
        self.disabled.retain(|user| users.contains_key(user));
        self.apps_changed();
    }

    fn apps_changed(&mut self) {
        self.every_app = self.allowed(self.apps.keys());
        self.remembered.clear();
    }

    /// An event about a token or an account changes what apps see from here on.
    pub fn apply(&mut self, payload: &Payload) {
        match payload {
            Payload::TokenGranted { token, .. } => self.add_token(token),
            Payload::TokenRevoked { token, .. } => self.remove_token(token),
            Payload::UserDisabled { user, undone } => self.set_disabled(*user, !undone),
            #[rustfmt::skip]
            Payload::MessageCreated { .. } | Payload::MessageDeleted { .. } | Payload::ChannelCreated { .. }
            | Payload::ChannelChanged { .. } | Payload::Subscribed { .. } | Payload::Unsubscribed { .. }
            | Payload::Related { .. } | Payload::UserChanged { .. } | Payload::UserPresence { .. }
            | Payload::ChannelPresence { .. } | Payload::AppStreamDeleted { .. } | Payload::PostCreated { .. }
            | Payload::PostRevised { .. } | Payload::PostDeleted { .. } | Payload::Bookmarked { .. }
            | Payload::PollCreated { .. } | Payload::PollAnswered { .. } | Payload::PollClosed { .. }
            | Payload::PollDeleted { .. } | Payload::FileCreated { .. } | Payload::FileChanged { .. }
            | Payload::FileDeleted { .. } | Payload::ClientChanged { .. } | Payload::MarkerMoved { .. }
            | Payload::PasswordChanged { .. } => {}
        }
    }

    /// The apps that may see an event. Grants nothing: an event that is asked about again gets the same answer.
    pub fn apps_for(&mut self, payload: &Payload, subscribers: &Subscribers) -> Apps {
        if self.apps.is_empty() {
            return self.no_app.clone();
        }
        match payload {
            Payload::MessageCreated { written, .. } | Payload::MessageDeleted { written } => {
                self.of_channel(&written.channel, subscribers)
            }
            Payload::ChannelCreated { news } | Payload::ChannelChanged { news } => {
                self.of_channel(&news.channel.brief(), subscribers)
            }
            Payload::Subscribed { news, user } | Payload::Unsubscribed { news, user } => {
                self.authorized_for(user.id, &news.channel.brief())
            }
            Payload::ChannelPresence { channel, user, .. } => self.authorized_for(user.id, channel),
            Payload::Related { relation, user, .. } => match relation {
                // Follows are public.
                Relation::Follow => self.every_app.clone(),
                Relation::Mute | Relation::Block => self.authorized_by(user.id),
            },
            #[rustfmt::skip]
            Payload::FileCreated { filed } | Payload::FileChanged { filed } | Payload::FileDeleted { filed } => {
                self.authorized_for_files(filed.owner.id, &filed.file.file_type)
            },
            Payload::UserChanged { user } => self.authorized_by(user.id),
            // Posts, reposts and bookmarks are public.
            #[rustfmt::skip]
            Payload::PostCreated { .. } | Payload::PostRevised { .. } | Payload::PostDeleted { .. }
            | Payload::Bookmarked { .. } | Payload::UserPresence { .. } => self.every_app.clone(),
            Payload::PollCreated { polled }
            | Payload::PollClosed { polled, .. }
            | Payload::PollDeleted { polled, .. } => self.opened(polled, None),
            Payload::PollAnswered { polled, user } => self.opened(polled, user.as_ref()),
            // A token of the app itself is no user's authorization.
            Payload::TokenGranted { token, .. } | Payload::TokenRevoked { token, .. } => {
                let client = token.user.is_some().then_some(&token.client.id);
                self.allowed(client)
            }
            #[rustfmt::skip]
            Payload::MarkerMoved { user, moved: Some(moved), .. } => match &moved.channel {
                Some(channel) => self.authorized_for(*user, channel),
                None => self.authorized_with(*user, Scope::Stream),
            },
            #[rustfmt::skip]
            Payload::AppStreamDeleted { .. } | Payload::ClientChanged { .. } | Payload::UserDisabled { .. }
            | Payload::MarkerMoved { moved: None, .. } | Payload::PasswordChanged { .. } => self.no_app.clone(),
        }
    }

    fn add_token(&mut self, token: &Token) {
        let Some(user) = self.note_change(token) else {
            return;
        };
        let given = self.users.entry(user).or_default();
        given.retain(|one| one.token != token.id);
        given.push(Authorization {
            client: token.client.id.clone(),
            token: token.id,
            scopes: token.scopes.clone(),
        });
        self.list_user(&token.client.id, user);
    }

    fn remove_token(&mut self, token: &Token) {
        let Some(user) = self.note_change(token) else {
            return;
        };
        let Some(given) = self.users.get_mut(&user) else {
            return;
        };
        given.retain(|one| one.token != token.id);
        if given.is_empty() {
            self.users.remove(&user);
            self.disabled.remove(&user);
        }
        self.list_user(&token.client.id, user);
    }

    /// Puts a user on the list of an app's users, or takes the user off it.
    fn list_user(&self, client: &ClientId, user: UserId) {
        if let Some(app) = self.apps.get(client) {
            let mut given = self.given_by(user);
            app.users.set(user, given.any(|one| one.client == *client));
        }
    }

    /// The user whose authorizations a token changes, if its app is in the index.
    fn note_change(&mut self, token: &Token) -> Option<UserId> {
        let user = token
            .user
            .filter(|_| self.apps.contains_key(&token.client.id))?;
        self.note_user(user);
        Some(user)
    }

    fn note_user(&mut self, user: UserId) {
        if self.changed.len() == CHANGES {
            self.changed.pop_front();
        }
        self.changed.push_back(user);
        self.changes += 1;
    }

    /// Of accounts without an authorization nothing is noted: they may be as many as there are accounts.
    fn set_disabled(&mut self, user: UserId, disabled: bool) {
        if !self.users.contains_key(&user) {
            return;
        }
        match disabled {
            true => self.disabled.insert(user),
            false => self.disabled.remove(&user),
        };
        for one in self.users.get(&user).into_iter().flatten() {
            self.list_user(&one.client, user);
        }
        self.note_user(user);
    }

    /// What a user authorized, unless the account is disabled.
    fn given_by(&self, user: UserId) -> impl Iterator<Item = &Authorization> {
        let given = self.users.get(&user);
        let given = given.filter(|_| !self.disabled.contains(&user));
        given.into_iter().flatten()
    }

    fn authorized_by(&self, user: UserId) -> Apps {
        self.allowed(self.given_by(user).map(|one| &one.client))
    }

    fn authorized_with(&self, user: UserId, scope: Scope) -> Apps {
        let having = self.given_by(user).filter(|one| one.scopes.has(scope));
        self.allowed(having.map(|one| &one.client))
    }

    /// By their type: a grant for all pictures, or all sound, is for reading them.
    fn authorized_for_files(&self, owner: UserId, file_type: &str) -> Apps {
        let given = self.given_by(owner);
        let opening = given.filter(|one| one.scopes.open_file_type(file_type));
        self.allowed(opening.map(|one| &one.client))
    }

    fn authorized_for(&self, user: UserId, channel: &ChannelBrief) -> Apps {
        self.allowed(self.clients_for(user, channel))
    }

    /// A poll is seen by the apps that its creator, or the user that answered, authorized for polls of its type.
    fn opened(&self, polled: &Polled, answered_by: Option<&Arc<User>>) -> Apps {
        let users = std::iter::once(polled.creator.id).chain(answered_by.map(|user| user.id));
        let given = users.flat_map(|user| self.given_by(user));
        let opens = |one: &&Authorization| one.scopes.open_poll(&polled.poll.kind);
        self.allowed(given.filter(opens).map(|one| &one.client))
    }

    fn clients_for<'a>(
        &'a self,
        user: UserId,
        channel: &'a ChannelBrief,
    ) -> impl Iterator<Item = &'a ClientId> {
        let opens =
            |one: &&Authorization| one.scopes.open_channel(&channel.kind, channel.is_public);
        self.given_by(user).filter(opens).map(|one| &one.client)
    }

    /// A channel is seen by the apps that one of its subscribers authorized for it.
    fn of_channel(&mut self, channel: &ChannelBrief, subscribers: &Subscribers) -> Apps {
        if let Some(known) = self.remembered.get(&channel.id)
            && known.is_public == channel.is_public
            && known.subscribers.is_same(subscribers)
            && self.holds(known)
        {
            return known.apps.clone();
        }
        let apps = self.allowed(self.clients_of_channel(channel, subscribers));
        let answer = CachedAnswer {
            subscribers: subscribers.clone(),
            is_public: channel.is_public,
            changes: self.changes,
            apps: apps.clone(),
        };
        self.remembered.insert(channel.id, answer);
        apps
    }

    /// Whether no subscriber's authorizations changed since the answer was given.
    fn holds(&self, known: &CachedAnswer) -> bool {
        let behind = usize::try_from(self.changes - known.changes).unwrap_or(usize::MAX);
        let mut since = self.changed.iter().rev().take(behind);
        behind <= self.changed.len() && !since.any(|user| known.subscribers.contains(*user))
    }

    /// From the smaller side: subscribers, or users with authorizations.
    fn clients_of_channel<'a>(
        &'a self,
        channel: &'a ChannelBrief,
        subscribers: &Subscribers,
    ) -> HashSet<&'a ClientId> {
        let mut clients = HashSet::new();
        let mut add = |user: UserId| {
            clients.extend(self.clients_for(user, channel));
            clients.len() == self.apps.len()
        };
        if subscribers.len() <= self.users.len() {
            subscribers.iter().any(&mut add);
        } else {
            let mut users = self.users.keys().copied();
            users.any(|user| subscribers.contains(user) && add(user));
        }
        clients
    }

    /// In the order of their ids, each once.
    fn allowed<'a>(&self, clients: impl IntoIterator<Item = &'a ClientId>) -> Apps {
        let mut clients: Vec<&ClientId> = clients.into_iter().collect();
        clients.sort_unstable();
        clients.dedup();
        let known = clients.into_iter().filter_map(|client| {
            self.apps.get(client).map(|app| AllowedApp {
                client: client.clone(),
                numbers: app.numbers.clone(),
                users: app.users.clone(),
            })
        });
        known.collect()
    }
}

#[cfg(test)]
#[path = "app_index_tests.rs"]
mod tests;
