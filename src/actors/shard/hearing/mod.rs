//! Whether a subscription receives an event: one pure function, called for every receiver on the slow path.
//!
//! What is decided once for all receivers is not asked here: the users who muted or blocked the actor are part
//! of the delivery, and connections that lost access were cut off when the change of the ACL passed.

mod posts;

use super::state::{ConnectionHandle, Home, Subscription};
use crate::actors::delivery::Delivery;
use crate::event::{EventChannel, Facts, Payload, Route, Topic};
use crate::model::{ChannelId, ObjectType, UserId};
use crate::protocol::app_filter::AppFilter;
use crate::protocol::filter::Filter;

/// Whether the event goes to this subscription of this connection: a route of the event leads to it, and the event
/// passes what a subscription of this topic asks. Of an event about a post or presence `home` is that of the connection's
/// user.
pub fn hears(
    handle: &ConnectionHandle,
    home: Option<&Home>,
    subscription: &Subscription,
    delivery: &Delivery,
) -> bool {
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
    let leads_there = |route: &Route| leads_to(*route, handle, home, subscription);
    if !delivery.routes.iter().any(leads_there) {
        return false;
    }
    let facts = body.facts();
    let filter = &subscription.filter;
    let is_own = facts.actor == Some(viewer);
    if !is_own && delivery.hidden.is_hidden_from(viewer, filter.include_muted) {
        return false;
    }
    let is_wanted = filter.include_deleted || !is_deletion_of_words(&facts);
    let opens = |channel| scope_opens(subscription, channel);
    match subscription.topic {
        Topic::ChannelMessages(_) => is_wanted && facts.channel.is_none_or(opens),
        Topic::Inbox(_) => {
            is_wanted
                && (filter.include_read || !is_read_by(viewer, body))
                && facts
                    .channel
                    .is_none_or(|channel| filter.lets_type_pass(channel.kind) && opens(channel))
        }
        Topic::ChannelSubscribers(_) => true,
        Topic::ChannelPresence(_) | Topic::Presence => facts
            .actor
            .is_some_and(|who| knows(home, filter, viewer, who)),
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
        // Of a channel that the token does not open nothing is told.
        Topic::Markers(_) => facts.channel.is_none_or(opens),
        // A token of another app is the business of that app.
        Topic::Token(_) => body
            .token()
            .is_none_or(|token| token.client.id == subscription.token.client.id),
        Topic::Home(_)
        | Topic::Unified(_)
        | Topic::OwnPosts(_)
        | Topic::Mentions(_)
        | Topic::Thread(_) => is_wanted && post_passes(viewer, home, subscription, delivery),
    }
}

fn post_passes(
    viewer: UserId,
    home: Option<&Home>,
    subscription: &Subscription,
    delivery: &Delivery,
) -> bool {
    let Some(posted) = delivery.event.payload.posted() else {
        return false;
    };
    let asked = posts::Asked {
        viewer,
        home,
        is_own: posted.author.id == viewer,
        topic: subscription.topic,
        filter: &subscription.filter,
    };
    asked.lets_pass(posted, &delivery.earlier)
}

fn leads_to(
    route: Route,
    handle: &ConnectionHandle,
    home: Option<&Home>,
    subscription: &Subscription,
) -> bool {
    match route {
        Route::To(topic) => topic == subscription.topic,
        Route::InboxesHolding(channel) => {
            matches!(subscription.topic, Topic::Inbox(_)) && holds(handle, channel)
        }
        Route::HomesFollowing(author) => {
            matches!(subscription.topic, Topic::Home(_) | Topic::Unified(_))
                && home.is_some_and(|home| home.follows(author))
        }
    }
}

/// A message or a post was deleted.
fn is_deletion_of_words(facts: &Facts<'_>) -> bool {
    facts.is_deletion
        && matches!(
            facts.object_type,
            Some(ObjectType::Message | ObjectType::Post)
        )
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
fn knows(home: Option<&Home>, filter: &Filter, viewer: UserId, who: UserId) -> bool {
    filter.include_not_followed || who == viewer || home.is_some_and(|home| home.follows(who))
}

/// Whether an app stream receives the event: it lists the type, and the parameters of its address pass the event. Its stored
/// filter is asked last ([`Delivery::passes_filter`]).
pub fn app_hears(types: &[ObjectType], asked: &AppFilter, body: &Payload) -> bool {
    let (facts, filter) = (body.facts(), &asked.plain);
    let is_listed = facts.object_type.is_some_and(|kind| types.contains(&kind));
    let is_wanted = filter.include_deleted || !is_deletion_of_words(&facts);
    let passes = |channel: EventChannel<'_>| filter.lets_type_pass(channel.kind);
    let file = body.filed().map(|filed| &filed.file);
    is_listed
        && is_wanted
        && file.is_none_or(|file| filter.lets_file_pass(file))
        && facts.channel.is_none_or(passes)
        && asked.takes(body)
}

#[cfg(test)]
mod post_tests;
#[cfg(test)]
mod tests;
