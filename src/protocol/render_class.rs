//! The display parameters on a websocket's URL.
//!
//! Objects on streams are not personal, except for what is kept from a receiver (`event/embedded.rs`), so connections with the same parameters share their bytes. Each
//! distinct [`RenderClass`] is one rendering of an event; bits that make no difference to it are masked away.

use std::collections::BTreeMap;

use super::compression::Coding;
use super::query::Query;
use super::render_options::RenderOptions;
use crate::event::{Part, Payload};
use crate::model::ObjectType;

/// A set of display parameters. Cheap to copy and to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenderClass(u32);

impl RenderClass {
    /// `content.html` everywhere (on by default).
    pub const HTML: Self = Self(1);
    /// `raw` on messages.
    pub const MESSAGE_RAW: Self = Self(1 << 1);
    /// `raw` on users.
    pub const USER_RAW: Self = Self(1 << 2);
    /// `raw` on channels.
    pub const CHANNEL_RAW: Self = Self(1 << 3);
    /// `recent_message` in channels.
    pub const RECENT_MESSAGE: Self = Self(1 << 4);
    /// `meta.timing`.
    pub const TIMING: Self = Self(1 << 5);

    /// A channel without its owner's profile: kept from this receiver, as the next two are. No parameter asks for it.
    const WITHOUT_OWNER: Self = Self(1 << 6);
    /// A channel without its newest message.
    const WITHOUT_RECENT: Self = Self(1 << 7);
    /// A channel without its newest deleted message.
    const WITHOUT_RECENT_DELETED: Self = Self(1 << 8);
    /// `raw` on posts.
    pub const POST_RAW: Self = Self(1 << 9);
    /// `raw` on files.
    pub const FILE_RAW: Self = Self(1 << 10);
    /// `meta.cursor`.
    pub const CURSOR: Self = Self(1 << 24);
    /// Compressed: no display parameter, but bytes of its own like the others.
    const ZSTD: Self = Self(1 << 25);
    /// `raw` on polls.
    pub const POLL_RAW: Self = Self(1 << 16);
    /// `annotations` on users, posts, polls, messages, channels: raw as a list.
    const USER_ANNOTATIONS: Self = Self(1 << 17);
    const POST_ANNOTATIONS: Self = Self(1 << 18);
    const POLL_ANNOTATIONS: Self = Self(1 << 19);
    const MESSAGE_ANNOTATIONS: Self = Self(1 << 20);
    const CHANNEL_ANNOTATIONS: Self = Self(1 << 21);
    /// Samples of users with posts.
    const BOOKMARKED_BY: Self = Self(1 << 22);
    const REPOSTED_BY: Self = Self(1 << 23);

    /// Reads the parameters of a websocket's URL.
    pub fn from_query(query: &Query) -> Self {
        let mut class = Self::raw_from_query(query);
        if query.flag("include_html", true) {
            class = class.with(Self::HTML);
        }
        if query.flag("include_recent_message", false) {
            class = class.with(Self::RECENT_MESSAGE);
        }
        if query.flag("include_timing", false) {
            class = class.with(Self::TIMING);
        }
        if query.flag("include_bookmarked_by", false) {
            class = class.with(Self::BOOKMARKED_BY);
        }
        if query.flag("include_reposted_by", false) {
            class = class.with(Self::REPOSTED_BY);
        }
        if query.flag("include_cursor", false) {
            class = class.with(Self::CURSOR);
        }
        // Another compression was refused.
        match Coding::from_query(query) {
            Ok(Coding::Zstd) => class.with(Self::ZSTD),
            Ok(Coding::Text) | Err(_) => class,
        }
    }

    /// How its frames are written.
    pub fn coding(self) -> Coding {
        match self.has(Self::ZSTD) {
            true => Coding::Zstd,
            false => Coding::Text,
        }
    }

