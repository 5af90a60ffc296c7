//! Does this subscription hear this event? One pure question, asked for every receiver that is not plain.
//!
//! What is decided once for all receivers is not asked here: who muted or blocked the actor is part of the
//! delivery, and who lost access was cut off when the change of the ACL passed.

use super::link::{Link, Subscription};
use crate::actors::delivery::Delivery;
use crate::event::Body;
use crate::model::{ChannelBrief, ObjectType, UserId};
use crate::protocol::filter::Filter;
use crate::protocol::topic::Topic;

/// Whether the event goes to this subscription of this connection.
pub fn hears(link: &Link, subscription: &Subscription, delivery: &Delivery) -> bool {
    let Some(viewer) = link.who.user() else {
        return false;
    };
    let body = &delivery.event.body;
    let filter = &subscription.filter;
    if body.actor() != Some(viewer) && delivery.hidden.from(viewer, filter.include_muted) {
        return false;
    }
    match subscription.topic {
        Topic::ChannelMessages(channel) => match body {
            Body::MessageCreated { written, .. } => {
                written.channel.id == channel && scope_opens(subscription, &written.channel)
            }
            Body::MessageDeleted { written } => {
                written.channel.id == channel
                    && filter.include_deleted
                    && scope_opens(subscription, &written.channel)
            }
            _ => false,
        },
        Topic::Inbox(user) => inbox_hears(link, subscription, user, body),
        Topic::ChannelSubscribers(channel) => match body {
            Body::Subscribed { news, .. } | Body::Unsubscribed { news, .. } => {
                news.channel.id == channel
            }
            _ => false,
        },
        Topic::ChannelPresence(channel) => match body {
            Body::ChannelPresence {
                channel: at, user, ..
            } => at.id == channel && knows(link, filter, viewer, user.id),
            _ => false,
        },
        Topic::Presence => match body {
            Body::UserPresence { user, .. } => knows(link, filter, viewer, user.id),
            _ => false,
        },
        Topic::Token(user) => match body {
            Body::UserChanged { user: changed } => changed.id == user,
            // A token of another app is that app's business.
            Body::TokenGranted { token, .. } | Body::TokenRevoked { token, .. } => {
                token.user == Some(user) && token.client.id == subscription.token.client.id
            }
            _ => false,
        },
    }
}

/// An inbox hears messages and changes of the channels that its user subscribes to, and the user's own
/// subscribing and unsubscribing.
fn inbox_hears(link: &Link, subscription: &Subscription, user: UserId, body: &Body) -> bool {
    let filter = &subscription.filter;
    let has = |channel: &ChannelBrief| {
        link.inbox
            .as_ref()
            .is_some_and(|inbox| inbox.channels.contains(&channel.id))
    };
    let passes = |channel: &ChannelBrief| {
        filter.lets_type_pass(&channel.kind) && scope_opens(subscription, channel)
    };
    match body {
        Body::MessageCreated {
            written,
            read_by_author,
        } => {
            // An own message that moved the own marker leaves nothing unread.
            let read = *read_by_author && written.message.user_id == user;
            has(&written.channel) && passes(&written.channel) && (filter.include_read || !read)
        }
        Body::MessageDeleted { written } => {
            has(&written.channel) && passes(&written.channel) && filter.include_deleted
        }
        Body::ChannelCreated { news } | Body::ChannelChanged { news } => {
            let channel = news.channel.brief();
            has(&channel) && passes(&channel)
        }
        Body::Subscribed { news, user: who } | Body::Unsubscribed { news, user: who } => {
            who.id == user && passes(&news.channel.brief())
        }
        Body::Related { .. }
        | Body::UserChanged { .. }
        | Body::TokenGranted { .. }
        | Body::TokenRevoked { .. }
        | Body::UserPresence { .. }
        | Body::ChannelPresence { .. } => false,
    }
}

fn scope_opens(subscription: &Subscription, channel: &ChannelBrief) -> bool {
    subscription
        .token
        .scopes
        .open_channel(&channel.kind, channel.is_public)
}

/// Presence is heard of oneself and of those one follows, unless all are asked for.
fn knows(link: &Link, filter: &Filter, viewer: UserId, who: UserId) -> bool {
    filter.include_not_followed
        || who == viewer
        || link
            .follows
            .as_ref()
            .is_some_and(|follows| follows.contains(&who))
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
