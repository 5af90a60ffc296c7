//! What the streams of one worker thread are opened with, and how they begin.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::credentials::Proof;
use super::opened::Opened;
use crate::actors::Shared;
use crate::actors::shard::Shard;
use crate::actors::shard::state::{ConnectionRef, Identity};
use crate::http::socket::Bounds;
use crate::model::ConnectionId;
use crate::protocol::cursor::Cursor;
use crate::protocol::goodbye::Goodbye;
use crate::protocol::hello::{app_hello, user_hello};
use crate::protocol::render_class::RenderClass;

/// See the module.
#[derive(Clone)]
pub struct Gate {
    /// What all actors share.
    pub shared: Arc<Shared>,
    /// The thread's own connections.
    pub shard: Rc<Shard>,
    /// What the connections of one address may hold.
    pub bounds: Arc<Bounds>,
}

/// Seconds after which a refused stream may try again.
pub(super) const RETRY: u64 = 5;

impl Gate {
    /// The first frame of a stream.
    pub(super) fn hello(
        &self,
        id: &ConnectionId,
        identity: &Identity,
        opened: &Opened,
        display: RenderClass,
    ) -> Bytes {
        let cursor = Cursor::at(self.shared.log.ring().epoch(), opened.at);
        let cursor = display.has(RenderClass::CURSOR).then_some(&cursor);
        let (site, coding) = (&self.shared.site, display.coding());
        match identity {
            Identity::App(stream, _, _) => app_hello(id.as_str(), cursor, stream, site, coding),
            Identity::User(..) | Identity::Unclaimed(_) => {
                user_hello(id.as_str(), cursor, opened.resumption.clone(), site, coding)
            }
        }
    }

    fn is_app(&self, connection: ConnectionRef) -> bool {
        let state = self.shard.state.borrow();
        let handle = state.connections.find_open(connection);
        handle.is_some_and(|handle| matches!(handle.identity, Identity::App(..)))
    }

    /// Closes a stream for what happened before the shard knew of it: a stop, or the revocation of its token.
    pub(super) async fn check_again(&self, proof: Option<&Proof>, connection: ConnectionRef) {
        // A stop that began after the request was admitted may have closed all others already.
        if self.shared.stopping.load(Ordering::Acquire) {
            self.shard.close(connection.index, Goodbye::GoingAway);
            return;
        }
        // The lease of this node ran out while it was admitted: what it counts as is not sure any more.
        let fenced = self.shared.cluster.as_ref();
        if fenced.is_some_and(|cluster| cluster.is_fenced()) && self.is_app(connection) {
            self.shard.close(connection.index, Goodbye::Incomplete);
            return;
        }
        let Some(proof) = proof else { return };
        let goodbye = match proof.is_live(&self.shared).await {
            Ok(true) => return,
            Ok(false) => Goodbye::TokenRevoked,
            // The token may be valid: this code asks the client to reconnect.
            Err(_) => Goodbye::Incomplete,
        };
        let state = self.shard.state.borrow();
        let is_open = state.connections.find(connection).is_some();
        drop(state);
        if is_open {
            self.shard.close(connection.index, goodbye);
        }
    }
}
