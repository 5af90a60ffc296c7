//! What an app sees of events that its stream missed (reference 04 §7.2): by the authorizations of its users that are
//! alive now, and were given before the event.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::changes::Changes;
use crate::actors::delivery::HiddenFrom;
use crate::event::{Event, Payload, Pos};
use crate::fault::{Seeded, seeded};
use crate::log::{Interest, LogReader};
use crate::model::{
    ChannelBrief, ChannelId, ClientId, Failure, Relation, Scope, Scopes, Subscribers, Token,
    TokenId, UserId,
};

/// The kinds of events that change what an app may see.
pub const KINDS: &[&str] = &[
    "subscribed",
    "unsubscribed",
    "token_granted",
    "token_revoked",
    "user_disabled",
];

/// Channels and authors that are remembered; with one more all are read again.
const REMEMBERED: usize = 10_000;

/// An app, and what it needs to know of the channels and authors of a page.
#[derive(Debug)]
pub struct AppView {
    client: ClientId,
    reached: Pos,
    /// Facts that were noted: what is remembered of them grows.
    noted: usize,
    /// Live tokens of its users.
    given: HashMap<UserId, Vec<(TokenId, Scopes)>>,
    disabled: HashSet<UserId>,
    granted: Changes<TokenId>,
    members: HashMap<ChannelId, Changes<UserId>>,
    channels: HashMap<ChannelId, Members>,
    authors: HashMap<UserId, Arc<HiddenFrom>>,
}

/// The subscribers of a channel.
#[derive(Debug)]
struct Members {
    /// At the position of the event that is judged.
    then: Subscribers,
    now: Subscribers,
}

impl AppView {
    /// Reads the authorizations of an app whose stream goes on behind `from`.
    ///
    /// # Errors
    /// The database is in trouble, or the process stops.
    pub async fn read(client: ClientId, from: Pos, log: &LogReader) -> Result<Self, Failure> {
        let id = client.clone();
        let read = log.page(move |db| {
            let tokens = db.all_user_tokens_of_client(&id)?;
            let disabled = db.disabled_users_of_client(&id)?;
            Ok((tokens, disabled, Pos(db.log_position()?)))
        });
        let (tokens, disabled, head) = read.await?;
        log.delivered(head).await?;
        let mut view = Self {
            client,
            reached: from,
            noted: 0,
            given: HashMap::new(),
            disabled,
            granted: Changes::default(),
            members: HashMap::new(),
            channels: HashMap::new(),
            authors: HashMap::new(),
        };
        tokens.iter().for_each(|token| view.add(token));
        Ok(view)
    }

    fn add(&mut self, token: &Token) {
        if let Some(user) = token.user.filter(|_| token.client.id == self.client) {
            let given = self.given.entry(user).or_default();
            given.retain(|(id, _)| *id != token.id);
            given.push((token.id, token.scopes.clone()));
        }
    }

    /// Events up to here are known.
    pub fn reached(&self) -> Pos {
        self.reached
    }

    /// How many changes it remembers, for readers that go on for long.
    pub fn noted(&self) -> usize {
        self.noted
    }

    /// Takes the events of [`KINDS`] up to `reached` into account.
    pub fn note(&mut self, events: &[Arc<Event>], reached: Pos) {
        for event in events {
            let Some(pos) = event.pos.filter(|pos| *pos > self.reached) else {
                continue;
            };
            let payload = &event.payload;
            self.noted += 1;
            if let Payload::Subscribed { news, user } = payload {
                self.note_member(news.channel.id, user.id, pos, true);
            }
            if let Payload::Unsubscribed { news, user } = payload {
                self.note_member(news.channel.id, user.id, pos, false);
            }
            if let Payload::TokenGranted { token, .. } = payload {
                self.granted.note(token.id, pos, true);
                self.add(token);
            }
            if let Payload::TokenRevoked { token, .. } = payload
                && let Some(given) = token.user.and_then(|user| self.given.get_mut(&user))
            {
                given.retain(|(id, _)| *id != token.id);
            }
            if let Payload::UserDisabled { user, undone } = payload {
                match undone {
                    true => self.disabled.remove(user),
                    false => self.disabled.insert(*user),
                };
            }
        }
        self.reached = self.reached.max(reached);
    }

