//! Whom an app may notify of an event.

use std::collections::BTreeSet;

use crate::actors::delivery::HiddenFrom;
use crate::event::Payload;
use crate::model::{Subscribers, UserId};
use crate::protocol::stream::NotificationTargets;

/// Whom an app may notify of a message, a post or the end of a poll: the users concerned by it, and those of them that must not be notified.
pub fn targets(
    payload: &Payload,
    subscribers: &Subscribers,
    hidden: &HiddenFrom,
) -> NotificationTargets {
    if let Some(concerned) = payload.concerned() {
        return of_poll(concerned, hidden);
    }
    let (entities, subscribed) = match (payload.message(), payload.posted()) {
        (Some(written), _) => (&written.message.content.entities, Some(subscribers)),
        (None, Some(posted)) => (&posted.post.content.entities, None),
        (None, None) => return NotificationTargets::default(),
    };
    let mut notified: BTreeSet<UserId> = entities.mentions.iter().map(|one| one.id).collect();
    notified.extend(subscribed.into_iter().flat_map(Subscribers::iter));
    if let Some(posted) = payload.posted() {
        notified.extend(posted.answered);
        notified.extend(posted.original.as_ref().map(|original| original.author.id));
    }
    let suppress = notified
        .into_iter()
        .filter(|user| hidden.is_hidden_from(*user, false))
        .collect();
    let is_deletion = payload.facts().is_deletion;
    NotificationTargets {
        subscribed_user_ids: subscribed.filter(|_| !is_deletion).cloned(),
        suppress_notifications: Some(suppress),
    }
}

fn of_poll(concerned: &[UserId], hidden: &HiddenFrom) -> NotificationTargets {
    let users = concerned.iter().copied();
    let suppressed = users.filter(|user| hidden.is_hidden_from(*user, false));
    NotificationTargets {
        subscribed_user_ids: Some(concerned.iter().copied().collect()),
        suppress_notifications: Some(suppressed.collect()),
    }
}
