//! What a shard says about its streams: those that are open, and those that ended.

use std::cmp::Reverse;
use std::time::Instant;

use super::Shard;
use super::control::Control;
use super::state::{ConnectionHandle, Identity};
use crate::actors::registry::RoutingKey;
use crate::model::StreamOwner;
use crate::protocol::goodbye::Ended;
use crate::protocol::object::{ClosedStream, OpenStreamObject, OpenSubscription, endpoint};

/// Streams of one owner that are described; the others of an owner with more are left out.
pub const MOST_DESCRIBED: usize = 200;

impl Shard {
    /// The open streams of an owner.
    pub(super) fn describe(&self, owner: &StreamOwner) -> Vec<OpenStreamObject> {
        let key = match owner {
            StreamOwner::User(user, _) => RoutingKey::User(*user),
            StreamOwner::App(client) => RoutingKey::App(client.clone()),
        };
        let now = Instant::now();
        let state = self.state.borrow();
        let mut indexes = state.listeners.at(&key).to_vec();
        indexes.sort_unstable();
        indexes.dedup();
        let handles = indexes
            .into_iter()
            .filter_map(|index| state.connections.get(index))
            .filter(|handle| handle.closing.is_none())
            .filter(|handle| handle.identity.owner().as_ref() == Some(owner));
        let mut handles: Vec<_> = handles.collect();
        handles.sort_by_key(|handle| Reverse(handle.connected_at));
        let described = handles.iter().filter_map(|handle| described(handle, now));
        described.take(MOST_DESCRIBED).collect()
    }

    /// A stream ended. What waits for it is counted, so this is said before that is dropped.
    pub fn note_end(&self, handle: &ConnectionHandle, ended: Ended) {
        let (client_id, key) = match &handle.identity {
            // It is no user's, so no user may ask.
            Identity::Unclaimed(_) => return,
            Identity::User(_, token) => (token.client.id.clone(), None),
            Identity::App(stream, ..) => (stream.client.clone(), Some(stream.key.clone())),
        };
        let Some(owner) = handle.identity.owner() else {
            return;
        };
        let closed = ClosedStream {
            connection_id: handle.id.clone(),
            client_id,
            key,
            connected_at: handle.connected_at,
            closed_at: self.clock.now(),
            ended,
            bytes_waiting: handle.socket.queued_bytes(),
        };
        self.closes.note(owner, closed);
    }
}

fn described(handle: &ConnectionHandle, now: Instant) -> Option<OpenStreamObject> {
    let mut parameters = handle.render_class.parameters();
    if handle.control != Control::Unasked {
        parameters.insert("control", "1".to_owned());
    }
    let mut stream = OpenStreamObject {
        connection_id: handle.id.clone(),
        client_id: "".into(),
        connected_at: handle.connected_at,
        key: None,
        object_types: None,
        parameters,
        bytes_waiting: handle.socket.queued_bytes(),
        lag_ms: handle.socket.lag_ms(now),
        subscriptions: None,
    };
    match &handle.identity {
        Identity::Unclaimed(_) => return None,
        Identity::User(_, token) => {
            stream.client_id = token.client.id.clone();
            stream.subscriptions = Some(subscriptions(handle));
        }
        Identity::App(known, _, filter) => {
            stream.client_id = known.client.clone();
            stream.key = Some(known.key.clone());
            let types = known.object_types.iter().map(|kind| kind.name());
            stream.object_types = Some(types.collect());
            stream.parameters.extend(filter.parameters());
        }
    }
    Some(stream)
}

fn subscriptions(handle: &ConnectionHandle) -> Vec<OpenSubscription> {
    let known = handle.subscriptions.iter();
    known
        .map(|known| OpenSubscription {
            subscription_id: known.id.clone(),
            endpoint: endpoint(known.topic),
            client_id: known.token.client.id.clone(),
            parameters: known.filter.parameters(),
        })
        .collect::<Vec<_>>()
}