    fn note_member(&mut self, channel: ChannelId, user: UserId, pos: Pos, is_in: bool) {
        let members = self.members.entry(channel).or_default();
        members.note(user, pos, is_in);
        if let Some(members) = self.channels.get_mut(&channel) {
            match is_in {
                true => members.now.insert(user),
                false => members.now.remove(user),
            }
        }
    }

    /// Reads what the events of a page need, the first of them behind `at`.
    ///
    /// # Errors
    /// The database is in trouble, or the process stops.
    pub async fn prepare(
        &mut self,
        events: &[&Event],
        at: Pos,
        log: &LogReader,
    ) -> Result<(), Failure> {
        if self.channels.len() > REMEMBERED || self.authors.len() > REMEMBERED {
            self.channels.clear();
            self.authors.clear();
        }
        let mut channels: Vec<ChannelId> = Vec::new();
        let mut authors: Vec<UserId> = Vec::new();
        for event in events {
            let payload = &event.payload;
            channels.extend(channel_of(payload).map(|channel| channel.id));
            authors.extend(payload.facts().actor);
        }
        channels.retain(|id| !self.channels.contains_key(id));
        authors.retain(|id| !self.authors.contains_key(id));
        if channels.is_empty() && authors.is_empty() {
            return Ok(());
        }
        channels.sort_unstable();
        channels.dedup();
        authors.sort_unstable();
        authors.dedup();
        let read = log.page(move |db| {
            let mut subscribed = Vec::with_capacity(channels.len());
            for id in &channels {
                subscribed.push((*id, db.subscribers(*id)?));
            }
            let mut hidden = Vec::with_capacity(authors.len());
            for id in &authors {
                hidden.push((*id, db.mutes_and_blocks(*id)?));
            }
            Ok((subscribed, hidden, Pos(db.log_position()?)))
        });
        let (subscribed, hidden, head) = read.await?;
        // What is read is as of then: the events up to there say how it was before.
        log.delivered(head).await?;
        look_ahead(self, log).await?;
        for (id, users) in subscribed {
            let now: Subscribers = users.into_iter().collect();
            self.channels.insert(id, self.as_of(id, at, now));
        }
        for (id, hidden) in hidden {
            let from = HiddenFrom {
                muted_by: hidden.muted_by.into_iter().collect(),
                blocked: hidden.blocked.into_iter().collect(),
            };
            self.authors.insert(id, Arc::new(from));
        }
        Ok(())
    }

    fn as_of(&self, channel: ChannelId, at: Pos, now: Subscribers) -> Members {
        let mut then = now.clone();
        let Some(members) = self.members.get(&channel) else {
            return Members { then, now };
        };
        for user in members.keys() {
            match members.at(user, at, now.contains(user)) {
                true => then.insert(user),
                false => then.remove(user),
            }
        }
        Members { then, now }
    }

    /// Whether the app sees an event. To be asked of each, in order.
    pub fn sees(&mut self, event: &Event, pos: Pos) -> bool {
        let payload = &event.payload;
        let sees = self.may_see(payload, pos);
        // Behind the event, as for live streams.
        if let Payload::Subscribed { news, user } = payload
            && let Some(members) = self.channels.get_mut(&news.channel.id)
        {
            members.then.insert(user.id);
        }
        if let Payload::Unsubscribed { news, user } = payload
            && let Some(members) = self.channels.get_mut(&news.channel.id)
        {
            members.then.remove(user.id);
        }
        sees
    }

    /// The subscribers of the event's channel at its position.
    pub fn subscribers(&self, payload: &Payload) -> Subscribers {
        let members = channel_of(payload).and_then(|channel| self.channels.get(&channel.id));
        members.map_or_else(Subscribers::default, |members| members.then.clone())
    }

    /// Who must not be notified of it.
    pub fn hidden_from(&self, payload: &Payload) -> Arc<HiddenFrom> {
        let actor = payload.facts().actor;
        let known = actor.and_then(|actor| self.authors.get(&actor));
        known.cloned().unwrap_or_default()
    }

