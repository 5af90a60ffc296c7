//! A channel that two processes change: two stores on one file, the actors of the first without a log to follow, so
//! that they stay as old as they are.

use std::sync::Arc;

use tempfile::TempDir;

use super::mail::ChannelChange;
use super::{change::ChangeLimits, write};
use crate::actors::arbiters::Arbiters;
use crate::actors::directory::Directory;
use crate::actors::{Engine, Shared};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::{
    Acl, AclChange, Channel, ChannelId, ClientBrief, Content, Failure, GroupChange, NewChannel,
    NewMessage, Raw, Refusal, Scopes, Stamp, Token, TokenId, User, UserCounts, UserId, UserKind,
    UserPrincipal,
};
use crate::protocol::site::Site;
use crate::store::{NewClient, NewUser, Store, StoreOptions};

pub(super) fn principal(user: i64) -> UserPrincipal {
    UserPrincipal {
        user: UserId(user),
        token: Arc::new(Token {
            id: TokenId(user),
            client: client(),
            user: Some(UserId(user)),
            scopes: Scopes::parse("messages").unwrap(),
        }),
    }
}

pub(super) fn channel(owner: i64, acl: Acl) -> Channel {
    Channel {
        id: ChannelId(1),
        kind: String::from("com.example.x"),
        owner: Some(UserId(owner)),
        created_at: Stamp(0),
        acl,
        raw: Raw::default(),
        is_active: true,
        messages: 0,
        subscribers: 0,
        sticky_messages: 0,
        recent_message_id: None,
        recent_deleted_message_id: None,
        activity: Stamp(0),
        revision: 0,
    }
}

pub(super) fn user() -> User {
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

fn client() -> ClientBrief {
    ClientBrief {
        id: "client-client-client-client-0001".into(),
        name: String::from("Demo"),
        url: String::from("https://demo.example"),
    }
}

const LIMITS: ChangeLimits = ChangeLimits {
    members: 100,
    raw_bytes: 8192,
    subscribe_listed: false,
};

/// One file, two processes; users 1 (who owns the room) to 4.
struct Two {
    engine: Engine,
    other: Store,
    room: Arc<Channel>,
    _directory: TempDir,
}

async fn two() -> Two {
    let directory = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        url: format!("sqlite://{}", directory.path().join("two.db").display()),
        ..StoreOptions::default()
    };
    let open = || Store::open(&options, Clock::default(), Arc::default()).unwrap();
    let (store, other) = (open(), open());
    let room = store.write(|tx| {
        tx.create_client(&NewClient {
            id: client().id,
            secret: None,
            name: client().name,
            url: client().url,
            redirect_uris: Vec::new(),
            owner: None,
            is_public: true,
            is_private: false,
            description: None,
        })?;
        for name in ["ada", "bob", "carol", "dora"] {
            tx.create_user(&NewUser {
                username: name.to_owned(),
                ..NewUser::default()
            })?;
        }
        let new = NewChannel {
            kind: String::from("com.example.x"),
            owner: Some(UserId(1)),
            acl: Acl::default(),
            raw: Raw::default(),
        };
        write::create(tx, new, UserId(1), false)
    });
    let room = room.await.unwrap();
    let metrics = Arc::default();
    let head = store.log_head().await.unwrap();
    let (shared, _ephemeral) = Shared::new(
        store,
        &Config::default(),
        Site::new("http://127.0.0.1"),
        Bus::default(),
        Directory::new(Arbiters::start(1), Arc::clone(&metrics)),
        metrics,
        &head,
    );
    Two {
        engine: Engine::new(Arc::new(shared)),
        other,
        room,
        _directory: directory,
    }
}

fn writers(users: &[i64]) -> ChannelChange {
    let users = users.iter().copied().map(UserId).collect();
    ChannelChange {
        acl: Some(AclChange {
            write: Some(GroupChange {
                users: Some(users),
                ..GroupChange::default()
            }),
            ..AclChange::default()
        }),
        ..ChannelChange::default()
    }
}

fn raw(kind: &str) -> ChannelChange {
    ChannelChange {
        raw: Some(serde_json::json!({kind: [{"set": true}]})),
        ..ChannelChange::default()
    }
}

fn said(user: i64) -> NewMessage {
    NewMessage {
        user_id: UserId(user),
        client: client(),
        content: Content {
            text: String::from("hello"),
            ..Content::default()
        },
        raw: Raw::default(),
        is_nsfw: false,
        reply_to: None,
        update_marker: false,
    }
}

impl Two {
    /// The other process changes the channel; it knows it as it was made.
    async fn change_there(&self, change: ChannelChange) -> Arc<Channel> {
        let room = self.room.clone();
        let changed = self
            .other
            .write(move |tx| write::change(tx, &room, &principal(1), &change, LIMITS));
        changed.await.unwrap()
    }

    async fn change_here(&self, change: ChannelChange) -> Result<Arc<Channel>, Failure> {
        self.engine
            .change_channel(&principal(1), self.room.id, change)
            .await
    }

    async fn post(&self, user: i64, new: NewMessage) -> Result<(), Option<Refusal>> {
        let posted = self
            .engine
            .post_message(&principal(user), self.room.id, new)
            .await;
        posted.map(drop).map_err(|failure| failure.refusal())
    }
}

#[actix_rt::test]
async fn neither_of_two_processes_loses_the_others_edits() {
    let two = two().await;
    two.change_here(writers(&[2])).await.unwrap();
    two.change_there(raw("com.example.a")).await;
    // Both know an older version now, and change another part of it.
    let here = two.change_here(raw("com.example.b")).await.unwrap();
    assert_eq!(here.acl.write, [UserId(2)]);
    assert_eq!(here.raw.0.len(), 2, "{:?}", here.raw);
    let there = two.change_there(writers(&[2, 3])).await;
    assert_eq!(there.raw.0.len(), 2);
    assert_eq!(there.revision, 4);
}

#[actix_rt::test]
async fn an_actor_with_an_old_acl_does_not_let_a_message_through() {
    let two = two().await;
    two.change_here(writers(&[2, 3])).await.unwrap();
    assert_eq!(two.post(2, said(2)).await, Ok(()));
    two.change_there(writers(&[3])).await;
    let refused = Err(Some(Refusal::NoAccess));
    assert_eq!(two.post(2, said(2)).await, refused, "as data");
    let with_marker = NewMessage {
        update_marker: true,
        ..said(2)
    };
    assert_eq!(two.post(2, with_marker).await, refused, "as a job");
    // Still allowed by the new version.
    assert_eq!(two.post(3, said(3)).await, Ok(()));
    let id = two.room.id;
    let room = two.other.read(move |db| db.channel(id)).await.unwrap();
    assert_eq!(room.unwrap().messages, 2);
}

#[actix_rt::test]
async fn an_old_owner_may_not_change_what_was_handed_over_elsewhere() {
    let two = two().await;
    two.change_here(raw("com.example.a")).await.unwrap();
    let room = two.room.clone();
    let handed = two
        .other
        .write(move |tx| write::hand_over(tx, &room, &principal(1), UserId(4)));
    assert_eq!(handed.await.unwrap().owner, Some(UserId(4)));
    let refused = two.engine.deactivate(&principal(1), two.room.id).await;
    assert_eq!(refused.unwrap_err().refusal(), Some(Refusal::NoAccess));
}
