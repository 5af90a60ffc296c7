//! What REST calls ask of websockets that are open.

use actix::Recipient;

use super::Engine;
use super::to_its_end::to_its_end;
use crate::actors::connection::{ConnectionMail, ConnectionReply};
use crate::fault::Fault;
use crate::model::Failure;
use crate::model::{ConnectionId, Refusal, SubscriptionId, UserPrincipal};
use crate::protocol::goodbye::Goodbye;
use crate::store::Tx;

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
        let session = ConnectionId::from(connection);
        let kept = id.clone();
        let mail = move || ConnectionMail::Unsubscribe(user, id.clone());
        let written = move |tx: &mut Tx<'_>, session: &ConnectionId| {
            tx.end_kept_subscription(user, session, &kept)
        };
        to_its_end(self.clone().end(session, mail, written)).await
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
        let mail = move || ConnectionMail::Close(user, Goodbye::Asked);
        let written =
            move |tx: &mut Tx<'_>, session: &ConnectionId| tx.end_stream_session(user, session);
        to_its_end(self.clone().end(session, mail, written)).await
    }

    /// Ends a session, or a part of it: on its connection, and where it is written down.
    ///
    /// Another connection that continues it may be prepared meanwhile. It reads the session once more when it is in its shard
    /// ([`Engine::changed_meanwhile`]): either that is behind what is written here, or the connection is found behind it.
    async fn end(
        self,
        session: ConnectionId,
        mail: impl Fn() -> ConnectionMail,
        written: impl FnOnce(&mut Tx<'_>, &ConnectionId) -> Result<bool, Failure> + Send + 'static,
    ) -> Result<(), Failure> {
        let connection = self.shared.directory.connection(&session);
        let answered = ask(connection.as_ref(), &mail).await?;
        if answered == Answered::Done {
            return Ok(());
        }
        Fault::Deletion.delays().await;
        let (held, node) = (answered == Answered::DoneInSession, self.shared.node());
        let id = session.clone();
        let was_kept = self.store().write(move |tx| {
            if held {
                tx.demand_session(&id, node.as_ref())?;
            }
            written(tx, &id)
        });
        let was_kept = was_kept.await?;
        let later = self.shared.directory.connection(&session);
        let later = later.filter(|later| connection.as_ref() != Some(later));
        let had_it = ask(later.as_ref(), &mail).await? != Answered::Elsewhere;
        match was_kept || held || had_it {
            true => Ok(()),
            false => Err(Refusal::StreamNotFound.into()),
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

/// Asks the connection of a session, if it has one.
async fn ask(
    connection: Option<&Recipient<ConnectionMail>>,
    mail: impl Fn() -> ConnectionMail,
) -> Result<Answered, Failure> {
    let Some(connection) = connection else {
        return Ok(Answered::Elsewhere);
    };
    match connection.send(mail()).await {
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
