//! What others did to a user.

use strum::{IntoStaticStr, VariantArray};

use super::{Poll, Post, Stamp, UserId};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// A post was bookmarked.
    Bookmark,
    /// A post was reposted.
    Repost,
    /// A post was answered.
    Reply,
    /// The user is followed.
    Follow,
    /// A poll was answered.
    PollResponse,
}

impl Action {
    /// The name on the wire and in the store.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What can be done to a post.
    pub const TO_POSTS: &'static [Self] = &[Self::Bookmark, Self::Repost, Self::Reply];
}

/// What was acted on.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A post of the user; for a reply, the post that is answered.
    Post(Box<Post>),
    /// The user, who is followed.
    User(UserId),
    /// A poll of the user. If it is anonymous, the interaction names no user.
    Poll(Box<Poll>),
}

/// The same action on the same thing within a day or so.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// What was done.
    pub action: Action,
    /// When it was done last.
    pub at: Stamp,
    /// What it was done to.
    pub subject: Subject,
    /// Some of the users that did it, latest first.
    pub users: Vec<UserId>,
}
