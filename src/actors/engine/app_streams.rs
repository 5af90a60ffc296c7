//! What can be asked of stored app streams.

use super::Engine;
use crate::actors::firehose::streams::{ChangeStream, CreateStream, DeleteStreams};
use crate::model::Failure;
use crate::model::{AppStream, ClientId, ObjectType, StreamKey};

impl Engine {
    /// Stores a stream; without a key it gets the first free number.
    ///
    /// # Errors
    /// The key is taken, or the app has as many streams as it may.
    pub async fn create_app_stream(
        &self,
        client: &ClientId,
        key: Option<StreamKey>,
        object_types: Vec<ObjectType>,
    ) -> Result<AppStream, Failure> {
        let mail = || CreateStream {
            key: key.clone(),
            object_types: object_types.clone(),
        };
        self.ask_app(client, mail).await??.wait().await
    }

    /// Changes the object types of a stream; open connections keep the old ones.
    ///
    /// # Errors
    /// No such stream.
    pub async fn change_app_stream(
        &self,
        client: &ClientId,
        key: StreamKey,
        object_types: Vec<ObjectType>,
    ) -> Result<AppStream, Failure> {
        let mail = || ChangeStream {
            key: key.clone(),
            object_types: object_types.clone(),
        };
        self.ask_app(client, mail).await??.wait().await
    }

    /// Deletes a stream, or all of them; gives back what they were. Their connections are closed when the event
    /// passes them.
    ///
    /// # Errors
    /// No such stream.
    pub async fn delete_app_streams(
        &self,
        client: &ClientId,
        key: Option<StreamKey>,
    ) -> Result<Vec<AppStream>, Failure> {
        let mail = || DeleteStreams(key.clone());
        self.ask_app(client, mail).await??.wait().await
    }
}
