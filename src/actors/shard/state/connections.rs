//! The connections of one thread, each under an index that the dense lists of listeners refer to.

use slab::Slab;

use super::handle::ConnectionHandle;

/// Index of a connection in its shard. Another connection reuses it after this one closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionIndex(u32);

impl ConnectionIndex {
    /// As an offset into a list with one entry per connection.
    pub(super) fn offset(self) -> usize {
        self.0 as usize
    }

    fn at(offset: usize) -> Self {
        // A process has far fewer descriptors than this has values.
        Self(u32::try_from(offset).unwrap_or(u32::MAX))
    }
}

/// One connection, distinguished from an earlier one under the same index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionRef {
    /// Its place.
    pub index: ConnectionIndex,
    /// Counts the connections that this shard ever had.
    pub serial: u64,
}

/// All connections of a shard.
#[derive(Debug, Default)]
pub struct Connections {
    handles: Slab<ConnectionHandle>,
    admitted: u64,
    /// By index: bytes wait for this socket, so nothing may be written past them. Apart from the handles,
    /// because a fan-out reads this for each receiver and nothing else of the connection. Always so where there is no
    /// descriptor to write to.
    behind: Vec<bool>,
}

impl Connections {
    /// Takes a connection in; `make` gets its serial.
    pub fn insert(&mut self, make: impl FnOnce(u64) -> ConnectionHandle) -> ConnectionRef {
        self.admitted += 1;
        let serial = self.admitted;
        let handle = make(serial);
        let is_answer = handle.socket.descriptor().is_none();
        let offset = self.handles.insert(handle);
        if self.behind.len() <= offset {
            self.behind.resize(offset + 1, false);
        }
        let index = ConnectionIndex::at(offset);
        self.set_behind(index, is_answer);
        ConnectionRef { index, serial }
    }

    /// Takes a connection out, unless another one has its index by now.
    pub fn remove(&mut self, connection: ConnectionRef) -> Option<ConnectionHandle> {
        self.find(connection)?;
        self.set_behind(connection.index, false);
        self.handles.try_remove(connection.index.offset())
    }

    /// The connection under an index.
    pub fn get(&self, index: ConnectionIndex) -> Option<&ConnectionHandle> {
        self.handles.get(index.offset())
    }

    /// The connection under an index, to change it.
    pub fn get_mut(&mut self, index: ConnectionIndex) -> Option<&mut ConnectionHandle> {
        self.handles.get_mut(index.offset())
    }

    /// This connection and no other.
    pub fn find(&self, connection: ConnectionRef) -> Option<&ConnectionHandle> {
        let handle = self.get(connection.index);
        handle.filter(|handle| handle.serial == connection.serial)
    }

    /// This connection and no other, to change it.
    pub fn find_mut(&mut self, connection: ConnectionRef) -> Option<&mut ConnectionHandle> {
        let handle = self.get_mut(connection.index);
        handle.filter(|handle| handle.serial == connection.serial)
    }

    /// This connection, unless it closed or its close frame was sent.
    pub fn find_open(&self, connection: ConnectionRef) -> Option<&ConnectionHandle> {
        self.find(connection)
            .filter(|handle| handle.closing.is_none())
    }

    /// Indexes in use.
    pub fn indexes(&self) -> Vec<ConnectionIndex> {
        let offsets = self.handles.iter().map(|(offset, _)| offset);
        offsets.map(ConnectionIndex::at).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.handles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// Subscriptions over all of them.
    pub fn subscriptions(&self) -> usize {
        let handles = self.handles.iter().map(|(_, handle)| handle);
        handles.map(|handle| handle.subscriptions.len()).sum()
    }

    /// Whether bytes wait for this socket.
    pub fn is_behind(&self, index: ConnectionIndex) -> bool {
        self.behind.get(index.offset()).copied().unwrap_or(false)
    }

    /// Notes whether bytes wait for this socket.
    pub fn set_behind(&mut self, index: ConnectionIndex, behind: bool) {
        if let Some(flag) = self.behind.get_mut(index.offset()) {
            *flag = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[actix::test]
    async fn an_old_reference_does_not_reach_the_connection_that_got_its_index() {
        let sockets = testing::sockets(1).await;
        let mut connections = Connections::default();
        let make = |serial| testing::connection(serial, &sockets[0], testing::user(7));
        let old = connections.insert(make);
        connections.set_behind(old.index, true);
        assert!(connections.remove(old).is_some());
        let new = connections.insert(make);
        assert_eq!(new.index, old.index, "the index is used again");
        assert!(!connections.is_behind(new.index));
        assert!(connections.find(old).is_none());
        assert!(connections.find_mut(old).is_none());
        assert!(connections.remove(old).is_none());
        assert!(connections.find_open(new).is_some());
        assert_eq!(connections.indexes(), [new.index]);
        assert_eq!(connections.len(), 1);
    }
}
