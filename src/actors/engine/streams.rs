//! What REST calls ask of websockets that are open.

use super::Engine;
use crate::actors::connection::{ConnectionMail, ConnectionReply};
use crate::model::Failure;
use crate::model::{ConnectionId, Refusal, UserPrincipal};
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
        self.ask_connection(
            connection,
            ConnectionMail::Unsubscribe(principal.user, subscription.into()),
        )
        .await
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
        self.ask_connection(
            connection,
            ConnectionMail::Close(principal.user, Goodbye::Asked),
        )
        .await
    }

    async fn ask_connection(&self, connection: &str, mail: ConnectionMail) -> Result<(), Failure> {
        let known = self
            .shared
            .directory
            .connection(&ConnectionId::from(connection));
        let recipient = known.ok_or(Refusal::StreamNotFound)?;
        match recipient.send(mail).await {
            Ok(Ok(ConnectionReply::Done)) => Ok(()),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(ConnectionReply::NotYours | ConnectionReply::Unclaimed)) | Err(_) => {
                Err(Refusal::StreamNotFound.into())
            }
        }
    }
}
