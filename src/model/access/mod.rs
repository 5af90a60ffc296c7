//! May this principal read that channel, or do more there? The one answer, for REST, streams, search and
//! markers alike.
//!
//! A user needs both a scope that opens the channel and access by its ACL. An app reads what is public, and
//! what one of the users who authorized it may read and opened to it (reference 03 §1.2). What an app *stream*
//! delivers is narrower: it asks for a subscriber instead of a reader (reference 04 §7.2,
//! `actors/app_index.rs`).

use std::sync::Arc;

use super::{Access, Channel, Refusal, Refused, Scope, Scopes, Token, UserId};

/// The user or app that a request, a mail or a subscription acts for. Cheap to clone, since it moves into
/// other threads.
#[derive(Clone, Debug)]
pub enum Principal {
    /// No token was sent.
    Anonymous,
    /// A user, by a token of theirs.
    User(UserPrincipal),
    /// An app, by its own token.
    App(AppPrincipal),
}

/// A user and the token that speaks for them. Only users write, so this is what mails to actors carry.
#[derive(Clone, Debug)]
pub struct UserPrincipal {
    /// Which user.
    pub user: UserId,
    /// The token; its scopes bound what the user may do.
    pub token: Arc<Token>,
}

/// An app and the scopes that its users granted to it.
#[derive(Clone, Debug)]
pub struct AppPrincipal {
    authorizations: Arc<[(UserId, Scopes)]>,
}

/// The answer to "may it?", with the reason for a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Permission {
    /// It may.
    Granted,
    /// Without a token only channels that are public to the world can be read.
    TokenRequired,
    /// The scopes of the token do not open channels of this type and openness.
    ScopeMissing,
    /// The ACL gives the user less than is asked for.
    NotAMember,
    /// The channel is private, and none of its readers has opened it to the app.
    NotAuthorized,
}

impl Permission {
    /// Whether it may.
    pub fn is_granted(self) -> bool {
        self == Self::Granted
    }

    /// The no as a refusal.
    ///
    /// # Errors
    /// Anything but [`Permission::Granted`].
    pub fn demand(self) -> Result<(), Refused> {
        match self {
            Self::Granted => Ok(()),
            Self::TokenRequired => Err(Refusal::TokenRequired.into()),
            Self::ScopeMissing => Err(Refusal::ScopeMissing.at(Scope::Messages.name())),
            Self::NotAMember | Self::NotAuthorized => Err(Refusal::NoAccess.into()),
        }
    }

    /// Both must be granted; the first no is the answer.
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Granted => other(),
            Self::TokenRequired | Self::ScopeMissing | Self::NotAMember | Self::NotAuthorized => {
                self
            }
        }
    }
}

impl Principal {
    /// The user, if the principal is one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user.user),
            Self::Anonymous | Self::App(_) => None,
        }
    }

    /// May it read the channel and what is in it?
    pub fn reads(&self, channel: &Channel) -> Permission {
        match self {
            Self::Anonymous if channel.acl.read_public => Permission::Granted,
            Self::Anonymous => Permission::TokenRequired,
            Self::User(user) => user.may(channel, Access::Read),
            Self::App(app) => app.reads(channel),
        }
    }

    /// May it read one message of the channel? Authors read their own after they lost access to the channel, but
    /// not without the scope.
    pub fn reads_message(&self, channel: &Channel, author: UserId) -> Permission {
        match self {
            Self::User(user) if user.user == author => user.opens(channel),
            Self::Anonymous | Self::User(_) | Self::App(_) => self.reads(channel),
        }
    }
}

impl UserPrincipal {
    /// From a token of a user.
    ///
    /// # Errors
    /// An app token speaks for no user.
    pub fn of(token: &Arc<Token>) -> Result<Self, Refused> {
        let user = token.user.ok_or(Refusal::WrongTokenKind)?;
        Ok(Self {
            user,
            token: Arc::clone(token),
        })
    }

    /// Do the scopes of the token open the channel?
    pub fn opens(&self, channel: &Channel) -> Permission {
        scopes_open(&self.token.scopes, channel)
    }

    /// Does the ACL give the user this much? Reports and markers take any scope and ask only this.
    pub fn holds(&self, channel: &Channel, least: Access) -> Permission {
        holds(self.user, channel, least)
    }

    /// Both: the scope opens the channel, and the ACL gives the user this much.
    pub fn may(&self, channel: &Channel, least: Access) -> Permission {
        self.opens(channel).and(|| self.holds(channel, least))
    }
}

impl AppPrincipal {
    /// From what each user with a live token of the app granted with it.
    pub fn new(authorizations: Vec<(UserId, Scopes)>) -> Self {
        Self {
            authorizations: authorizations.into(),
        }
    }

    fn reads(&self, channel: &Channel) -> Permission {
        let opened = |(user, scopes): &(UserId, Scopes)| {
            scopes_open(scopes, channel)
                .and(|| holds(*user, channel, Access::Read))
                .is_granted()
        };
        if channel.acl.is_public() || self.authorizations.iter().any(opened) {
            Permission::Granted
        } else {
            Permission::NotAuthorized
        }
    }
}

/// May a subscription made with this token still receive events of the channel? [`UserPrincipal::may`] for a
/// token that is only borrowed.
pub fn token_reads(token: &Token, channel: &Channel) -> Permission {
    match token.user {
        Some(user) => {
            scopes_open(&token.scopes, channel).and(|| holds(user, channel, Access::Read))
        }
        None => Permission::NotAuthorized,
    }
}

/// May this user be present in the channel? Presence is volatile, so it is asked wherever presence is set or shown.
pub fn may_be_present(user: UserId, channel: &Channel) -> bool {
    channel.is_active && holds(user, channel, Access::Read).is_granted()
}

fn scopes_open(scopes: &Scopes, channel: &Channel) -> Permission {
    if scopes.open(channel) {
        Permission::Granted
    } else {
        Permission::ScopeMissing
    }
}

fn holds(user: UserId, channel: &Channel, least: Access) -> Permission {
    if channel.access(Some(user)) >= least {
        Permission::Granted
    } else {
        Permission::NotAMember
    }
}

#[cfg(test)]
mod tests;
