//! Search in channels, messages, posts and users.
//!
//! The database narrows by words, places and times; what looks into JSON is checked here, on the way to a page.

mod changes;
mod channel_index;
mod channels;
mod entry;
mod indexing;
mod judge;
mod marks;
mod messages;
mod people;
mod period;
mod post_index;
mod post_question;
mod posts;
mod ranking;
mod user_words;
mod wanted;
mod words;

pub(super) use changes::apply as apply_changes;
pub(super) use channel_index::ChannelWords;
pub(super) use indexing::{Indexed, Indexing, renew};
pub(super) use judge::{has_raw_type, names_object};
pub use people::UserSearch;
pub(super) use period::first_since;
pub(super) use post_index::PostWords;
pub use post_question::PostSearch;
pub(super) use user_words::{UserWords, renew_users};
pub(super) use words::forget_words;

use crate::model::visibility::ListedFor;
use crate::model::{ChannelId, ClientId, MessageId, Stamp, UserId, UserKind};

/// How found channels are ordered. Pagination ids follow the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Newest message first.
    #[default]
    Activity,
    /// Newest channel first.
    Id,
    /// Most messages first.
    Popularity,
}

/// Which channels are looked for; empty lists and `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct ChannelSearch {
    /// Words in name and description of chat rooms, or how they begin; all must be there.
    pub q: Option<String>,
    /// Of what is found.
    pub order: ChannelOrder,
    /// Of chat rooms; any of these.
    pub categories: Vec<String>,
    /// Only these types.
    pub kinds: Vec<String>,
    /// Not these types; ignored if `kinds` says something.
    pub exclude_kinds: Vec<String>,
    /// Whose.
    pub owner: Option<UserId>,
    /// Readable without an account (`acl.read.public`), or not.
    pub is_public: Option<bool>,
    /// With a raw item of any of these types.
    pub raw_types: Vec<String>,
    /// With this file attached.
    pub file_id: Option<String>,
    /// Created later than this.
    pub created_after: Option<Stamp>,
    /// Created earlier than this.
    pub created_before: Option<Stamp>,
    /// Deactivated ones, too.
    pub include_inactive: bool,
    /// Not what this user is subscribed to.
    pub unsubscribed_by: Option<UserId>,
    /// Only what has something unread for this user.
    pub unread_by: Option<UserId>,
}

/// Which messages are looked for; empty lists and `None` do not narrow. Deleted ones are never found.
#[derive(Clone, Debug, Default)]
pub struct MessageSearch {
    /// In which channels; that the viewer may read them is the caller's to check. Empty: nothing is found.
    pub channels: Vec<ChannelId>,
    /// Words; all must be there.
    pub q: Option<String>,
    /// Best first rather than newest first; only with `q`.
    pub by_relevance: bool,
    /// Written with this app.
    pub client: Option<ClientId>,
    /// By this author.
    pub creator: Option<UserId>,
    /// By authors of these kinds.
    pub user_kinds: Vec<UserKind>,
    /// Written later than this.
    pub created_after: Option<Stamp>,
    /// Written earlier than this.
    pub created_before: Option<Stamp>,
    /// Answers to this message.
    pub reply_to: Option<MessageId>,
    /// Of this thread.
    pub thread: Option<MessageId>,
    /// Answers only, or none.
    pub is_reply: Option<bool>,
    /// `false`: none that are not safe for work.
    pub is_nsfw: Option<bool>,
    /// `true`: sticky ones only.
    pub is_sticky: Option<bool>,
    /// With any of these tags, without `#`.
    pub tags: Vec<String>,
    /// Mentions any of these: ids, or names without `@`.
    pub mentions: Vec<String>,
    /// Begins by mentioning any of these.
    pub leading_mentions: Vec<String>,
    /// Links to any of these.
    pub urls: Vec<String>,
    /// Links to any of these hosts, without `www.`.
    pub url_domains: Vec<String>,
    /// With a raw item of any of these types.
    pub raw_types: Vec<String>,
    /// With this file attached.
    pub file_id: Option<String>,
    /// With a file of any of these kinds (video, audio, image, other).
    pub file_kinds: Vec<String>,
    /// With this poll attached.
    pub poll_id: Option<String>,
    /// Nothing by authors hidden from its viewer.
    pub listed_for: ListedFor,
}
