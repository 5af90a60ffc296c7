//! Tests on real database files, each in a directory of its own.

mod accounts;
mod among;
mod authorizations;
mod calls;
mod channel_subscriptions;
mod channels;
mod clients;
mod content_claims;
mod cut_off;
mod damage;
mod explore;
mod hidden_at;
mod hooks;
mod index_formats;
mod interactions;
mod kept_subscriptions;
mod lane;
mod list_plans;
mod list_ways;
mod log;
mod messages;
mod nodes;
mod opening;
mod pictures;
mod plain;
mod plans;
mod polls;
mod post_index;
mod present;
mod reading;
mod search;
mod search_channel_index;
mod search_channels;
mod search_posts;
mod search_words;
mod server;
mod session_set;
mod sessions;
mod unread;

use std::sync::Arc;

use server::TestDatabase;
use tempfile::TempDir;

use super::{
    Answer, Failure, LogHead, NewClient, NewUser, Pending, PlainMessage, Store, StoreOptions, Tx,
};
use crate::clock::Clock;
use crate::event::{ChannelNews, Payload};
use crate::model::channel::{CHAT, CHAT_SETTINGS, NewChannel, PM};
use crate::model::message::NewMessage;
use crate::model::{
    Acl, Channel, ChannelId, Client, ClientBrief, ClientId, Content, Message, MessageId, Principal,
    Raw, Refusal, Scopes, Stamp, Token, TokenId, User, UserCounts, UserId, UserKind, UserPrincipal,
};

/// A user who reads with these scopes.
pub(super) fn reader(user: UserId, scopes: &str) -> Principal {
    Principal::User(principal(user, scopes))
}

/// The same, as a user.
pub(super) fn principal(user: UserId, scopes: &str) -> UserPrincipal {
    UserPrincipal {
        user,
        token: Arc::new(Token {
            id: TokenId(1),
            client: ClientBrief {
                id: CLIENT.into(),
                name: String::from("Demo"),
                url: String::from("https://demo.example"),
            },
            user: Some(user),
            scopes: Scopes::parse(scopes).unwrap(),
        }),
    }
}

/// A store of its own, with a client to write with.
pub(super) struct Place {
    directory: TempDir,
    database: Option<TestDatabase>,
    pub(super) store: Store,
    pub(super) clock: Clock,
}

pub(super) const CLIENT: &str = "client-client-client-client-0001";

