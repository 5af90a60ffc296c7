//! Things for the tests of this folder.

use crate::model::user::UserCounts;
use crate::model::{
    Acl, Channel, ChannelId, ClientBrief, Content, ContentHash, DerivedFile, File, FileContents,
    FileId, FileKind, ImageInfo, Message, MessageId, Post, PostCounts, PostId, Raw, Stamp, User,
    UserId, UserKind,
};
use crate::protocol::site::Site;

/// 2024-05-01T08:00:00Z
const MADE_AT: Stamp = Stamp(1_714_550_400_000_000);

pub(in crate::protocol) fn site() -> Site {
    Site::new("https://chat.example")
}

pub(super) fn client() -> ClientBrief {
    ClientBrief {
        id: "cl1".into(),
        name: String::from("Web"),
        url: String::from("https://x.example"),
    }
}

pub(super) fn file(id: i64, user: i64) -> File {
    let contents = |byte: u8, size, width, height| FileContents {
        hash: ContentHash::of(&[byte; 32]),
        size,
        mime_type: String::from("image/png"),
        image: Some(ImageInfo { width, height }),
        media: None,
    };
    File {
        id: FileId(id),
        user_id: UserId(user),
        client: client(),
        file_type: String::from("com.example.photo"),
        kind: FileKind::Image,
        name: String::from("a.png"),
        is_public: false,
        created_at: MADE_AT,
        deleted_at: None,
        contents: Some(contents(1, 5, 4, 2)),
        derived: vec![DerivedFile {
            key: String::from("core_image_200s"),
            name: String::from("a_200s.png"),
            contents: contents(2, 7, 200, 200),
        }],
        raw: Raw::default(),
    }
}

pub(super) fn content(text: &str) -> Content {
    Content {
        text: text.to_owned(),
        html: format!("<p>{text}</p>"),
        ..Content::default()
    }
}

pub(super) fn user(id: i64, username: &str) -> User {
    User {
        id: UserId(id),
        username: username.to_owned(),
        name: None,
        kind: UserKind::Human,
        locale: String::from("en_US"),
        timezone: String::from("Europe/Paris"),
        created_at: MADE_AT,
        content: None,
        markdown_text: None,
        avatar: None,
        cover: None,
        badge: None,
        verified: None,
        raw: Raw::default(),
        counts: UserCounts {
            clients: 1,
            followers: 3,
            following: 2,
            ..UserCounts::default()
        },
    }
}

pub(super) fn message(id: i64, channel: i64, author: i64, text: &str) -> Message {
    Message {
        id: MessageId(id),
        channel_id: ChannelId(channel),
        user_id: UserId(author),
        client: client(),
        thread_id: MessageId(id),
        reply_to: None,
        created_at: MADE_AT,
        content: content(text),
        raw: Raw::default(),
        is_nsfw: false,
        deletion: None,
        sticky: None,
        replies: 0,
    }
}

pub(super) fn post(id: i64, author: i64, text: &str) -> Post {
    Post {
        id: PostId(id),
        user_id: UserId(author),
        client: client(),
        thread_id: PostId(id),
        reply_to: None,
        repost_of: None,
        created_at: MADE_AT,
        content: content(text),
        raw: Raw::default(),
        is_nsfw: false,
        revision: 0,
        deleted_at: None,
        counts: PostCounts::default(),
    }
}

pub(super) fn channel(id: i64, owner: i64) -> Channel {
    Channel {
        id: ChannelId(id),
        kind: String::from("io.pnut.core.chat"),
        owner: Some(UserId(owner)),
        created_at: MADE_AT,
        acl: Acl {
            full: vec![UserId(12)],
            write_any_user: true,
            read_any_user: true,
            read_public: true,
            ..Acl::default()
        },
        raw: Raw::default(),
        is_active: true,
        messages: 40,
        subscribers: 3,
        sticky_messages: 0,
        recent_message_id: Some(MessageId(9001)),
        recent_deleted_message_id: None,
        activity: MADE_AT,
        revision: 0,
    }
}
