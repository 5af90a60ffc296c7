//! A post, or a repost of one.

use serde::{Deserialize, Serialize};

use super::{ClientBrief, Content, PostId, Raw, Stamp, UserId};

/// Numbers on a post object. A repost shows those of its original.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = PostCounts)]
pub struct PostCounts {
    /// Users that bookmarked it.
    pub bookmarks: i64,
    /// Direct replies, deleted ones too.
    pub replies: i64,
    /// Reposts.
    pub reposts: i64,
    /// Threads that began at it or at a direct reply: how many of these posts were answered.
    pub threads: i64,
}

/// A post. Its words can be revised once, its raw never changes; deletion takes both away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Assigned by the store.
    pub id: PostId,
    /// Author.
    pub user_id: UserId,
    /// The app it was written with.
    pub client: ClientBrief,
    /// Id of the thread's root; its own id on a root and on a repost.
    pub thread_id: PostId,
    /// The post that it answers.
    pub reply_to: Option<PostId>,
    /// The post that it reposts; then it has no content of its own.
    pub repost_of: Option<PostId>,
    /// When it was written.
    pub created_at: Stamp,
    /// Empty on a repost, and after deletion.
    pub content: Content,
    /// Immutable.
    pub raw: Raw,
    /// Not safe for work.
    pub is_nsfw: bool,
    /// Which version of the words this is, or which one a repost shows; 0 is the first.
    pub revision: i32,
    /// Set on a deleted post.
    pub deleted_at: Option<Stamp>,
    /// Numbers.
    pub counts: PostCounts,
}

impl Post {
    /// Whether it was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// A checked post that has no id yet.
#[derive(Clone, Debug)]
pub struct NewPost {
    /// Author.
    pub user_id: UserId,
    /// The app it is written with.
    pub client: ClientBrief,
    /// Composed; `{object_id}` in its links is replaced once the id is known.
    pub content: Content,
    /// Checked.
    pub raw: Raw,
    /// Not safe for work.
    pub is_nsfw: bool,
    /// The post that it answers; the write checks that it exists.
    pub reply_to: Option<PostId>,
    /// Whether the author's `personal` marker moves to the new post.
    pub update_marker: bool,
}

/// Other words for a post.
#[derive(Clone, Debug)]
pub struct PostRevision {
    /// Composed.
    pub content: Content,
    /// `None`: as before.
    pub is_nsfw: Option<bool>,
}
