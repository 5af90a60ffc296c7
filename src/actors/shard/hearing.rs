//! Does this subscription hear this event? One pure question, asked for every receiver on the slow path.
//!
//! What is decided once for all receivers is not asked here: the users who muted or blocked the actor are part
//! of the delivery, and connections that lost access were cut off when the change of the ACL passed.

use super::state::{ConnectionHandle, Subscription};
use crate::actors::delivery::Delivery;
use crate::event::Body;
use crate::model::{ChannelBrief, ObjectType, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::topic::Topic;

/// Whether the event goes to this subscription of this connection.
pub fn hears(handle: &ConnectionHandle, subscription: &Subscription, delivery: &Delivery) -> bool {
    let Some(viewer) = handle.identity.user() else {
        return false;
    };
    let (body, topic) = (&delivery.event.body, subscription.topic);
    let filter = &subscription.filter;
    if body.actor() != Some(viewer) && delivery.hidden.from(viewer, filter.include_muted) {
        return false;
    }
    match body {
        Body::MessageCreated {
            written,
            read_by_author,
        } => {
            // An own message that moved the own marker leaves nothing unread.
            let is_read = *read_by_author && written.message.user_id == viewer;
            hears_messages(
                handle,
                subscription,
                &written.channel,
                filter.include_read || !is_read,
            )
        }
        Body::MessageDeleted { written } => {
            filter.include_deleted && hears_messages(handle, subscription, &written.channel, true)
        }
        Body::ChannelCreated { news } | Body::ChannelChanged { news } => {
            in_inbox(handle, subscription, &news.channel.brief())
        }
        Body::Subscribed { news, user } | Body::Unsubscribed { news, user } => {
            topic == Topic::ChannelSubscribers(news.channel.id)
                || (topic == Topic::Inbox(user.id) && passes(subscription, &news.channel.brief()))
        }
        Body::ChannelPresence { channel, user, .. } => {
            topic == Topic::ChannelPresence(channel.id) && knows(handle, filter, viewer, user.id)
        }
        Body::UserPresence { user, .. } => {
            topic == Topic::Presence && knows(handle, filter, viewer, user.id)
        }
        Body::UserChanged { user } => topic == Topic::Token(user.id),
        // A token of another app is that app's business.
        Body::TokenGranted { token, .. } | Body::TokenRevoked { token, .. } => {
            token.user.is_some_and(|user| topic == Topic::Token(user))
                && token.client.id == subscription.token.client.id
        }
        Body::Related { .. } => false,
    }
}

/// Messages of a channel reach subscriptions to them, and the inboxes that hold the channel. `unread`: what an inbox
/// that leaves out read channels asks for.
fn hears_messages(
    handle: &ConnectionHandle,
    subscription: &Subscription,
    channel: &ChannelBrief,
    unread: bool,
) -> bool {
    if subscription.topic == Topic::ChannelMessages(channel.id) {
        return scope_opens(subscription, channel);
    }
    unread && in_inbox(handle, subscription, channel)
}

/// Whether it is an inbox, holds the channel and lets its type pass.
fn in_inbox(
    handle: &ConnectionHandle,
    subscription: &Subscription,
    channel: &ChannelBrief,
) -> bool {
    let holds = || {
        handle
            .inbox
            .as_ref()
            .is_some_and(|inbox| inbox.channels.contains(&channel.id))
    };
    matches!(subscription.topic, Topic::Inbox(_)) && holds() && passes(subscription, channel)
}

fn passes(subscription: &Subscription, channel: &ChannelBrief) -> bool {
    subscription.filter.lets_type_pass(&channel.kind) && scope_opens(subscription, channel)
}

fn scope_opens(subscription: &Subscription, channel: &ChannelBrief) -> bool {
    subscription
        .token
        .scopes
        .open_channel(&channel.kind, channel.is_public)
}

/// A user hears presence of itself and of followed users, or of all if the filter asks for that.
fn knows(handle: &ConnectionHandle, filter: &Filter, viewer: UserId, who: UserId) -> bool {
    filter.include_not_followed
        || who == viewer
        || handle
            .followed_users
            .as_ref()
            .is_some_and(|followed| followed.contains(&who))
}

/// Whether an app stream hears the event: it lists the type, and its app may see it.
pub fn app_hears(types: &[ObjectType], filter: &Filter, body: &Body) -> bool {
    if !types.contains(&body.object_type()) {
        return false;
    }
    let kind = match body {
        Body::MessageDeleted { .. } if !filter.include_deleted => return false,
        Body::MessageCreated { written, .. } | Body::MessageDeleted { written } => {
            &written.channel.kind
        }
        Body::ChannelCreated { news }
        | Body::ChannelChanged { news }
        | Body::Subscribed { news, .. }
        | Body::Unsubscribed { news, .. } => return filter.lets_type_pass(&news.channel.kind),
        Body::ChannelPresence { channel, .. } => &channel.kind,
        Body::Related { .. }
        | Body::UserChanged { .. }
        | Body::TokenGranted { .. }
        | Body::TokenRevoked { .. }
        | Body::UserPresence { .. } => return true,
    };
    filter.lets_type_pass(kind)
}
