//! The users who are subscribed to one channel.

use imbl::OrdSet;
use serde::{Serialize, Serializer};

use super::UserId;

/// Subscribed users. A clone shares what it holds with its original, so an event may carry the set as of its place in the
/// log, and a join of a set of 100 000 copies a few nodes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscribers(OrdSet<UserId>);

impl Subscribers {
    /// Adds a user.
    pub fn insert(&mut self, user: UserId) {
        // Asked first: inserting what is there would copy the nodes on its way.
        if !self.contains(user) {
            self.0.insert(user);
        }
    }

    /// Takes a user out.
    pub fn remove(&mut self, user: UserId) {
        self.0.remove(&user);
    }

    /// Whether a user is among them.
    pub fn contains(&self, user: UserId) -> bool {
        self.0.contains(&user)
    }

    /// Rising ids.
    pub fn iter(&self) -> impl Iterator<Item = UserId> + '_ {
        self.0.iter().copied()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both are the same set in memory: quick, and false only costs asking again.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl FromIterator<UserId> for Subscribers {
    fn from_iter<I: IntoIterator<Item = UserId>>(users: I) -> Self {
        Self(users.into_iter().collect())
    }
}

impl Serialize for Subscribers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_it_had_and_knows_whether_it_is_the_same() {
        let before: Subscribers = (0..100_000).map(UserId).collect();
        let mut after = before.clone();
        assert!(after.is_same(&before));
        after.insert(UserId(5));
        assert!(after.is_same(&before), "was there");
        after.insert(UserId(200_000));
        after.remove(UserId(7));
        assert!(!after.is_same(&before));
        assert_eq!((before.len(), after.len()), (100_000, 100_000));
        assert!(before.contains(UserId(7)) && !after.contains(UserId(7)));
        assert!(after.iter().is_sorted());
        assert_eq!(after.iter().last(), Some(UserId(200_000)));
    }

    #[test]
    fn it_is_written_as_a_list_of_ids() {
        let few: Subscribers = [9, 3].map(UserId).into_iter().collect();
        assert_eq!(
            serde_json::to_string(&few).unwrap(),
            serde_json::to_string(&[UserId(3), UserId(9)]).unwrap()
        );
    }
}