    /// Whether posts are shown with samples of users: what is kept from a receiver is left out of them, so such a receiver
    /// shares no bytes with others by the fast path.
    pub fn has_samples(self) -> bool {
        self.has(Self::BOOKMARKED_BY) || self.has(Self::REPOSTED_BY)
    }

    /// The class without them: samples are those of the moment at which an event is sent, so replayed events have none.
    pub fn without_samples(self) -> Self {
        Self(self.0 & !(Self::BOOKMARKED_BY.0 | Self::REPOSTED_BY.0))
    }

    /// The class without a coding: for what is not a connection.
    #[must_use]
    pub fn as_text(self) -> Self {
        Self(self.0 & !Self::ZSTD.0)
    }

    /// What matters to an event of any type.
    fn of_any() -> Self {
        Self::TIMING.with(Self::CURSOR).with(Self::ZSTD)
    }

    /// Only the `include_…raw` and `include_…annotations` parameters, which a subscribing request takes too.
    pub fn raw_from_query(query: &Query) -> Self {
        let raw = switched(query, "include_raw", &RAW);
        raw.with(switched(query, "include_annotations", &ANNOTATIONS))
    }

    /// The parameters that differ from their default, as they are written in an address.
    pub fn parameters(self) -> BTreeMap<&'static str, String> {
        let others = [
            ("include_recent_message", Self::RECENT_MESSAGE),
            ("include_timing", Self::TIMING),
            ("include_cursor", Self::CURSOR),
            ("include_bookmarked_by", Self::BOOKMARKED_BY),
            ("include_reposted_by", Self::REPOSTED_BY),
        ];
        let switches = others.iter().chain(&RAW).chain(&ANNOTATIONS);
        let on = switches.filter(|(_, switch)| self.has(*switch));
        let mut parameters: BTreeMap<_, _> = on.map(|(name, _)| (*name, "1".to_owned())).collect();
        if !self.has(Self::HTML) {
            parameters.insert("include_html", "0".to_owned());
        }
        if self.has(Self::ZSTD) {
            parameters.insert("compress", "zstd".to_owned());
        }
        parameters
    }

    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is on.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Without a part that is kept from the receiver.
    #[must_use]
    pub fn without(self, part: Part) -> Self {
        self.with(Self::withholding(part))
    }

    /// Whether a part is shown.
    pub fn shows(self, part: Part) -> bool {
        !self.has(Self::withholding(part))
    }

    fn withholding(part: Part) -> Self {
        match part {
            Part::Owner => Self::WITHOUT_OWNER,
            Part::Recent => Self::WITHOUT_RECENT,
            Part::RecentDeleted => Self::WITHOUT_RECENT_DELETED,
        }
    }

    /// Nothing is on.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Without the bits that make no difference to this event.
    #[must_use]
    pub fn for_payload(self, payload: &Payload) -> Self {
        let matters = match payload.facts().object_type {
            Some(ObjectType::Message) => Self::message(),
            Some(ObjectType::Channel | ObjectType::ChannelSubscription) => self.channel(),
            Some(
                ObjectType::Follow
                | ObjectType::Mute
                | ObjectType::Block
                | ObjectType::User
                | ObjectType::Token
                | ObjectType::StreamMarker,
            ) => Self::user(),
            Some(ObjectType::Post | ObjectType::Bookmark) => Self::post(),
            Some(ObjectType::File) => Self::HTML.with(Self::FILE_RAW).with(Self::USER_RAW),
            Some(ObjectType::Poll) => Self::user()
                .with(Self::POLL_RAW)
                .with(Self::POLL_ANNOTATIONS),
            Some(ObjectType::UserPresence | ObjectType::UserChannelPresence) | None => Self(0),
        };
        Self(self.0 & matters.with(Self::of_any()).0)
    }

    /// Without the bits that make no difference to messages: the class by which a room's listeners are grouped.
    #[must_use]
    pub fn for_messages(self) -> Self {
        Self(self.0 & Self::message().with(Self::of_any()).0)
    }

    /// Without the bits that make no difference to posts.
    #[must_use]
    pub fn for_posts(self) -> Self {
        Self(self.0 & Self::post().with(Self::of_any()).0)
    }

    /// Newest messages that are not shown make no difference either.
    fn channel(self) -> Self {
        let newest = Self::WITHOUT_RECENT.with(Self::WITHOUT_RECENT_DELETED);
        let samples = Self::BOOKMARKED_BY.with(Self::REPOSTED_BY);
        if self.has(Self::RECENT_MESSAGE) {
            Self(!samples.0)
        } else {
            Self(!newest.with(samples).0)
        }
    }

    fn post() -> Self {
        Self::user()
            .with(Self::POST_RAW)
            .with(Self::POST_ANNOTATIONS)
            .with(Self::BOOKMARKED_BY)
            .with(Self::REPOSTED_BY)
    }

    fn message() -> Self {
        Self::user()
            .with(Self::MESSAGE_RAW)
            .with(Self::MESSAGE_ANNOTATIONS)
    }

    /// What matters to a user in any object.
    fn user() -> Self {
        Self::HTML.with(Self::USER_RAW).with(Self::USER_ANNOTATIONS)
    }

    /// The render options of objects in this class.
    pub fn options(self) -> RenderOptions {
        RenderOptions {
            post_html: self.has(Self::HTML),
            post_raw: self.has(Self::POST_RAW),
            file_raw: self.has(Self::FILE_RAW),
            poll_raw: self.has(Self::POLL_RAW),
            user_html: self.has(Self::HTML),
            message_html: self.has(Self::HTML),
            channel_html: self.has(Self::HTML),
            user_raw: self.has(Self::USER_RAW),
            message_raw: self.has(Self::MESSAGE_RAW),
            channel_raw: self.has(Self::CHANNEL_RAW),
            user_annotations: self.has(Self::USER_ANNOTATIONS),
            post_annotations: self.has(Self::POST_ANNOTATIONS),
            poll_annotations: self.has(Self::POLL_ANNOTATIONS),
            message_annotations: self.has(Self::MESSAGE_ANNOTATIONS),
            channel_annotations: self.has(Self::CHANNEL_ANNOTATIONS),
            recent_message: self.has(Self::RECENT_MESSAGE),
            bookmarked_by: self.has(Self::BOOKMARKED_BY),
            reposted_by: self.has(Self::REPOSTED_BY),
            ..RenderOptions::default()
        }
    }
}

