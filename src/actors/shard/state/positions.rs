//! Where one connection is in lists that it shares with others, so that it is taken out without a search.

use std::collections::HashMap;
use std::hash::Hash;

use smallvec::SmallVec;

/// Entries above which a map finds one faster than a list, and costs less than they do.
const FEW: usize = 8;

/// Positions of one connection by list. Most connections are in one list of a kind; an inbox is in as many
/// as its user subscribes to channels.
#[derive(Debug)]
pub(super) struct Positions<K, P>(Form<K, P>);

#[derive(Debug)]
enum Form<K, P> {
    Few(SmallVec<[(K, P); 1]>),
    Many(HashMap<K, P>),
}

impl<K, P> Default for Positions<K, P> {
    fn default() -> Self {
        Self(Form::Few(SmallVec::new()))
    }
}

impl<K: Eq + Hash, P: Copy> Positions<K, P> {
    /// The position in a list.
    pub(super) fn get(&self, key: &K) -> Option<P> {
        match &self.0 {
            Form::Few(few) => few
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, position)| *position),
            Form::Many(many) => many.get(key).copied(),
        }
    }

    /// Notes the position in a list, in place of an earlier one.
    pub(super) fn set(&mut self, key: K, position: P) {
        match &mut self.0 {
            Form::Few(few) => {
                if let Some((_, known)) = few.iter_mut().find(|(known, _)| *known == key) {
                    *known = position;
                } else if few.len() < FEW {
                    few.push((key, position));
                } else {
                    let mut many: HashMap<K, P> = few.drain(..).collect();
                    many.insert(key, position);
                    self.0 = Form::Many(many);
                }
            }
            Form::Many(many) => {
                many.insert(key, position);
            }
        }
    }

    /// Forgets the position in a list.
    pub(super) fn remove(&mut self, key: &K) -> Option<P> {
        match &mut self.0 {
            Form::Few(few) => {
                let at = few.iter().position(|(known, _)| known == key)?;
                Some(few.swap_remove(at).1)
            }
            Form::Many(many) => {
                let position = many.remove(key);
                if many.is_empty() {
                    *self = Self::default();
                }
                position
            }
        }
    }

    /// The lists.
    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        let (few, many) = match &self.0 {
            Form::Few(few) => (Some(few), None),
            Form::Many(many) => (None, Some(many)),
        };
        let few = few.into_iter().flatten().map(|(key, _)| key);
        few.chain(many.into_iter().flat_map(HashMap::keys))
    }
}

/// Positions of all connections of a shard, by index.
#[derive(Debug)]
pub(super) struct PositionsByConnection<K, P>(Vec<Positions<K, P>>);

impl<K, P> Default for PositionsByConnection<K, P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Eq + Hash, P: Copy> PositionsByConnection<K, P> {
    /// Those of one connection.
    pub(super) fn of(&self, index: super::ConnectionIndex) -> Option<&Positions<K, P>> {
        self.0.get(index.offset())
    }

    /// Those of one connection, to change them.
    pub(super) fn of_mut(&mut self, index: super::ConnectionIndex) -> Option<&mut Positions<K, P>> {
        if self.0.len() <= index.offset() {
            self.0.resize_with(index.offset() + 1, Positions::default);
        }
        self.0.get_mut(index.offset())
    }

    /// Where a connection is in one list.
    pub(super) fn get(&self, index: super::ConnectionIndex, key: &K) -> Option<P> {
        self.of(index)?.get(key)
    }

    /// Notes where a connection is in one list.
    pub(super) fn set(&mut self, index: super::ConnectionIndex, key: K, position: P) {
        if let Some(positions) = self.of_mut(index) {
            positions.set(key, position);
        }
    }

    /// Forgets where a connection was in one list.
    pub(super) fn remove(&mut self, index: super::ConnectionIndex, key: &K) -> Option<P> {
        self.of_mut(index)?.remove(key)
    }

    /// Forgets all positions of a connection; gives the lists that it was in.
    pub(super) fn take(&mut self, index: super::ConnectionIndex) -> Positions<K, P> {
        self.of_mut(index).map(std::mem::take).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_found_again_however_many_there_are() {
        let mut positions: Positions<u32, u32> = Positions::default();
        for most in [1, 8, 9, 100] {
            for key in 0..most {
                assert_eq!(positions.get(&key), None);
                positions.set(key, key);
                positions.set(key, key + 1000);
            }
            let mut keys: Vec<u32> = positions.keys().copied().collect();
            keys.sort_unstable();
            assert_eq!(keys, (0..most).collect::<Vec<_>>());
            for key in (0..most).rev() {
                assert_eq!(positions.get(&key), Some(key + 1000));
                assert_eq!(positions.remove(&key), Some(key + 1000));
                assert_eq!(positions.remove(&key), None);
            }
            assert_eq!(positions.keys().count(), 0);
        }
    }
}
