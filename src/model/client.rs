//! A registered app.

use serde::{Deserialize, Serialize};

use super::{ClientId, Stamp, UserId};

/// The short form: `source` on messages, `app` in tokens. All three keys are always shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientBrief {
    /// Public id.
    pub id: ClientId,
    /// Shown to people.
    pub name: String,
    /// Where to read about it; never empty, since clients require the key.
    pub url: String,
}

/// A registered app, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Id, name and address.
    pub brief: ClientBrief,
    /// When it was registered.
    pub created_at: Stamp,
    /// Who registered it, if a user did.
    pub owner: Option<UserId>,
    /// Where a browser may be sent back to.
    pub redirect_uris: Vec<String>,
    /// A public client (RFC 6749 §2.1) has no secret: our own page in the browser.
    pub is_public: bool,
}
