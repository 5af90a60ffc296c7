//! The stored streams of one app are changed through its actor, in its order. What is deleted is announced: the
//! event closes the open connections, on every shard.

use actix::prelude::*;

use super::FirehoseActor;
use crate::event::Payload;
use crate::model::{
    AppStream, ClientId, Failure, FilterId, Hook, HookOff, HookSecret, ObjectType, Refusal,
    StreamKey, TokenId,
};
use crate::store::{Pending, Tx};

/// Stores a stream.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<AppStream>, Failure>")]
pub struct CreateStream {
    /// The key that the app wishes for.
    pub key: Option<StreamKey>,
    /// Its object types.
    pub object_types: Vec<ObjectType>,
    /// Its filter.
    pub filter: Option<FilterId>,
    /// Where its events are posted to.
    pub hook: Option<Hook>,
}

/// Changes the object types or the filter of a stream.
#[derive(actix::Message, Clone, Debug)]
#[rtype(result = "Result<Pending<AppStream>, Failure>")]
pub struct ChangeStream {
    /// Which stream.
    pub key: StreamKey,
    /// The new object types. `None`: as before.
    pub object_types: Option<Vec<ObjectType>>,
    /// The new filter, or that it has none. `None`: as before.
    pub filter: Option<Option<FilterId>>,
    /// What changes of its hook.
    pub hook: HookChange,
}

/// What changes of a hook. `None`: as before.
#[derive(Clone, Debug, Default)]
pub struct HookChange {
    /// The address of the receiver.
    pub url: Option<String>,
    /// What signs deliveries.
    pub secret: Option<HookSecret>,
    /// What a live stream would have in its address.
    pub parameters: Option<String>,
    /// Switched on, with this token, or off.
    pub is_on: Option<Result<TokenId, HookOff>>,
}

impl HookChange {
    /// Whether it changes nothing.
    pub fn is_nothing(&self) -> bool {
        let Self {
            url,
            secret,
            parameters,
            is_on,
        } = self;
        url.is_none() && secret.is_none() && parameters.is_none() && is_on.is_none()
    }

    fn apply(self, hook: &mut Hook) {
        if let Some(url) = self.url {
            hook.url = url;
        }
        if let Some(secret) = self.secret {
            hook.secret = secret;
        }
        if let Some(parameters) = self.parameters {
            hook.parameters = parameters;
        }
        match self.is_on {
            // One that is on stays with the token that switched it on.
            Some(Ok(token)) if hook.off.is_some() => {
                hook.token = token;
                hook.off = None;
                hook.failing_since = None;
            }
            Some(Err(why)) if hook.off.is_none() => hook.off = Some(why),
            Some(_) | None => {}
        }
    }
}

/// Deletes a stream, or all of them.
#[derive(actix::Message, Debug)]
#[rtype(result = "Result<Pending<Vec<AppStream>>, Failure>")]
pub struct DeleteStreams(pub Option<StreamKey>);

impl Handler<CreateStream> for FirehoseActor {
    type Result = Result<Pending<AppStream>, Failure>;

    fn handle(&mut self, mail: CreateStream, _: &mut Self::Context) -> Self::Result {
        let (client, most) = (self.client.clone(), self.shared.streams.app_streams);
        self.shared
            .store
            .begin_call(move |tx| create(tx, client, mail, most))
    }
}

impl Handler<ChangeStream> for FirehoseActor {
    type Result = Result<Pending<AppStream>, Failure>;

    fn handle(&mut self, mail: ChangeStream, _: &mut Self::Context) -> Self::Result {
        let client = self.client.clone();
        self.shared
            .store
            .begin_call(move |tx| change(tx, &client, mail))
    }
}

impl Handler<DeleteStreams> for FirehoseActor {
    type Result = Result<Pending<Vec<AppStream>>, Failure>;

    fn handle(&mut self, mail: DeleteStreams, _: &mut Self::Context) -> Self::Result {
        let client = self.client.clone();
        self.shared
            .store
            .begin_repeatable(move |tx| delete(tx, &client, mail.0.as_ref()))
    }
}

fn create(
    tx: &mut Tx<'_>,
    client: ClientId,
    new: CreateStream,
    most: usize,
) -> Result<AppStream, Failure> {
    let known = tx.app_streams(&client)?;
    demand_filter(tx, &client, new.filter)?;
    let stream = AppStream {
        key: choose_key(new.key, &known, most)?,
        client,
        object_types: new.object_types,
        filter: new.filter,
        hook: new.hook,
    };
    tx.create_app_stream(&stream)?;
    Ok(stream)
}

/// A stream may use the filters of its app, those that users made with it included.
fn demand_filter(
    tx: &mut Tx<'_>,
    client: &ClientId,
    filter: Option<FilterId>,
) -> Result<(), Failure> {
    if let Some(id) = filter {
        let known = tx.filter_of_app(client, id)?;
        known.ok_or_else(|| Refusal::FilterNotFound.at("filter_id"))?;
    }
    Ok(())
}

fn change(tx: &mut Tx<'_>, client: &ClientId, change: ChangeStream) -> Result<AppStream, Failure> {
    let known = tx.app_stream(client, &change.key)?;
    let mut stream = known.ok_or(Refusal::StreamNotFound)?;
    stream.object_types = change.object_types.unwrap_or(stream.object_types);
    if let Some(filter) = change.filter {
        demand_filter(tx, client, filter)?;
        stream.filter = filter;
    }
    match &mut stream.hook {
        Some(hook) => change.hook.apply(hook),
        None if change.hook.is_nothing() => {}
        None => return Err(Refusal::NotWebhook.into()),
    }
    tx.save_app_stream(&stream)?;
    Ok(stream)
}

fn delete(
    tx: &mut Tx<'_>,
    client: &ClientId,
    key: Option<&StreamKey>,
) -> Result<Vec<AppStream>, Failure> {
    let gone = match key {
        Some(key) => vec![tx.delete_app_stream(client, key)?],
        None => tx.delete_app_streams(client)?,
    };
    for stream in &gone {
        tx.announce(Payload::AppStreamDeleted {
            client: stream.client.clone(),
            key: stream.key.clone(),
        });
    }
    Ok(gone)
}

/// The key wished for if it is free, else the first free number.
fn choose_key(
    wished: Option<StreamKey>,
    known: &[AppStream],
    most: usize,
) -> Result<StreamKey, Failure> {
    let taken = |key: &StreamKey| known.iter().any(|stream| stream.key == *key);
    if wished.as_ref().is_some_and(taken) {
        return Err(Refusal::StreamKeyTaken.at("key").into());
    }
    if known.len() >= most {
        return Err(Refusal::StreamLimit.into());
    }
    // One more number than there are streams: one of them is free.
    let numbered = || {
        (1..=known.len() + 1)
            .map(|number| StreamKey::from(number.to_string()))
            .find(|key| !taken(key))
    };
    wished.or_else(numbered).ok_or(Refusal::StreamLimit.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_free_or_numbered() {
        let stream = |key: &str| AppStream {
            client: "c".into(),
            key: key.into(),
            object_types: vec![ObjectType::Message],
            filter: None,
            hook: None,
        };
        let known = [stream("1"), stream("a")];
        assert_eq!(choose_key(None, &known, 5).unwrap().as_str(), "2");
        assert_eq!(
            choose_key(Some("b".into()), &known, 5).unwrap().as_str(),
            "b"
        );
        assert!(choose_key(Some("a".into()), &known, 5).is_err());
        assert!(choose_key(None, &known, 2).is_err());
    }
}
