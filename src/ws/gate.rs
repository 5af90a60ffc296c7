//! What the streams of one worker thread are opened with, and how they begin.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::web::Data;
use bytes::Bytes;

use super::credentials::Proof;
use super::opened::Opened;
use crate::actors::Shared;
use crate::actors::shard::Shard;
use crate::actors::shard::state::{ConnectionRef, Identity};
use crate::http::App;
use crate::model::{AppStream, ConnectionId, Failure};
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
    /// What HTTP shares: bounds of connections, rate limits.
    pub app: Data<App>,
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

    /// The stored stream that an app hears.
    fn app_stream(&self, connection: ConnectionRef) -> Option<Arc<AppStream>> {
        let state = self.shard.state.borrow();
        match &state.connections.find_open(connection)?.identity {
            Identity::App(stream, _, _) => Some(Arc::clone(stream)),
            Identity::Unclaimed(_) | Identity::User(..) => None,
        }
    }

    /// Why a stream may not be heard any more.
    async fn over(
        &self,
        proof: &Proof,
        stream: Option<&AppStream>,
    ) -> Result<Option<Goodbye>, Failure> {
        if !proof.is_live(&self.shared).await? {
            return Ok(Some(Goodbye::TokenRevoked));
        }
        let Some(stream) = stream else {
            return Ok(None);
        };
        let (client, key) = (stream.client.clone(), stream.key.clone());
        let read = self
            .shared
            .store
            .read(move |db| db.app_stream(&client, &key));
        let is_gone = read.await?.is_none();
        Ok(is_gone.then_some(Goodbye::StreamDeleted))
    }

    /// Closes a stream for what happened before the shard knew of it: a stop, the revocation of its token, the deletion of
    /// the stored stream.
    pub(super) async fn check_again(&self, proof: Option<&Proof>, connection: ConnectionRef) {
        // The last wave of a stop may be over already. A close frame sends any client to another server; a refusal would
        // have to be understood by the balancer, and ends an `EventSource` for good.
        if self.shared.stopping.load(Ordering::Acquire) {
            self.shard.close(connection.index, Goodbye::GoingAway);
            return;
        }
        // The lease of this node ran out while it was admitted: what it counts as is not sure any more.
        let stream = self.app_stream(connection);
        let fenced = self.shared.cluster.as_ref();
        if fenced.is_some_and(|cluster| cluster.is_fenced()) && stream.is_some() {
            self.shard.close(connection.index, Goodbye::Incomplete);
            return;
        }
        let Some(proof) = proof else { return };
        let goodbye = match self.over(proof, stream.as_deref()).await {
            Ok(None) => return,
            Ok(Some(goodbye)) => goodbye,
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
