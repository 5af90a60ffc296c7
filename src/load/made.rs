//! What a run made on a server that is not its own, so that it can be removed on every exit.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that a run made, and how it is removed.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) path: String,
    pub(super) token: String,
    is_room: bool,
}

impl Made {
    /// A room is deactivated; no server deletes one.
    pub(super) fn room(id: &str, token: &str) -> Self {
        Self {
            path: format!("/v1/channels/{id}"),
            token: token.to_owned(),
            is_room: true,
        }
    }

    pub(super) fn subscription(room: &str, token: &str) -> Self {
        Self {
            path: format!("/v1/channels/{room}/subscribe"),
            token: token.to_owned(),
            is_room: false,
        }
    }

    pub(super) fn app_stream(key: &str, token: &str) -> Self {
        Self {
            path: format!("/v1/streams/{key}"),
            token: token.to_owned(),
            is_room: false,
        }
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    list: Mutex<Vec<Made>>,
}

impl Inventory {
    fn list(&self) -> MutexGuard<'_, Vec<Made>> {
        // A thread that panicked while it added something added all or nothing.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, made: Made) {
        self.list().push(made);
    }

    /// Takes out all of it: rooms apart, since they are left before they are deactivated.
    pub(super) fn take(&self) -> (Vec<Made>, Vec<Made>) {
        let all = std::mem::take(&mut *self.list());
        all.into_iter().partition(|made| !made.is_room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_was_made_is_taken_once_and_rooms_last() {
        let inventory = Inventory::default();
        inventory.add(Made::room("3", "T"));
        inventory.add(Made::subscription("3", "U"));
        inventory.add(Made::app_stream("k", "A"));
        let (first, rooms) = inventory.take();
        let paths: Vec<&str> = first.iter().map(|made| made.path.as_str()).collect();
        assert_eq!(paths, ["/v1/channels/3/subscribe", "/v1/streams/k"]);
        assert_eq!(rooms.len(), 1);
        let (first, rooms) = inventory.take();
        assert!(first.is_empty() && rooms.is_empty());
    }
}
