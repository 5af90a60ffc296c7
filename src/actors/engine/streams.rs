//! What REST calls ask of websockets that are open.

use super::Engine;
use crate::actors::connection::{ConnectionMail, ConnectionReply};
use crate::model::Failure;
use crate::model::{ConnectionId, Refusal, SubscriptionId, UserPrincipal};
use crate::protocol::goodbye::Goodbye;

impl Engine {
    /// Ends one subscription.
    ///
    /// # Errors
    /// Unknown, or another user's.
    pub async fn unsubscribe(
        &self,
        principal: &UserPrincipal,
        connection: &str,
        subscription: &str,
    ) -> Result<(), Failure> {
        let (user, id) = (principal.user, SubscriptionId::from(subscription));
        let mail = ConnectionMail::Unsubscribe(user, id.clone());
        let session = ConnectionId::from(connection);
        let answered = self.ask_connection(connection, mail).await?;
        if answered == Answered::Done {
            return Ok(());
        }
        let (held, node) = (answered == Answered::DoneInSession, self.shared.node());
        let ended = self.store().write(move |tx| {
            if held {
                tx.demand_session(&session, node.as_ref())?;
            }
            tx.end_kept_subscription(user, &session, &id)
        });
        was_there(ended.await? || answered == Answered::DoneInSession)
    }

    /// Closes a user stream.
    ///
    /// # Errors
    /// Unknown, or another user's.
    pub async fn close_stream(
        &self,
        principal: &UserPrincipal,
        connection: &str,
    ) -> Result<(), Failure> {
        let (user, session) = (principal.user, ConnectionId::from(connection));
        let mail = ConnectionMail::Close(user, Goodbye::Asked);
        let answered = self.ask_connection(connection, mail).await?;
        if answered == Answered::Done {
            return Ok(());
        }
        let (held, node) = (answered == Answered::DoneInSession, self.shared.node());
        let ended = self.store().write(move |tx| {
            if held {
                tx.demand_session(&session, node.as_ref())?;
            }
            tx.end_stream_session(user, &session)
        });
        was_there(ended.await? || answered == Answered::DoneInSession)
    }

    async fn ask_connection(
        &self,
        connection: &str,
        mail: ConnectionMail,
    ) -> Result<Answered, Failure> {
        let known = self
            .shared
            .directory
            .connection(&ConnectionId::from(connection));
        let Some(recipient) = known else {
            return Ok(Answered::Elsewhere);
        };
        match recipient.send(mail).await {
            Ok(Ok(ConnectionReply::Done)) => Ok(Answered::Done),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(ConnectionReply::DoneInSession)) => Ok(Answered::DoneInSession),
            Ok(Ok(
                ConnectionReply::NotYours
                | ConnectionReply::Unclaimed
                | ConnectionReply::Subscribed { .. },
            ))
            | Err(_) => Ok(Answered::Elsewhere),
        }
    }
}

/// What a connection did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// All of it.
    Done,
    /// Its part; the session is written down.
    DoneInSession,
    /// There may be a session to ask, whether it has a connection or not.
    Elsewhere,
}

fn was_there(ended: bool) -> Result<(), Failure> {
    match ended {
        true => Ok(()),
        false => Err(Refusal::StreamNotFound.into()),
    }
}