    fn may_see(&self, payload: &Payload, pos: Pos) -> bool {
        let any = |_: &Scopes| true;
        match payload {
            Payload::MessageCreated { .. }
            | Payload::MessageDeleted { .. }
            | Payload::ChannelCreated { .. }
            | Payload::ChannelChanged { .. } => {
                channel_of(payload).is_some_and(|channel| self.sees_channel(&channel, pos))
            }
            Payload::Subscribed { news, user } | Payload::Unsubscribed { news, user } => {
                let channel = news.channel.brief();
                self.gave(user.id, pos, |scopes| {
                    scopes.open_channel(&channel.kind, channel.is_public)
                })
            }
            Payload::Related { relation, user, .. } => match relation {
                Relation::Follow => true,
                Relation::Mute | Relation::Block => self.gave(user.id, pos, any),
            },
            Payload::FileCreated { filed }
            | Payload::FileChanged { filed }
            | Payload::FileDeleted { filed } => self.gave(filed.owner.id, pos, |scopes| {
                scopes.open_file_type(&filed.file.file_type)
            }),
            Payload::UserChanged { user } => self.gave(user.id, pos, any),
            Payload::PostCreated { .. }
            | Payload::PostRevised { .. }
            | Payload::PostDeleted { .. }
            | Payload::Bookmarked { .. } => true,
            Payload::PollCreated { polled }
            | Payload::PollClosed { polled, .. }
            | Payload::PollDeleted { polled, .. } => self.gave(polled.creator.id, pos, |scopes| {
                scopes.open_poll(&polled.poll.kind)
            }),
            Payload::PollAnswered { polled, user } => {
                let users = [Some(polled.creator.id), user.as_ref().map(|user| user.id)];
                let mut users = users.into_iter().flatten();
                users.any(|user| self.gave(user, pos, |scopes| scopes.open_poll(&polled.poll.kind)))
            }
            Payload::TokenGranted { token, .. } | Payload::TokenRevoked { token, .. } => {
                token.user.is_some() && token.client.id == self.client
            }
            Payload::MarkerMoved {
                user,
                moved: Some(moved),
                ..
            } => self.gave(*user, pos, |scopes| match &moved.channel {
                Some(channel) => scopes.open_channel(&channel.kind, channel.is_public),
                None => scopes.has(Scope::Stream),
            }),
            // Presence is not in the log; the others are on no stream.
            Payload::UserPresence { .. }
            | Payload::ChannelPresence { .. }
            | Payload::AppStreamDeleted { .. }
            | Payload::ClientChanged { .. }
            | Payload::MarkerMoved { moved: None, .. }
            | Payload::PasswordChanged { .. }
            | Payload::UserDisabled { .. } => false,
        }
    }

    /// Whether a user authorizes the app now, for filters.
    pub fn is_authorized_by(&self, user: UserId) -> bool {
        let given = self.given.get(&user);
        !self.disabled.contains(&user) && given.is_some_and(|given| !given.is_empty())
    }

    /// Whether a user authorized the app for something: then, and now.
    fn gave(&self, user: UserId, pos: Pos, opens: impl Fn(&Scopes) -> bool) -> bool {
        let before = seeded(Seeded::AppSeesBefore);
        let given = self.given.get(&user).map_or(&[][..], Vec::as_slice);
        !self.disabled.contains(&user)
            && given
                .iter()
                .any(|(id, scopes)| (before || self.granted.at(*id, pos, true)) && opens(scopes))
    }

    /// From the smaller side: subscribers, or users with authorizations.
    fn sees_channel(&self, channel: &ChannelBrief, pos: Pos) -> bool {
        let Some(members) = self.channels.get(&channel.id) else {
            return false;
        };
        let of_then = seeded(Seeded::AppMembersOfThen);
        let then = match seeded(Seeded::AppMembersOfNow) {
            true => &members.now,
            false => &members.then,
        };
        let opens = |user: UserId| {
            (of_then || members.now.contains(user))
                && self.gave(user, pos, |scopes| {
                    scopes.open_channel(&channel.kind, channel.is_public)
                })
        };
        if then.len() <= self.given.len() {
            then.iter().any(opens)
        } else {
            let mut users = self.given.keys().copied();
            users.any(|user| then.contains(user) && opens(user))
        }
    }
}

fn channel_of(payload: &Payload) -> Option<ChannelBrief> {
    if let Some(written) = payload.message() {
        return Some(written.channel.clone());
    }
    if let Payload::ChannelCreated { news } | Payload::ChannelChanged { news } = payload {
        return Some(news.channel.brief());
    }
    None
}

/// Learns of the events up to the newest.
///
/// # Errors
/// The process stops.
pub async fn look_ahead(view: &mut AppView, log: &LogReader) -> Result<(), Failure> {
    let (from, until) = (view.reached(), log.ring().head());
    let note = |events: Vec<_>, reached| view.note(&events, reached);
    log.of_kinds(KINDS, Interest::All, (from, until), note)
        .await
}
