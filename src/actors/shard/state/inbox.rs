//! Which rooms an inbox listens to: those of the channels that its user subscribes to, as the log says.

use super::{ConnectionIndex, Inbox, State};
use crate::actors::registry::RoutingKey;
use crate::fault::{Seeded, seeded};
use crate::model::{ChannelId, UserId};

impl State {
    /// The connection has an inbox subscription.
    pub(super) fn open_inbox(&mut self, index: ConnectionIndex) {
        if let Some(handle) = self.connections.get_mut(index) {
            handle.inbox.get_or_insert_default();
        }
        // One inbox subscription more may take a room from the fast path.
        self.relocate_in_inbox(index);
    }

    /// The connection has no inbox subscription any more.
    pub(super) fn close_inbox(&mut self, index: ConnectionIndex) {
        let handle = self.connections.get_mut(index);
        let inbox = handle.and_then(|handle| handle.inbox.take());
        for channel in inbox.into_iter().flat_map(|inbox| inbox.channels) {
            self.listeners
                .remove(index, &RoutingKey::ChannelNews(channel));
            self.relocate(index, channel);
        }
    }

    /// The number of inbox subscriptions changed.
    pub(super) fn relocate_in_inbox(&mut self, index: ConnectionIndex) {
        let handle = self.connections.get(index);
        let inbox = handle.and_then(|handle| handle.inbox.as_ref());
        let channels: Vec<ChannelId> = inbox
            .map(|inbox| inbox.channels.iter().copied().collect())
            .unwrap_or_default();
        for channel in channels {
            self.relocate(index, channel);
        }
    }

    /// The list of an inbox was read; what changed meanwhile wins over it.
    pub fn fill_inbox(&mut self, index: ConnectionIndex, channels: Vec<ChannelId>) {
        let Some(inbox) = self.inbox_mut(index) else {
            return;
        };
        if std::mem::replace(&mut inbox.is_filled, true) {
            return;
        }
        let changes = std::mem::take(&mut inbox.changes);
        let listed = channels
            .into_iter()
            .filter(|channel| changes.get(channel) != Some(&false));
        let added = changes
            .iter()
            .filter(|(_, subscribed)| **subscribed)
            .map(|(channel, _)| *channel);
        let all: Vec<ChannelId> = listed.chain(added).collect();
        for channel in all {
            self.enter_inbox(index, channel);
        }
    }

    /// A user subscribed to a channel, or no longer does.
    pub fn channel_subscription_changed(
        &mut self,
        user: UserId,
        channel: ChannelId,
        subscribed: bool,
    ) {
        let unheard = match subscribed {
            true => Seeded::InboxNotJoined,
            false => Seeded::InboxNotLeft,
        };
        if seeded(unheard) {
            return;
        }
        for index in self.listeners.at(&RoutingKey::User(user)).to_vec() {
            let Some(inbox) = self.inbox_mut(index) else {
                continue;
            };
            if !inbox.is_filled {
                inbox.changes.insert(channel, subscribed);
            }
            if subscribed {
                self.enter_inbox(index, channel);
            } else {
                self.leave_inbox(index, channel);
            }
        }
    }

    fn enter_inbox(&mut self, index: ConnectionIndex, channel: ChannelId) {
        let inbox = self.inbox_mut(index);
        if inbox.is_some_and(|inbox| inbox.channels.insert(channel)) {
            self.listeners.add(index, &RoutingKey::ChannelNews(channel));
            self.relocate(index, channel);
        }
    }

    fn leave_inbox(&mut self, index: ConnectionIndex, channel: ChannelId) {
        let inbox = self.inbox_mut(index);
        if inbox.is_some_and(|inbox| inbox.channels.remove(&channel)) {
            self.listeners
                .remove(index, &RoutingKey::ChannelNews(channel));
            self.relocate(index, channel);
        }
    }

    fn inbox_mut(&mut self, index: ConnectionIndex) -> Option<&mut Inbox> {
        self.connections.get_mut(index)?.inbox.as_deref_mut()
    }
}
