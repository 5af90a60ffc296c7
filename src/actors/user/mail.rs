//! What may be sent to a user's actor. Every mail is an ask.

use std::sync::Arc;

use crate::actors::presence::SetPresence;
use crate::model::{
    ClientId, Marker, MarkerName, Presence, Relation, Scopes, Token, User, UserId, UserPrincipal,
};
use crate::protocol::draft::MarkerDraft;
use crate::store::{Failure, Pending};

/// Follows, mutes or blocks another user, or takes it back.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<()>, Failure>")]
pub struct Relate {
    /// Whom.
    pub other: UserId,
    /// What.
    pub relation: Relation,
    /// Or takes it back.
    pub on: bool,
}

/// Gives a client a token of this user.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Token>, Failure>")]
pub struct GrantToken {
    /// To whom.
    pub client: ClientId,
    /// What it opens.
    pub scopes: Scopes,
    /// The secret that the client will send.
    pub secret: String,
}

/// Takes a token back.
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
    /// The same user, as everybody sees them.
    pub user: Arc<User>,
    /// What.
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
pub struct MarkAllRead(pub Vec<String>);
