//! App streams in use, where several servers share a database: a row for each, which holds as long as the lease of its
//! node. The write lanes of all servers take turns (`transaction.rs`), so what is counted here is not changed meanwhile.

use std::collections::HashMap;

use diesel::prelude::*;

use super::schema::streams_in_use;
use super::statements::{HookHolder, HooksHeld, IsNodeLive, StreamsOfClient, query};
use super::{Db, Failure, Tx};
use crate::fault::{Seeded, seeded};
use crate::model::{ClientId, NodeEpoch, Refusal, StreamKey};

/// Something that is in use until its row is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUse {
    /// Chosen at random.
    pub id: String,
    /// Whose.
    pub client: ClientId,
    /// The node that has it.
    pub node: NodeEpoch,
    /// The partition of a stream that is open in several: key, which, of how many.
    pub part: Option<(StreamKey, u16, u16)>,
}

type Row = (Option<String>, Option<i64>, Option<i64>);

impl Db<'_> {
    /// The node that has the task of a webhook.
    pub fn hook_holder(
        &mut self,
        client: &ClientId,
        key: &StreamKey,
    ) -> Result<Option<NodeEpoch>, Failure> {
        let holder = query::<HookHolder>(&[client.as_str().into(), key.as_str().into()])
            .get_result::<String>(self.sql)
            .optional()?;
        Ok(holder.map(NodeEpoch::from))
    }

    /// The webhooks whose task some node has.
    pub fn hooks_held(&mut self) -> Result<Vec<(ClientId, StreamKey)>, Failure> {
        let held = query::<HooksHeld>(&[]).load::<(String, String)>(self.sql)?;
        let held = held.into_iter();
        Ok(held
            .map(|(client, key)| (client.into(), key.into()))
            .collect())
    }
}

impl Tx<'_> {
    /// Takes a stream into use, with which its app has `most` at most. The partitions of a stream are one in use.
    ///
    /// # Errors
    /// The app has as many as it may; the stream is open in another number of partitions; busy, if the lease of the node is
    /// over.
    pub fn use_stream(&mut self, used: &StreamUse, most: usize) -> Result<(), Failure> {
        let node = [used.node.as_str().into()];
        if !query::<IsNodeLive>(&node).get_result::<bool>(self.sql)? {
            return Err(Failure::Busy);
        }
        let client = [used.client.as_str().into()];
        let rows = query::<StreamsOfClient>(&client).load::<Row>(self.sql)?;
        if in_use_with(&rows, used)? > most && !seeded(Seeded::PlacesNotCounted) {
            return Err(Refusal::StreamsInUse.into());
        }
        let part = used.part.as_ref();
        diesel::insert_into(streams_in_use::table)
            .values((
                streams_in_use::id.eq(&used.id),
                streams_in_use::client_id.eq(used.client.as_str()),
                streams_in_use::node.eq(used.node.as_str()),
                streams_in_use::key.eq(part.map(|(key, ..)| key.as_str())),
                streams_in_use::part.eq(part.map(|(_, index, _)| i64::from(*index))),
                streams_in_use::parts.eq(part.map(|(.., count)| i64::from(*count))),
            ))
            .execute(self.sql)?;
        Ok(())
    }

    /// What is in use is the task of this webhook from now on. False: another one is.
    pub fn use_for_hook(
        &mut self,
        id: &str,
        client: &ClientId,
        key: &StreamKey,
    ) -> Result<bool, Failure> {
        if self.hook_holder(client, key)?.is_some() {
            return Ok(false);
        }
        let row = streams_in_use::table.find(id);
        let changed = diesel::update(row)
            .set(streams_in_use::key.eq(key.as_str()))
            .execute(self.sql)?;
        Ok(changed > 0)
    }

    /// Whether the task of a webhook is this node's, so that it may write how far it is. Without other nodes it always is.
    pub fn holds_hook(
        &mut self,
        (client, key): (&ClientId, &StreamKey),
        node: Option<&NodeEpoch>,
    ) -> Result<bool, Failure> {
        match node {
            None => Ok(true),
            Some(node) => Ok(self.hook_holder(client, key)?.as_ref() == Some(node)),
        }
    }

    /// These are not in use any more.
    pub fn free_streams(&mut self, ids: &[String]) -> Result<(), Failure> {
        if seeded(Seeded::PlacesNotGivenBack) {
            return Ok(());
        }
        diesel::delete(streams_in_use::table.filter(streams_in_use::id.eq_any(ids)))
            .execute(self.sql)?;
        Ok(())
    }
}

/// How many streams an app has in use with one more.
fn in_use_with(rows: &[Row], used: &StreamUse) -> Result<usize, Refusal> {
    let mut whole = 0;
    let mut parts: HashMap<(&str, i64), usize> = HashMap::new();
    for (key, part, count) in rows {
        match (key, part) {
            (Some(key), Some(part)) => {
                let is_same = used.part.as_ref().is_some_and(|(own, _, own_count)| {
                    own.as_str() == key && Some(i64::from(*own_count)) != *count
                });
                if is_same {
                    return Err(Refusal::PartitionsDiffer);
                }
                *parts.entry((key, *part)).or_default() += 1;
            }
            (_, None) | (None, _) => whole += 1,
        }
    }
    match &used.part {
        Some((key, index, _)) => *parts.entry((key.as_str(), i64::from(*index))).or_default() += 1,
        None => whole += 1,
    }
    let mut sets: HashMap<&str, usize> = HashMap::new();
    for ((key, _), connections) in parts {
        let most = sets.entry(key).or_default();
        *most = connections.max(*most);
    }
    Ok(whole + sets.values().sum::<usize>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(part: Option<(&str, u16, u16)>) -> StreamUse {
        StreamUse {
            id: String::from("x"),
            client: "app".into(),
            node: "aaaaaaaa".into(),
            part: part.map(|(key, index, count)| (key.into(), index, count)),
        }
    }

    #[test]
    fn the_partitions_of_a_stream_are_one_in_use_on_whatever_nodes() {
        let part = |index| (Some(String::from("all")), Some(index), Some(3));
        let rows = [part(0), part(1), (None, None, None)];
        assert_eq!(in_use_with(&rows, &used(Some(("all", 2, 3)))), Ok(2));
        assert_eq!(in_use_with(&rows, &used(Some(("all", 1, 3)))), Ok(3));
        assert_eq!(in_use_with(&rows, &used(Some(("other", 1, 3)))), Ok(3));
        assert_eq!(in_use_with(&rows, &used(None)), Ok(3));
        let other = in_use_with(&rows, &used(Some(("all", 0, 2))));
        assert_eq!(other, Err(Refusal::PartitionsDiffer));
        let hook = [(Some(String::from("all")), None, None)];
        assert_eq!(in_use_with(&hook, &used(Some(("all", 0, 2)))), Ok(2));
    }
}
