//! Whether a subscription receives an event: one pure function, called for every receiver on the slow path.
//!
//! What is decided once for all receivers is not asked here: the users who muted or blocked the actor are part
//! of the delivery, and connections that lost access were cut off when the change of the ACL passed.

use super::state::{ConnectionHandle, Subscription};
use crate::actors::delivery::Delivery;
use crate::event::{EventChannel, Payload, Route, Topic};
use crate::model::{ChannelId, ObjectType, UserId};
use crate::protocol::filter::Filter;

/// Whether the event goes to this subscription of this connection: a route of the event leads to it, and the event
/// passes what a subscription of this topic asks.
pub fn hears(handle: &ConnectionHandle, subscription: &Subscription, delivery: &Delivery) -> bool {
    let Some(viewer) = handle.identity.user() else {
        return false;
    };
    // What was committed before is on the page of the subscribing call.
    if delivery
        .event
        .pos
        .is_some_and(|pos| pos <= subscription.since)
    {
        return false;
    }
    let body = &delivery.event.payload;
    let is_led_there = |route: &Route| match route {
        Route::To(topic) => *topic == subscription.topic,
        Route::InboxesHolding(channel) => {
            matches!(subscription.topic, Topic::Inbox(_)) && holds(handle, *channel)
        }
    };
    if !delivery.routes.iter().any(is_led_there) {
        return false;
    }
    let facts = body.facts();
    let filter = &subscription.filter;
    let is_own = facts.actor == Some(viewer);
    if !is_own && delivery.hidden.is_hidden_from(viewer, filter.include_muted) {
        return false;
    }
    let is_deleted_message = facts.object_type == Some(ObjectType::Message) && facts.is_deletion;
    match subscription.topic {
        Topic::ChannelMessages(_) => {
            (filter.include_deleted || !is_deleted_message)
                && facts
                    .channel
                    .is_none_or(|channel| scope_opens(subscription, channel))
        }
        Topic::Inbox(_) => {
            (filter.include_deleted || !is_deleted_message)
                && (filter.include_read || !is_read_by(viewer, body))
                && facts.channel.is_none_or(|channel| {
                    filter.lets_type_pass(channel.kind) && scope_opens(subscription, channel)
                })
        }
        Topic::ChannelSubscribers(_) => true,
        Topic::ChannelPresence(_) | Topic::Presence => facts
            .actor
            .is_some_and(|who| knows(handle, filter, viewer, who)),
        // Another's files are not on this topic.
        Topic::Files(_) => body.filed().is_some_and(|filed| {
            let file = &filed.file;
            let scopes = &subscription.token.scopes;
            scopes.open_file(&file.file_type, file.kind) && filter.lets_file_pass(file)
        }),
        Topic::Followers(_) => true,
        // The acting user is the viewer: the other one is who may be hidden.
        Topic::Following(_) => body
            .related()
            .is_some_and(|(_, other)| !delivery.hidden.is_hidden_from(other, true)),
        // A token of another app is the business of that app.
        Topic::Token(_) => body
            .token()
            .is_none_or(|token| token.client.id == subscription.token.client.id),
    }
}

fn holds(handle: &ConnectionHandle, channel: ChannelId) -> bool {
    let inbox = handle.inbox.as_ref();
    inbox.is_some_and(|inbox| inbox.channels.contains(&channel))
}

/// A message that moved its author's own marker leaves nothing unread for the author.
fn is_read_by(viewer: UserId, body: &Payload) -> bool {
    matches!(body, Payload::MessageCreated { written, read_by_author: true } if written.message.user_id == viewer)
}

fn scope_opens(subscription: &Subscription, channel: EventChannel<'_>) -> bool {
    let scopes = &subscription.token.scopes;
    scopes.open_channel(channel.kind, channel.is_public)
}

/// A user receives presence of itself and of followed users, or of all users by the filter.
fn knows(handle: &ConnectionHandle, filter: &Filter, viewer: UserId, who: UserId) -> bool {
    filter.include_not_followed
        || who == viewer
        || handle
            .followed_users
            .as_ref()
            .is_some_and(|followed| followed.contains(&who))
}

/// Whether an app stream receives the event: it lists the type, and its filters pass the event.
pub fn app_hears(types: &[ObjectType], filter: &Filter, body: &Payload) -> bool {
    let facts = body.facts();
    let Some(object_type) = facts.object_type.filter(|kind| types.contains(kind)) else {
        return false;
    };
    let is_wanted =
        filter.include_deleted || object_type != ObjectType::Message || !facts.is_deletion;
    let passes = |channel: EventChannel<'_>| filter.lets_type_pass(channel.kind);
    let file = body.filed().map(|filed| &filed.file);
    is_wanted
        && file.is_none_or(|file| filter.lets_file_pass(file))
        && facts.channel.is_none_or(passes)
}

#[cfg(test)]
mod tests;
