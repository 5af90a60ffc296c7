//! Who asks for a write.

use std::sync::Arc;

use crate::model::{Refusal, Refused, Scope, Token, UserId};

/// A user and the token that speaks for them.
#[derive(Clone, Debug)]
pub struct By {
    /// Who.
    pub user: UserId,
    /// With what.
    pub token: Arc<Token>,
}

impl By {
    /// From a token of a user.
    ///
    /// # Errors
    /// An app token speaks for nobody.
    pub fn of(token: &Arc<Token>) -> Result<Self, Refused> {
        let user = token.user.ok_or(Refusal::WrongTokenKind)?;
        Ok(Self {
            user,
            token: token.clone(),
        })
    }

    /// Whether the token's scopes open a channel.
    ///
    /// # Errors
    /// Names the scope that would.
    pub fn open(&self, channel: &crate::model::Channel) -> Result<(), Refused> {
        if self.token.scopes.open(channel) {
            return Ok(());
        }
        Err(Refusal::ScopeMissing.at(Scope::Messages.name()))
    }
}
