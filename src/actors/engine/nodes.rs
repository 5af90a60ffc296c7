//! Which node has a connection, and sessions that another node continues.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::Engine;
use crate::actors::connection::ConnectionMail;
use crate::actors::directory::Numbered;
use crate::actors::hooks::registry::HookKey;
use crate::actors::nodes::{Cluster, Unanswered, hook_path, session_path};
use crate::actors::shard::mail::CloseApp;
use crate::fault::{Fault, Seeded, seeded};
use crate::model::{ConnectionId, Failure, NodeEpoch};
use crate::protocol::goodbye::Goodbye;
use crate::store::Node;
use crate::telemetry::Counter;

/// Sessions that one question asks for.
const AT_ONCE: usize = 1000;

impl Engine {
    /// The other node that has a connection: that of its session, or the one that gave out its id. `None`: it is gone, or
    /// it would be here.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn node_of(
        &self,
        cluster: &Cluster,
        id: &ConnectionId,
    ) -> Result<Option<Node>, Failure> {
        let session = id.clone();
        if seeded(Seeded::CallToMaker) {
            return self.live_node(cluster, Cluster::epoch_in(id)).await;
        }
        let read = self.store().read(move |db| db.node_of_session(&session));
        let epoch = match read.await? {
            // A session moves with its client, its id does not change.
            Some(holder) => holder,
            None => Cluster::epoch_in(id),
        };
        self.live_node(cluster, epoch).await
    }

    /// Another node that runs, by the epoch of its process.
    pub(super) async fn live_node(
        &self,
        cluster: &Cluster,
        epoch: Option<NodeEpoch>,
    ) -> Result<Option<Node>, Failure> {
        let Some(epoch) = epoch.filter(|epoch| *epoch != cluster.own().epoch) else {
            return Ok(None);
        };
        match cluster.node(&epoch) {
            Some(node) => Ok(Some(node)),
            // It may have joined since the last renewal.
            None => self.store().read(move |db| db.live_node(&epoch)).await,
        }
    }

    /// Tells the node that had a session that it goes on here. One that does not hear it finds out by itself
    /// ([`Self::check_sessions`]), and cannot write for the session meanwhile.
    pub(super) fn tell_moved(&self, before: NodeEpoch, session: ConnectionId) {
        let engine = self.clone();
        actix_rt::spawn(async move {
            let Some(cluster) = &engine.shared.cluster else {
                return;
            };
            // Thousands of sessions of one that was killed move at once.
            if cluster.is_silent(&before) {
                return;
            }
            let told = match engine.live_node(cluster, Some(before.clone())).await {
                Ok(Some(node)) => {
                    let word = (reqwest::Method::DELETE, &*session_path(&session));
                    cluster.calls().tell(&node, word).await
                }
                Ok(None) => Err(Unanswered::Gone),
                Err(_) => return,
            };
            if told.is_err_and(|unanswered| unanswered == Unanswered::Gone) {
                cluster.note_silent(before);
            }
        });
    }

    /// Tells the node that has the task of a hook that its row was changed.
    pub(super) async fn tell_hook_changed(&self, (client, key): &HookKey) {
        let Some(cluster) = &self.shared.cluster else {
            return;
        };
        let (owner, named) = (client.clone(), key.clone());
        let read = self.store().read(move |db| db.hook_holder(&owner, &named));
        let holder = read.await.ok().flatten();
        if let Ok(Some(node)) = self.live_node(cluster, holder).await {
            let path = hook_path(client, key);
            let told = cluster
                .calls()
                .ask(&node, (reqwest::Method::PUT, &path), |request| request);
            drop(told.await);
        }
    }

    /// The row of a hook was changed on another node.
    pub async fn hook_changed(&self, key: HookKey) {
        if let Err(failure) = self.settle_hook(key, None).await {
            tracing::warn!(%failure, "a webhook was not begun; it is in a minute");
        }
    }

    /// What depends on the lease of this node ends before the lease does: app streams, whose clients connect elsewhere,
    /// and the tasks of webhooks.
    pub async fn end_leased(&self) {
        let clients = self.shared.app_permits.keys();
        let shards = self.shared.shards.all();
        let closed = clients.iter().flat_map(|client| {
            shards.iter().map(|shard| {
                shard.send_past_bound(CloseApp {
                    client: client.clone(),
                    goodbye: Goodbye::Incomplete,
                })
            })
        });
        join_all(closed).await;
        self.shared.hooks.stop_all().await;
    }

    /// A session goes on elsewhere, as was found while it had this connection here: that is closed (4006), as if another one
    /// here had taken it over. One with which the session came back since stays.
    pub(super) async fn let_go(&self, session: &ConnectionId, held: Option<Numbered>) {
        if seeded(Seeded::OldConnectionKept) {
            return;
        }
        let Some((number, connection)) = held else {
            return;
        };
        let now = self.shared.directory.numbered(session);
        if now.is_some_and(|(known, _)| known == number) {
            self.shared.metrics.add(Counter::SessionsMoved, 1);
            if let Some(cluster) = &self.shared.cluster {
                cluster.leaves(session);
            }
            drop(connection.send(ConnectionMail::TakeOver).await);
        }
    }

    /// The same, on the word of another node. A word that is late changes nothing: the session may be here again.
    pub async fn let_go_if_moved(&self, session: &ConnectionId) {
        let (id, held) = (session.clone(), self.shared.directory.numbered(session));
        let read = self.store().read(move |db| db.node_of_session(&id)).await;
        Fault::LettingGo.delays().await;
        let own = self.shared.node();
        match read {
            // Here, or nowhere by now: `check_sessions` takes it back.
            Ok(Some(holder)) if holder.is_none() || holder == own => {}
            Ok(_) | Err(_) => self.let_go(session, held).await,
        }
    }

    /// Lets go of sessions that other nodes continue, and takes back those that were taken for gone while this node did
    /// not answer.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn check_sessions(&self, cluster: &Cluster) -> Result<(), Failure> {
        if seeded(Seeded::SessionsNotCompared) {
            return Ok(());
        }
        let own = &cluster.own().epoch;
        let held = cluster.held();
        for ids in held.chunks(AT_ONCE) {
            let (ids, node) = (ids.to_vec(), own.clone());
            let directory = &self.shared.directory;
            let mut held: HashMap<_, _> = ids
                .iter()
                .filter_map(|id| Some((id.clone(), directory.numbered(id)?)))
                .collect();
            let read = self
                .store()
                .read(move |db| db.sessions_elsewhere(&ids, &node));
            let (free, moved): (Vec<_>, Vec<_>) = read
                .await?
                .into_iter()
                .partition(|(_, node)| node.is_none());
            Fault::LettingGo.delays().await;
            let moved = moved.iter().map(|(id, _)| {
                let held = held.remove(id);
                self.let_go(id, held)
            });
            join_all(moved).await;
            let free: Vec<_> = free.into_iter().map(|(id, _)| id).collect();
            // One that closed meanwhile is parked already, or will be.
            let free: Vec<_> = free
                .into_iter()
                .filter(|id| self.shared.directory.connection(id).is_some())
                .collect();
            if !free.is_empty() {
                let node = own.clone();
                let back = move |tx: &mut crate::store::Tx<'_>| tx.take_sessions_back(&free, &node);
                self.store().write(back).await?;
            }
        }
        Ok(())
    }

    /// Nodes whose lease is over are gone, and what they held is free.
    ///
    /// # Errors
    /// The database is in trouble, or busy.
    pub async fn bury_nodes(&self) -> Result<(), Failure> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method alone is not general enough in its lifetime"
        )]
        let gone = self.store().write(|tx| tx.bury_nodes()).await?;
        for epoch in &gone {
            tracing::warn!(%epoch, "a node is gone: its lease is over");
        }
        Ok(())
    }
}