const RAW: [(&str, RenderClass); 6] = [
    ("include_post_raw", RenderClass::POST_RAW),
    ("include_poll_raw", RenderClass::POLL_RAW),
    ("include_message_raw", RenderClass::MESSAGE_RAW),
    ("include_user_raw", RenderClass::USER_RAW),
    ("include_file_raw", RenderClass::FILE_RAW),
    ("include_channel_raw", RenderClass::CHANNEL_RAW),
];

const ANNOTATIONS: [(&str, RenderClass); 5] = [
    ("include_user_annotations", RenderClass::USER_ANNOTATIONS),
    ("include_post_annotations", RenderClass::POST_ANNOTATIONS),
    ("include_poll_annotations", RenderClass::POLL_ANNOTATIONS),
    (
        "include_message_annotations",
        RenderClass::MESSAGE_ANNOTATIONS,
    ),
    (
        "include_channel_annotations",
        RenderClass::CHANNEL_ANNOTATIONS,
    ),
];

/// The switches that are on, one by one or all at once.
fn switched(query: &Query, all: &str, switches: &[(&str, RenderClass)]) -> RenderClass {
    let all = query.flag(all, false);
    let on = switches
        .iter()
        .filter(|(name, _)| all || query.flag(name, false));
    on.fold(RenderClass(0), |class, (_, switch)| class.with(*switch))
}
