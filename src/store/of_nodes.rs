//! What nodes hold while their leases last: sessions with a connection. What a node that is gone held is free.

use diesel::prelude::*;

use super::schema::{stream_sessions, streams_in_use};
use super::statements::{
    DeleteOverNodes, FreeStreamsOfGone, LiveNode, ParkSessionsOfGone, execute, query,
};
use super::{Db, Failure, Node, Tx};
use crate::fault::{Seeded, seeded};
use crate::model::{ConnectionId, NodeEpoch};

impl Db<'_> {
    /// The node that has the connection of a session, if there is one. `None`: there is no such session.
    pub fn node_of_session(
        &mut self,
        id: &ConnectionId,
    ) -> Result<Option<Option<NodeEpoch>>, Failure> {
        let found = stream_sessions::table
            .find(id.as_str())
            .select(stream_sessions::node)
            .get_result::<Option<String>>(self.sql)
            .optional()?;
        Ok(found.map(|node| node.map(NodeEpoch::from)))
    }

    /// A node whose lease holds, by its epoch.
    pub fn live_node(&mut self, epoch: &NodeEpoch) -> Result<Option<Node>, Failure> {
        let found = query::<LiveNode>(&[epoch.as_str().into()])
            .get_result::<(String, String, String)>(self.sql)
            .optional()?;
        Ok(found.map(|(name, address, internal_address)| Node {
            name,
            epoch: epoch.clone(),
            address,
            internal_address,
        }))
    }

    /// Of these sessions those that are not this node's, each with the node that has them, if one has.
    pub fn sessions_elsewhere(
        &mut self,
        ids: &[ConnectionId],
        node: &NodeEpoch,
    ) -> Result<Vec<(ConnectionId, Option<NodeEpoch>)>, Failure> {
        let ids: Vec<&str> = ids.iter().map(ConnectionId::as_str).collect();
        let found = stream_sessions::table
            .filter(stream_sessions::id.eq_any(ids))
            .select((stream_sessions::id, stream_sessions::node))
            .load::<(String, Option<String>)>(self.sql)?;
        let known = found.into_iter();
        let known = known.map(|(id, holder)| (id.into(), holder.map(NodeEpoch::from)));
        Ok(known
            .filter(|(_, holder)| holder.as_ref() != Some(node))
            .collect())
    }
}

impl Tx<'_> {
    /// The session is written for by the node that has its connection. Says whether there is
    /// such a session; one that is gone refuses nothing.
    ///
    /// # Errors
    /// Busy, if another node continues it: the call may be made again there.
    pub fn demand_session(
        &mut self,
        id: &ConnectionId,
        node: Option<&NodeEpoch>,
    ) -> Result<bool, Failure> {
        let Some(holder) = self.node_of_session(id)? else {
            return Ok(false);
        };
        match self.is_elsewhere(id, holder, node)? {
            true => Err(Failure::Busy),
            false => Ok(true),
        }
    }

    /// Whether another node has the connection of a session, asked by the node that has one. If none has it, the
    /// connection before this one parked the session after this one had taken it: it is this node's again.
    pub(super) fn is_elsewhere(
        &mut self,
        id: &ConnectionId,
        holder: Option<NodeEpoch>,
        node: Option<&NodeEpoch>,
    ) -> Result<bool, Failure> {
        match (holder, node) {
            (Some(holder), node) => Ok(Some(&holder) != node),
            (None, Some(node)) => {
                self.take_sessions_back(std::slice::from_ref(id), node)?;
                Ok(false)
            }
            (None, None) => Ok(false),
        }
    }

    /// Nodes whose lease is over are gone, and what nodes that are gone held is free. Says which leases were over.
    pub fn bury_nodes(&mut self) -> Result<Vec<NodeEpoch>, Failure> {
        if seeded(Seeded::GoneNotBuried) {
            return Ok(Vec::new());
        }
        let gone = query::<DeleteOverNodes>(&[]).load::<String>(self.sql)?;
        let now = self.now().0;
        execute::<ParkSessionsOfGone>(self.sql, &[now.into()])?;
        execute::<FreeStreamsOfGone>(self.sql, &[])?;
        if seeded(Seeded::LiveBuried) {
            diesel::delete(streams_in_use::table).execute(self.sql)?;
        }
        Ok(gone.into_iter().map(NodeEpoch::from).collect())
    }

    /// These sessions have a connection of this node, which was taken for gone. Those that another one has are not changed.
    pub fn take_sessions_back(
        &mut self,
        ids: &[ConnectionId],
        node: &NodeEpoch,
    ) -> Result<(), Failure> {
        let now = self.now();
        let ids: Vec<&str> = ids.iter().map(ConnectionId::as_str).collect();
        let free = stream_sessions::table
            .filter(stream_sessions::id.eq_any(ids))
            .filter(stream_sessions::node.is_null());
        diesel::update(free)
            .set((
                stream_sessions::seen_at.eq(now.0),
                stream_sessions::node.eq(node.as_str()),
            ))
            .execute(self.sql)?;
        Ok(())
    }
}