impl Place {
    pub(super) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut StoreOptions)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = TestDatabase::of(&directory);
        let mut options = options_in(&directory);
        change(&mut options);
        Self::of(directory, database, &options).await
    }

    /// In a file, also where the tests use a server: for what only SQLite has.
    pub(super) async fn in_file() -> Self {
        Self::in_file_with(|_| ()).await
    }

    pub(super) async fn in_file_with(change: impl FnOnce(&mut StoreOptions)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut options = options_of_file(&directory);
        change(&mut options);
        Self::of(directory, None, &options).await
    }

    async fn of(
        directory: TempDir,
        database: Option<TestDatabase>,
        options: &StoreOptions,
    ) -> Self {
        let clock = Clock::default();
        let store = Store::open(options, clock.clone(), Arc::default()).unwrap();
        let place = Self {
            directory,
            database,
            store,
            clock,
        };
        place.client(CLIENT).await;
        place
    }

    /// Another handle on the same database, as another process would have it.
    pub(super) fn another(&self) -> Store {
        self.opened_again().unwrap()
    }

    pub(super) fn opened_again(&self) -> Result<Store, Failure> {
        Store::open(&self.options(), self.clock.clone(), Arc::default())
    }

    /// The same on a thread of its own: it may have to wait.
    pub(super) fn opens_again_meanwhile(&self) -> std::thread::JoinHandle<Result<Store, Failure>> {
        let (options, clock) = (self.options(), self.clock.clone());
        std::thread::spawn(move || Store::open(&options, clock, Arc::default()))
    }

    fn options(&self) -> StoreOptions {
        match &self.database {
            Some(_) => options_in(&self.directory),
            None => options_of_file(&self.directory),
        }
    }

    /// The database file.
    pub(super) fn file(&self) -> std::path::PathBuf {
        self.directory.path().join("made/test.db")
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> T {
        self.store.write(job).await.unwrap()
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut super::Db<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> T {
        self.store.read(job).await.unwrap()
    }

    pub(super) async fn head(&self) -> LogHead {
        head_of(&self.store).await
    }

    pub(super) async fn client(&self, id: &'static str) -> Client {
        let new = NewClient {
            id: id.into(),
            secret: Some(String::from("secret")),
            name: String::from("Demo"),
            url: String::from("https://demo.example"),
            redirect_uris: vec![String::from("https://demo.example/back")],
            owner: None,
            is_public: false,
            is_private: false,
            description: None,
        };
        self.write(move |tx| tx.create_client(&new)).await
    }

    pub(super) async fn user(&self, name: &str) -> User {
        let name = name.to_owned();
        self.write(move |tx| tx.create_user(&named(&name))).await
    }

    /// A chat room that everybody may read and write.
    pub(super) async fn room(&self, owner: UserId) -> Channel {
        let new = room(owner, "Lounge");
        self.write(move |tx| tx.create_channel(new)).await
    }

    pub(super) async fn pm(&self, users: &[UserId]) -> Channel {
        let new = pm(users);
        self.write(move |tx| tx.create_channel(new)).await
    }

    pub(super) async fn say(&self, channel: ChannelId, user: UserId, text: &str) -> Message {
        let new = said(user, text);
        self.write(move |tx| tx.insert_message(channel, new)).await
    }

    /// A plain message, on its way.
    pub(super) fn post(&self, channel: &Channel, author: &User, text: &str) -> Pending<Message> {
        post_to(&self.store, channel, author, text)
    }

    pub(super) async fn delete(&self, message: MessageId, by: UserId) -> Message {
        self.write(move |tx| tx.delete_message(message, by)).await
    }

    pub(super) async fn channel(&self, id: ChannelId) -> Channel {
        self.read(move |db| db.channel(id)).await.unwrap()
    }
}

/// Allowed on any version of the channel on which everybody may write.
pub(super) fn post_to(
    store: &Store,
    channel: &Channel,
    author: &User,
    text: &str,
) -> Pending<Message> {
    let (answer, pending) = Answer::new();
    let message = PlainMessage {
        channel: channel.brief(),
        revision: channel.revision,
        author: Arc::new(author.clone()),
        new: said(author.id, text),
        allow: Box::new(|channel| match channel.acl.write_any_user {
            true => Ok(()),
            false => Err(Refusal::NoAccess.into()),
        }),
    };
    store.post(message, answer);
    pending
}

pub(super) async fn head_of(store: &Store) -> LogHead {
    let head = store.read(|db| {
        let head = db.log_head()?;
        Ok(head)
    });
    head.await.unwrap()
}

fn options_in(directory: &TempDir) -> StoreOptions {
    let file = options_of_file(directory);
    match server::url_of(directory) {
        Some(url) => StoreOptions { url, ..file },
        None => file,
    }
}

fn options_of_file(directory: &TempDir) -> StoreOptions {
    StoreOptions {
        url: format!("sqlite://{}/made/test.db", directory.path().display()),
        read_connections: 2,
        // Two stores of one test write to one file, on a machine that may be busy.
        lane_patience: std::time::Duration::from_secs(10),
        // Tests move the clock.
        clock_apart: std::time::Duration::MAX,
        ..StoreOptions::default()
    }
}

pub(super) fn named(name: &str) -> NewUser {
    NewUser {
        username: name.to_owned(),
        password_hash: Some(format!("hash of {name}")),
        email: Some(format!("{name}@Example.org")),
        ..NewUser::default()
    }
}

pub(super) fn raw(kind: &str, item: serde_json::Value) -> Raw {
    let list = serde_json::Value::Array(vec![item]);
    Raw(serde_json::Map::from_iter([(kind.to_owned(), list)]))
}

pub(super) fn room(owner: UserId, name: &str) -> NewChannel {
    let acl = Acl {
        write_any_user: true,
        read_any_user: true,
        read_public: true,
        ..Acl::default()
    };
    NewChannel {
        kind: CHAT.to_owned(),
        owner: Some(owner),
        acl,
        raw: raw(
            CHAT_SETTINGS,
            serde_json::json!({"name": name, "categories": ["tech"]}),
        ),
    }
}

pub(super) fn pm(users: &[UserId]) -> NewChannel {
    let acl = Acl {
        full_immutable: true,
        write: users.to_vec(),
        write_immutable: true,
        read_immutable: true,
        ..Acl::default()
    };
    NewChannel {
        kind: PM.to_owned(),
        owner: None,
        acl,
        raw: Raw::default(),
    }
}

pub(super) fn said(user: UserId, text: &str) -> NewMessage {
    NewMessage {
        user_id: user,
        client: ClientBrief {
            id: ClientId::from(CLIENT),
            name: String::from("Demo"),
            url: String::from("https://demo.example"),
        },
        content: Content {
            text: text.to_owned(),
            html: format!("<span>{text}</span>"),
            entities: crate::model::Entities::default(),
        },
        raw: Raw::default(),
        is_nsfw: false,
        reply_to: None,
        update_marker: false,
    }
}

/// Something to announce.
pub(super) fn news(channel: &Channel) -> Payload {
    Payload::ChannelCreated {
        news: Box::new(ChannelNews {
            channel: Arc::new(channel.clone()),
            owner: None,
            recent: None,
            recent_deleted: None,
        }),
    }
}

/// A user that stands in no table.
pub(in super::super) fn ada() -> User {
    User {
        id: UserId(1),
        username: String::from("ada"),
        name: None,
        kind: UserKind::Human,
        locale: String::from("en_US"),
        timezone: String::from("UTC"),
        created_at: Stamp(0),
        content: None,
        markdown_text: None,
        avatar: None,
        cover: None,
        badge: None,
        verified: None,
        raw: Raw::default(),
        counts: UserCounts::default(),
    }
}
