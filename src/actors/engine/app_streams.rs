//! What can be asked of stored app streams, and of their filters.

use super::Engine;
use super::to_its_end::to_its_end;
use crate::actors::firehose::streams::{ChangeStream, CreateStream, DeleteStreams};
use crate::model::{
    AppStream, ClientId, EventFilter, Failure, FilterId, FilterOwner, NewFilter, StreamKey,
};

/// Filters of an app, and of a user.
const FILTERS: i64 = 20;

impl Engine {
    /// Stores a stream; without a key it gets the first free number.
    ///
    /// # Errors
    /// The key is taken, the app has as many streams as it may, or no such filter.
    pub async fn create_app_stream(
        &self,
        client: &ClientId,
        new: CreateStream,
    ) -> Result<AppStream, Failure> {
        let (engine, client) = (self.clone(), client.clone());
        // Else a hook is at work that is stored as off, or one that posts elsewhere.
        to_its_end(async move { engine.create_and_settle(&client, new).await }).await
    }

    async fn create_and_settle(
        &self,
        client: &ClientId,
        new: CreateStream,
    ) -> Result<AppStream, Failure> {
        // Before it is stored: one hook more than there may be streams in use is refused.
        let permit = match new.hook.as_ref().is_some_and(|hook| hook.off.is_none()) {
            true => self.hook_permit(None, client).await?,
            false => None,
        };
        let mail = || new.clone();
        let stream = self.ask_app(client, mail).await??.wait().await?;
        if stream.hook.is_some() {
            let key = (client.clone(), stream.key.clone());
            self.have_hook_settled(key, permit).await;
        }
        Ok(stream)
    }

    /// Changes a stream; open connections keep what they had, and the task of a hook is started again.
    ///
    /// # Errors
    /// No such stream, or no such filter; no place among the streams in use for a hook that is switched on.
    pub async fn change_app_stream(
        &self,
        client: &ClientId,
        change: ChangeStream,
    ) -> Result<AppStream, Failure> {
        let (engine, client) = (self.clone(), client.clone());
        to_its_end(async move { engine.change_and_settle(&client, change).await }).await
    }

    async fn change_and_settle(
        &self,
        client: &ClientId,
        change: ChangeStream,
    ) -> Result<AppStream, Failure> {
        let key = (client.clone(), change.key.clone());
        let permit = match change.hook.is_on {
            Some(Ok(_)) => self.hook_permit(Some(&key), client).await?,
            Some(Err(_)) | None => None,
        };
        let mail = || change.clone();
        let stream = self.ask_app(client, mail).await??.wait().await?;
        if stream.hook.is_some() {
            self.have_hook_settled(key, permit).await;
        }
        Ok(stream)
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
        let gone = self.ask_app(client, mail).await??.wait().await?;
        // Their tasks would learn it from the log a moment later.
        for stream in gone.iter().filter(|stream| stream.hook.is_some()) {
            let key = (stream.client.clone(), stream.key.clone());
            self.have_hook_settled(key, None).await;
        }
        Ok(gone)
    }
}

/// Filters change nothing that an actor holds: connections that are open keep what they had.
impl Engine {
    /// Stores a filter.
    ///
    /// # Errors
    /// There are as many as there may be.
    pub async fn create_filter(
        &self,
        owner: FilterOwner,
        new: NewFilter,
    ) -> Result<EventFilter, Failure> {
        self.store()
            .carry_out(move |tx| tx.create_event_filter(owner, new, FILTERS))
            .await
    }

    /// Replaces what a filter says.
    ///
    /// # Errors
    /// The owner has no such filter.
    pub async fn change_filter(
        &self,
        owner: FilterOwner,
        id: FilterId,
        new: NewFilter,
    ) -> Result<EventFilter, Failure> {
        self.store()
            .carry_out(move |tx| tx.change_event_filter(&owner, id, new))
            .await
    }

    /// Deletes a filter, or all of an owner's; gives back what they were.
    ///
    /// # Errors
    /// The owner has no such filter, or a stream uses it.
    pub async fn delete_filters(
        &self,
        owner: FilterOwner,
        id: Option<FilterId>,
    ) -> Result<Vec<EventFilter>, Failure> {
        self.store()
            .begin_repeatable(move |tx| tx.delete_event_filters(&owner, id))?
            .wait()
            .await
    }
}
