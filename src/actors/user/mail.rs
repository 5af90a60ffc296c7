//! Mails of a user's actor. Every mail has a reply.

use std::sync::Arc;

use crate::actors::presence::SetPresence;
use crate::model::{
    ClientId, Failure, Marker, MarkerName, Presence, Relation, Scopes, Token, User, UserId,
    UserPrincipal,
};
use crate::protocol::draft::MarkerDraft;
use crate::store::Pending;

/// Follows, mutes or blocks another user, or undoes it.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<()>, Failure>")]
pub struct Relate {
    /// The other user.
    pub other: UserId,
    /// The relation or change.
    pub relation: Relation,
    /// False undoes it.
    pub on: bool,
}

/// Grants a client a token of this user.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Token>, Failure>")]
pub struct GrantToken {
    /// The client.
    pub client: ClientId,
    /// The granted scopes.
    pub scopes: Scopes,
    /// The secret that the client will send.
    pub secret: String,
}

/// Revokes a token.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<()>, Failure>")]
pub struct RevokeToken(pub Arc<Token>);

/// Changes the profile.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Arc<User>>, Failure>")]
pub struct ChangeProfile(pub ProfileChange);

/// A checked change of a profile. Outer `None`: leave alone; inner `None`: clear.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// Display name.
    pub name: Option<Option<String>>,
    /// Profile text with its source.
    pub text: Option<Option<(crate::model::Content, String)>>,
    /// Language and country.
    pub locale: Option<String>,
    /// Time zone.
    pub timezone: Option<String>,
    /// Raw as the client sent it; merged by type.
    pub raw: Option<serde_json::Value>,
}

/// Sets the global presence.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Presence, Failure>")]
pub struct SetUserPresence {
    /// The same user, for the event.
    pub user: Arc<User>,
    /// The relation or change.
    pub set: SetPresence,
}

/// Moves stream markers: all of them, or none.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Vec<(MarkerName, Marker)>>, Failure>")]
pub struct MoveMarkers {
    /// The same user, with a token.
    pub principal: UserPrincipal,
    /// Where to.
    pub markers: Vec<MarkerDraft>,
    /// The greatest id ever read may go back too.
    pub reset: bool,
}

/// Moves the marker of each unread subscribed channel of these types to its newest message.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<()>, Failure>")]
pub struct MarkAllRead(pub UserPrincipal, pub Vec<String>);
