//! A person, bot or feed.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::{BadgeBrief, Content, Picture, PictureUse, Raw, Stamp, UserId, Verified};

/// What kind of account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UserKind {
    /// A person.
    #[default]
    Human,
    /// Publishes only.
    Feed,
    /// A program.
    Bot,
}

impl UserKind {
    /// The name on the wire and in the store.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Numbers on a user object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = UserCounts)]
pub struct UserCounts {
    /// Bookmarks made.
    pub bookmarks: i64,
    /// Clients with a live token of this user.
    pub clients: i64,
    /// Users that follow this one.
    pub followers: i64,
    /// Users that this one follows.
    pub following: i64,
    /// Posts written.
    pub posts: i64,
}

/// An account without anything personal; the `you_…` fields are added when it is rendered for a viewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Assigned by the store.
    pub id: UserId,
    /// In the owner's letter case; compared without it.
    pub username: String,
    /// Display name.
    pub name: Option<String>,
    /// What kind of account.
    pub kind: UserKind,
    /// Such as `en_US`.
    pub locale: String,
    /// Such as `Europe/Paris`.
    pub timezone: String,
    /// When the account was created.
    pub created_at: Stamp,
    /// Profile text, if there is one.
    pub content: Option<Content>,
    /// Source of the profile text, shown to its owner only.
    pub markdown_text: Option<String>,
    /// What was sent as avatar; `None`: the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Picture>,
    /// What was sent as cover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Picture>,
    /// The badge that the user shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<BadgeBrief>,
    /// A web site that is the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// Client-defined items.
    pub raw: Raw,
    /// Numbers.
    pub counts: UserCounts,
}

impl User {
    /// The picture that the user sent for this use.
    pub fn picture(&self, of: PictureUse) -> Option<&Picture> {
        match of {
            PictureUse::Avatar => self.avatar.as_ref(),
            PictureUse::Cover => self.cover.as_ref(),
        }
    }
}
