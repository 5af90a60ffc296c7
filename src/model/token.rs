//! An access token, without its secret.

use serde::{Deserialize, Serialize};

use super::{ClientBrief, Scopes, TokenId, UserId};

/// App, user and scopes of a token. `user: None` is an app token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Id of its row.
    pub id: TokenId,
    /// The app that it was given to.
    pub client: ClientBrief,
    /// The user; `None` on an app token.
    pub user: Option<UserId>,
    /// The granted scopes.
    pub scopes: Scopes,
}
