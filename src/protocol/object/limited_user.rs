//! The short user inside an ACL.

use serde::Serialize;

use crate::model::{PictureUse, User, UserId};
use crate::protocol::site::Site;

/// The short user of a member list (`include_limited_users=1`).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LimitedUser)]
pub struct LimitedUser<'a> {
    id: UserId,
    username: &'a str,
    avatar_image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<String>,
}

impl<'a> LimitedUser<'a> {
    /// `presence` is omitted for offline users.
    pub fn new(user: &'a User, presence: Option<&str>, site: &Site) -> Self {
        Self {
            id: user.id,
            username: &user.username,
            avatar_image: site.picture_url(user, PictureUse::Avatar),
            name: user.name.as_deref(),
            presence: presence.map(str::to_owned),
        }
    }
}
