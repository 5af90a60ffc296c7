//! What the receiver of a replay may see: of a user stream, of an app stream.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::BytesMut;
use smallvec::SmallVec;

use crate::actors::registry::RoutingKey;
use crate::actors::resume::app_frames::{Receiving, missed_frame};
use crate::actors::resume::app_view::look_ahead;
use crate::actors::resume::hindsight::KINDS;
use crate::actors::resume::{AppView, Hindsight};
use crate::actors::shard::Shard;
use crate::actors::shard::hearing::app_hears;
use crate::actors::shard::output_batch::{frame_class, own_frame, write_frame};
use crate::actors::shard::state::{
    ConnectionHandle, ConnectionRef, Home, Identity, State, Subscription,
};
use crate::event::Pos;
use crate::log::reader::Entry;
use crate::log::{Interest, LogReader, RenderedEvent};
use crate::model::Failure;
use crate::protocol::topic::Topic;

/// Judges what was missed.
#[derive(Debug)]
pub enum Judge {
    /// By what a user was and is.
    User(Box<Hindsight>),
    /// By what the users of an app authorized.
    App(Box<AppView>),
}

impl Judge {
    /// Events up to here can be judged.
    pub(super) fn reached(&self) -> Pos {
        match self {
            Self::User(hindsight) => hindsight.reached(),
            Self::App(view) => view.reached(),
        }
    }

    /// Takes the events up to the newest into account that change rights.
    pub(super) async fn look_ahead(
        &mut self,
        shard: &Shard,
        connection: ConnectionRef,
        log: &LogReader,
    ) -> Result<(), Failure> {
        let hindsight = match self {
            Self::App(view) => return look_ahead(view, log).await,
            Self::User(hindsight) => hindsight,
        };
        let keys = {
            let state = shard.state.borrow();
            let handle = state.connections.find_open(connection);
            let known = handle.map_or(&[][..], |handle| &handle.subscriptions);
            hindsight.keys(known.iter().map(|known| known.topic))
        };
        let (from, until) = (hindsight.reached(), log.ring().head());
        let note = |events, reached| hindsight.note(events, reached);
        log.of_kinds(KINDS, Interest::Keys(&keys), (from, until), note)
            .await?;
        // Whose right was lost while the connection was not in the shard.
        let mut state = shard.state.borrow_mut();
        if state.connections.find_open(connection).is_some() {
            state.unsubscribe(connection.index, |known| {
                hindsight.was_cut_off(known.topic, &known.token, known.since)
            });
        }
        Ok(())
    }

    /// The keys of what may be received; `Some(None)`: any event. `None`: the connection is over.
    pub(super) fn keys(
        &self,
        shard: &Shard,
        connection: ConnectionRef,
    ) -> Option<Option<Vec<RoutingKey>>> {
        let state = shard.state.borrow();
        let handle = state.connections.find_open(connection)?;
        let hindsight = match self {
            Self::App(_) => return Some(None),
            Self::User(hindsight) => hindsight,
        };
        let topics = handle.subscriptions.iter().map(|known| known.topic);
        let mut keys: Vec<RoutingKey> = topics.clone().map(Topic::routing_key).collect();
        if let Some(inbox) = &handle.inbox {
            keys.extend(inbox.channels.iter().map(|id| RoutingKey::ChannelNews(*id)));
        }
        // A home may be there for presence, or for another connection of the user.
        if topics.clone().any(Topic::is_home)
            && let Some(home) = state.homes.of(hindsight.viewer())
        {
            keys.extend(home.followed().map(RoutingKey::PostsBy));
        }
        keys.extend(hindsight.former(topics));
        Some(Some(keys))
    }

    /// Reads what the events of a page need to be judged: those that the stream asks for.
    pub(super) async fn prepare(
        &mut self,
        shard: &Shard,
        connection: ConnectionRef,
        (entries, at): (&VecDeque<Entry>, Pos),
        log: &LogReader,
    ) -> Result<(), Failure> {
        let Self::App(view) = self else {
            return Ok(());
        };
        let identity = {
            let state = shard.state.borrow();
            let handle = state.connections.find_open(connection);
            handle.map(|handle| handle.identity.clone())
        };
        let Some(Identity::App(stream, _, filter)) = identity else {
            return Ok(());
        };
        let events = entries.iter().filter_map(|entry| match entry {
            Entry::Event(event) => Some(&*event.event),
            Entry::Gap(_) => None,
        });
        let events =
            events.filter(|event| app_hears(&stream.object_types, &filter, &event.payload));
        let events: Vec<_> = events.collect();
        view.prepare(&events, at, log).await
    }

    /// Appends the frame of an event, if it is received. Returns the offset of the timestamp of the write, if the render
    /// class has one.
    pub(super) fn add_frame(
        &mut self,
        shard: &Shard,
        (state, handle): (&State, &ConnectionHandle),
        (event, pos): (&Arc<RenderedEvent>, Pos),
        bytes: &mut BytesMut,
    ) -> Option<usize> {
        match self {
            Self::User(hindsight) => {
                let home = state.homes.of(hindsight.viewer());
                let matching = matching(hindsight, handle, home, event, pos);
                if matching.is_empty() {
                    return None;
                }
                let class = frame_class(handle, &matching);
                let class = hindsight.class_of(&event.event, pos, class);
                let frame = own_frame(handle, event, class, &shard.site)
                    .map_or_else(|| event.frame(class, &shard.site), Arc::new);
                write_frame(&frame, &matching, bytes)
            }
            Self::App(view) => add_app_frame(view, shard, handle, (event, pos), bytes),
        }
    }
}

/// The subscriptions that receive an event which was missed.
fn matching<'h>(
    hindsight: &Hindsight,
    handle: &'h ConnectionHandle,
    home: Option<&Home>,
    event: &RenderedEvent,
    pos: Pos,
) -> SmallVec<[&'h Subscription; 2]> {
    let inbox = handle.inbox.as_ref();
    let holds = |channel| inbox.is_some_and(|inbox| inbox.channels.contains(&channel));
    let follows = |user| home.is_some_and(|home| home.follows(user));
    hindsight.matching(&handle.subscriptions, (event, pos), holds, follows)
}

fn add_app_frame(
    view: &mut AppView,
    shard: &Shard,
    handle: &ConnectionHandle,
    (event, pos): (&RenderedEvent, Pos),
    bytes: &mut BytesMut,
) -> Option<usize> {
    let Identity::App(stream, _, filter) = &handle.identity else {
        return None;
    };
    let receiving = Receiving {
        stream,
        filter,
        class: handle.render_class,
    };
    let frame = missed_frame(view, receiving, (event, pos), &shard.site)?;
    let moment = frame.moment.map(|at| bytes.len() + at);
    bytes.extend_from_slice(&frame.bytes);
    moment
}
