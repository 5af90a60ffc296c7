//! Streams of an app that several connections share: each of them receives one part, and together they count as one
//! stream in use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::permits::{Permit, Permits};
use crate::model::{ClientId, Refusal, StreamKey};
use crate::protocol::app_filter::Partition;

/// Which stored stream of which app.
type Key = (ClientId, StreamKey);

/// The partitioned streams that are open.
#[derive(Debug)]
pub struct Partitions {
    permits: Arc<Permits<ClientId>>,
    open: Mutex<HashMap<Key, Open>>,
}

/// The connections of one stream.
#[derive(Debug, Default)]
struct Open {
    /// By partition.
    connections: Vec<usize>,
    /// As many as there are connections of one partition, at the most: a second set of partitions is a second stream in use.
    permits: Vec<Permit<ClientId>>,
}

/// A partition that is open until this is dropped.
#[derive(Debug)]
pub struct PartitionPermit {
    partitions: Arc<Partitions>,
    key: Key,
    index: usize,
}

impl Partitions {
    /// Without any; `permits` are those of all app streams.
    pub fn new(permits: Arc<Permits<ClientId>>) -> Arc<Self> {
        let open = Mutex::default();
        Arc::new(Self { permits, open })
    }

    /// Opens a partition of a stream.
    ///
    /// # Errors
    /// The stream is open in another number of partitions; the app has as many streams in use as it may.
    pub fn open(
        self: &Arc<Self>,
        client: ClientId,
        stream: StreamKey,
        partition: Partition,
    ) -> Result<PartitionPermit, Refusal> {
        let key = (client, stream);
        let mut all = self.lock();
        let is_new = !all.contains_key(&key);
        let open = all.entry(key.clone()).or_default();
        let taken = open.take(&self.permits, &key.0, partition);
        if is_new && taken.is_err() {
            all.remove(&key);
        }
        taken.map(|index| PartitionPermit {
            partitions: self.clone(),
            key,
            index,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn take(
        &mut self,
        permits: &Arc<Permits<ClientId>>,
        client: &ClientId,
        partition: Partition,
    ) -> Result<usize, Refusal> {
        let (index, count) = (usize::from(partition.index), usize::from(partition.count));
        if self.connections.is_empty() {
            self.connections.resize(count, 0);
        }
        if self.connections.len() != count {
            return Err(Refusal::PartitionsDiffer);
        }
        let connections = self.connections.get_mut(index);
        let connections = connections.ok_or(Refusal::PartitionInvalid)?;
        if *connections >= self.permits.len() {
            let permit = permits.take(client.clone());
            self.permits.push(permit.ok_or(Refusal::StreamsInUse)?);
        }
        *connections += 1;
        Ok(index)
    }

    /// Says whether it was the last connection.
    fn give_back(&mut self, index: usize) -> bool {
        if let Some(connections) = self.connections.get_mut(index) {
            *connections = connections.saturating_sub(1);
        }
        let most = self.connections.iter().copied().max();
        self.permits.truncate(most.unwrap_or(0));
        self.permits.is_empty()
    }
}

impl Drop for PartitionPermit {
    fn drop(&mut self) {
        let mut all = self.partitions.lock();
        let open = all.get_mut(&self.key);
        if open.is_some_and(|open| open.give_back(self.index)) {
            all.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(index: u16, count: u16) -> Partition {
        Partition { index, count }
    }

    #[test]
    fn the_partitions_of_a_stream_are_one_in_use_and_a_second_set_is_another() {
        let permits = Permits::new(2, 10);
        let partitions = Partitions::new(permits.clone());
        let client = ClientId::from("app");
        let open = |index| partitions.open(client.clone(), "all".into(), partition(index, 3));
        let first: Vec<_> = (0..3).map(|index| open(index).unwrap()).collect();
        assert_eq!(permits.taken_by(&client), 1);
        let second = open(1).unwrap();
        assert_eq!(permits.taken_by(&client), 2);
        let third = open(1).unwrap_err();
        assert_eq!(third, Refusal::StreamsInUse);
        let _second_of_another = open(2).unwrap();
        assert_eq!(
            permits.taken_by(&client),
            2,
            "the second set has a place for it"
        );
        drop(second);
        assert_eq!(permits.taken_by(&client), 2);
        drop(first);
        assert_eq!(permits.taken_by(&client), 1);
        let other = partitions.open(client.clone(), "all".into(), partition(0, 2));
        assert_eq!(other.unwrap_err(), Refusal::PartitionsDiffer);
        let _elsewhere = partitions.open(client.clone(), "other".into(), partition(0, 2));
        assert_eq!(permits.taken_by(&client), 2);
    }

    #[test]
    fn nothing_is_left_of_a_refusal_or_of_the_last_connection() {
        let permits = Permits::new(1, 10);
        let partitions = Partitions::new(permits.clone());
        let client = ClientId::from("app");
        let open = |key: &str, index, count| {
            partitions.open(client.clone(), key.into(), partition(index, count))
        };
        let held = open("one", 0, 2).unwrap();
        assert_eq!(open("two", 0, 2).unwrap_err(), Refusal::StreamsInUse);
        assert_eq!(partitions.lock().len(), 1);
        drop(held);
        assert!(partitions.lock().is_empty());
        assert_eq!(permits.taken(), 0);
        let again = open("one", 4, 5);
        assert!(again.is_ok(), "in another number, once none is open");
    }
}
