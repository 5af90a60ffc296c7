//! One event of each kind, for tests.

use std::sync::Arc;

use super::{ChannelNews, Filed, Moved, Payload, Polled, Posted, Written};
use crate::model::content::Mention;
use crate::model::{
    Acl, Channel, ChannelId, ClientBrief, ClientId, Content, File, FileId, FileKind, Marker,
    MarkerName, Message, MessageId, Post, PostCounts, PostId, Presence, Raw, Relation, Scopes,
    Stamp, Token, TokenId, User, UserCounts, UserId, UserKind,
};

pub(crate) const ROOM: ChannelId = ChannelId(42);
pub(crate) const ADA: UserId = UserId(1);
pub(crate) const BOB: UserId = UserId(2);

pub(crate) fn user(id: UserId) -> Arc<User> {
    Arc::new(User {
        id,
        username: format!("user{id}"),
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
    })
}

pub(crate) fn client() -> ClientBrief {
    ClientBrief {
        id: ClientId::from("app"),
        name: String::from("App"),
        url: String::from("https://app.example"),
    }
}

/// A public room owned by [`ADA`].
pub(crate) fn channel(id: ChannelId) -> Channel {
    Channel {
        id,
        kind: String::from("com.example.room"),
        owner: Some(ADA),
        created_at: Stamp(0),
        acl: Acl {
            read_any_user: true,
            read_public: true,
            ..Acl::default()
        },
        raw: Raw::default(),
        is_active: true,
        messages: 1,
        subscribers: 1,
        sticky_messages: 0,
        recent_message_id: None,
        recent_deleted_message_id: None,
        activity: Stamp(0),
        revision: 0,
    }
}

/// A message by an author in a channel.
pub(crate) fn message(channel_id: ChannelId, author: UserId) -> Payload {
    Payload::MessageCreated {
        written: written(channel_id, author),
        read_by_author: false,
    }
}

fn written(channel_id: ChannelId, author: UserId) -> Box<Written> {
    Box::new(Written {
        message: Message {
            id: MessageId(7),
            channel_id,
            user_id: author,
            client: client(),
            thread_id: MessageId(7),
            reply_to: None,
            created_at: Stamp(0),
            content: Content::default(),
            raw: Raw::default(),
            is_nsfw: false,
            deletion: None,
            sticky: None,
            replies: 0,
        },
        author: user(author),
        channel: channel(channel_id).brief(),
    })
}

/// A text that begins with these users.
pub(crate) fn mentioning(users: &[UserId]) -> Content {
    let mention = |user: &UserId| Mention {
        id: *user,
        is_copy: false,
        is_leading: true,
        len: 6,
        pos: 0,
        text: format!("user{user}"),
    };
    let mut content = Content::default();
    content.entities.mentions = users.iter().map(mention).collect();
    content
}

/// A post that begins with a mention of [`BOB`].
pub(crate) fn posted(author: UserId) -> Box<Posted> {
    Box::new(Posted {
        post: Post {
            id: PostId(70),
            user_id: author,
            client: client(),
            thread_id: PostId(70),
            reply_to: None,
            repost_of: None,
            created_at: Stamp(0),
            content: mentioning(&[BOB]),
            raw: Raw::default(),
            is_nsfw: false,
            revision: 0,
            deleted_at: None,
            counts: PostCounts::default(),
        },
        author: user(author),
        original: None,
        answered: None,
        heard_from: Vec::new(),
    })
}

pub(crate) fn news(id: ChannelId) -> Box<ChannelNews> {
    Box::new(ChannelNews {
        channel: Arc::new(channel(id)),
        owner: Some(user(ADA)),
        recent: None,
        recent_deleted: None,
    })
}

/// A token of [`client`].
pub(crate) fn token(id: i64, user: Option<UserId>, scopes: &str) -> Token {
    Token {
        id: TokenId(id),
        client: client(),
        user,
        scopes: Scopes::parse(scopes).unwrap(),
    }
}

pub(crate) fn related(relation: Relation, user_id: UserId, other: UserId, undone: bool) -> Payload {
    Payload::Related {
        relation,
        user: user(user_id),
        other: user(other),
        undone,
    }
}

