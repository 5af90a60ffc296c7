//! An access token, without its secret.

use serde::{Deserialize, Serialize};

use super::{ClientBrief, Scopes, TokenId, UserId};

/// What a token stands for. `user: None` is an app token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Its row.
    pub id: TokenId,
    /// The app that it was given to.
    pub client: ClientBrief,
    /// For whom; nobody on an app token.
    pub user: Option<UserId>,
    /// What it opens.
    pub scopes: Scopes,
}
