//! Closing the streams of a process that stops: not all at once.

use std::rc::Rc;

use super::Shard;
use super::mail::CloseShare;
use super::state::ConnectionIndex;

impl Shard {
    /// Closes some of the open streams, chosen by chance: the streams of one app or network are spread over the whole
    /// time. Gives how many.
    pub(super) fn close_share(self: &Rc<Self>, share: CloseShare) -> usize {
        let chosen: Vec<ConnectionIndex> = {
            let state = self.state.borrow();
            let is_open = |index: &ConnectionIndex| {
                let handle = state.connections.get(*index);
                handle.is_some_and(|handle| handle.closing.is_none())
            };
            let indexes = state.connections.indexes().into_iter();
            let open = indexes.filter(is_open);
            open.filter(|_| share.one_of <= 1 || rand::random_ratio(1, share.one_of))
                .collect()
        };
        for index in &chosen {
            self.close(*index, share.goodbye);
        }
        chosen.len()
    }
}