fn presence() -> Presence {
    Presence {
        user_id: ADA,
        text: Some(String::from("here")),
        last_seen_at: None,
    }
}

fn client_changed() -> Payload {
    Payload::ClientChanged {
        client: client(),
        owner: Some(ADA),
    }
}

fn marker_moved() -> Payload {
    Payload::MarkerMoved {
        user: ADA,
        name: MarkerName::Channel(ROOM),
        marker: Marker {
            id: 7,
            last_read_id: 7,
            percentage: 0,
            updated_at: Stamp(0),
        },
        moved: Some(Box::new(Moved {
            reader: user(ADA),
            channel: Some(channel(ROOM).brief()),
        })),
    }
}

/// One of each kind. A test compares them with the table of kinds.
pub(crate) fn one_of_each() -> Vec<Payload> {
    let mut kinds = vec![
        message(ROOM, ADA),
        Payload::MessageDeleted {
            written: written(ROOM, ADA),
        },
        Payload::ChannelCreated { news: news(ROOM) },
        Payload::ChannelChanged { news: news(ROOM) },
        Payload::Subscribed {
            news: news(ROOM).into(),
            user: user(ADA),
        },
        Payload::Unsubscribed {
            news: news(ROOM).into(),
            user: user(ADA),
        },
        related(Relation::Follow, ADA, BOB, false),
        Payload::UserChanged { user: user(ADA) },
        Payload::TokenGranted {
            token: token(1, Some(ADA), "messages"),
            user: Some(user(ADA)),
        },
        Payload::TokenRevoked {
            token: token(1, Some(ADA), "messages"),
            user: Some(user(ADA)),
            was_last: true,
        },
        Payload::UserPresence {
            user: user(ADA),
            presence: presence(),
        },
        Payload::ChannelPresence {
            user: user(ADA),
            channel: channel(ROOM).brief(),
            presence: presence(),
        },
        Payload::AppStreamDeleted {
            client: client().id,
            key: "rooms".into(),
        },
        client_changed(),
        marker_moved(),
        Payload::PasswordChanged { user: ADA },
        Payload::UserDisabled {
            user: ADA,
            undone: false,
        },
    ];
    kinds.extend(of_posts());
    kinds.extend(of_polls());
    kinds.extend(of_files());
    kinds
}

pub(crate) fn filed(owner: UserId) -> Box<Filed> {
    Box::new(Filed {
        file: File {
            id: FileId(80),
            user_id: owner,
            client: client(),
            file_type: String::from("com.example.file"),
            kind: FileKind::Other,
            name: String::from("notes.txt"),
            is_public: false,
            created_at: Stamp(0),
            deleted_at: None,
            contents: None,
            derived: Vec::new(),
            raw: Raw::default(),
        },
        owner: user(owner),
    })
}

fn of_files() -> Vec<Payload> {
    vec![
        Payload::FileCreated { filed: filed(ADA) },
        Payload::FileChanged { filed: filed(ADA) },
        Payload::FileDeleted { filed: filed(ADA) },
    ]
}

fn of_posts() -> Vec<Payload> {
    vec![
        Payload::PostCreated {
            posted: posted(ADA),
        },
        Payload::PostRevised {
            posted: posted(ADA),
        },
        Payload::PostDeleted {
            posted: posted(ADA),
        },
        Payload::Bookmarked {
            user: user(ADA),
            posted: posted(BOB),
            undone: false,
        },
    ]
}

/// A poll of [`ADA`].
pub(crate) fn polled() -> Box<Polled> {
    Box::new(Polled {
        poll: crate::model::poll::sample(),
        creator: user(ADA),
    })
}

fn of_polls() -> Vec<Payload> {
    vec![
        Payload::PollCreated { polled: polled() },
        Payload::PollAnswered {
            polled: polled(),
            user: Some(user(BOB)),
        },
        Payload::PollClosed {
            polled: polled(),
            concerned: vec![ADA, BOB],
        },
        Payload::PollDeleted {
            polled: polled(),
            concerned: vec![ADA],
        },
    ]
}
