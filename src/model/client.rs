//! A registered app.

use serde::{Deserialize, Serialize};

use super::{ClientId, Content, Stamp, UserId};

/// The short form: `source` on messages, `app` in tokens. All three keys are always shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ClientBrief)]
pub struct ClientBrief {
    /// Public id.
    pub id: ClientId,
    /// Display name.
    pub name: String,
    /// URL of its page; never empty, since clients require the key.
    pub url: String,
}

/// A registered app, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Id, name and URL.
    pub brief: ClientBrief,
    /// When it was registered.
    pub created_at: Stamp,
    /// The user that registered it, if any.
    pub owner: Option<UserId>,
    /// Redirect URIs.
    pub redirect_uris: Vec<String>,
    /// A public client (RFC 6749 §2.1) has no secret, such as the built-in room page.
    pub is_public: bool,
    /// Shown to its owner only, and only its owner may authorize it.
    pub is_private: bool,
    /// Description with its source, if there is one.
    pub description: Option<(Content, String)>,
    /// Posts and reposts made with it.
    pub posts: i64,
}

impl Client {
    /// Whether a user may see that the app exists, and may authorize it.
    pub fn is_open_to(&self, user: UserId) -> bool {
        !self.is_private || self.owner == Some(user)
    }
}
