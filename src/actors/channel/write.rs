//! What a channel's actor puts into the write lane: rows and events, in one transaction.

use std::collections::HashSet;
use std::sync::Arc;

use crate::event::{ChannelNews, Payload, Written};
use crate::fault::Fault;
use crate::model::{
    Access, Channel, ChannelBrief, ChannelId, Message, MessageId, NewMessage, Refusal, User, UserId,
};
use crate::store::{Failure, Tx};

use super::mail::SubscriptionChange;

/// A channel with everything that is shown around it.
///
/// # Errors
/// The channel is gone, or the database is in trouble.
pub fn news(tx: &mut Tx<'_>, id: ChannelId) -> Result<ChannelNews, Failure> {
    let channel = Arc::new(tx.channel(id)?.ok_or(Refusal::ChannelNotFound)?);
    let owner = match channel.owner {
        Some(owner) => tx.user(owner)?.map(Arc::new),
        None => None,
    };
    let recent = with_author(tx, channel.recent_message_id)?;
    let recent_deleted = with_author(tx, channel.recent_deleted_message_id)?;
    Ok(ChannelNews {
        channel,
        owner,
        recent,
        recent_deleted,
    })
}

fn with_author(
    tx: &mut Tx<'_>,
    id: Option<MessageId>,
) -> Result<Option<(Message, Arc<User>)>, Failure> {
    let Some(message) = id.map(|id| tx.message(id)).transpose()?.flatten() else {
        return Ok(None);
    };
    Ok(tx
        .user(message.user_id)?
        .map(|author| (message, Arc::new(author))))
}

/// Writes a message.
///
/// # Errors
/// `reply_to` is elsewhere; in a private channel of two: one blocks the other.
pub fn message(
    tx: &mut Tx<'_>,
    channel: &Channel,
    absent: &[UserId],
    author: Arc<User>,
    new: NewMessage,
) -> Result<Message, Failure> {
    if channel.is_pm() {
        private_rules(tx, channel, absent, author.id)?;
    }
    let read_by_author = new.update_marker;
    let message = tx.insert_message(channel.id, new)?;
    let written = Written {
        message: message.clone(),
        author,
        channel: channel.brief(),
    };
    tx.announce(Payload::MessageCreated {
        written: Box::new(written),
        read_by_author,
    });
    Ok(message)
}

/// A private message reaches everybody who has not muted the channel: who had left the inbox comes back.
fn private_rules(
    tx: &mut Tx<'_>,
    channel: &Channel,
    absent: &[UserId],
    author: UserId,
) -> Result<(), Failure> {
    let others: Vec<UserId> = channel
        .acl
        .members()
        .filter(|user| *user != author)
        .collect();
    if let [other] = others.as_slice()
        && tx.mutes_and_blocks(author)?.blocked.contains(other)
    {
        return Err(Refusal::Blocked.into());
    }
    subscribe_all(tx, channel.id, absent)
}

/// Subscribes those of these users who have not muted the channel.
///
/// # Errors
/// The database is in trouble.
pub fn subscribe_all(tx: &mut Tx<'_>, id: ChannelId, users: &[UserId]) -> Result<(), Failure> {
    if users.is_empty() {
        return Ok(());
    }
    let muted = tx.muted_by(id, users)?;
    for user in users.iter().filter(|user| !muted.contains(user)) {
        if tx.subscribe(id, *user)? {
            announce_subscription(tx, id, *user, true)?;
        }
    }
    Ok(())
}

fn announce_subscription(
    tx: &mut Tx<'_>,
    id: ChannelId,
    user: UserId,
    on: bool,
) -> Result<(), Failure> {
    let news = Box::new(news(tx, id)?);
    let Some(user) = tx.user(user)?.map(Arc::new) else {
        return Ok(());
    };
    tx.announce(if on {
        Payload::Subscribed { news, user }
    } else {
        Payload::Unsubscribed { news, user }
    });
    Ok(())
}

/// Whom `auto_subscribe` subscribes: the owner and everybody listed, but nobody who stands in a block with
/// the one who acts.
///
/// # Errors
/// The database is in trouble.
pub fn auto_subscribe(tx: &mut Tx<'_>, channel: &Channel, actor: UserId) -> Result<(), Failure> {
    let blocked = tx.mutes_and_blocks(actor)?.blocked;
    let listed = channel.owner.into_iter().chain(channel.acl.members());
    let users: Vec<UserId> = listed.filter(|user| !blocked.contains(user)).collect();
    subscribe_all(tx, channel.id, &users)
}

/// Deletes a message: by its author always, by others only as moderators.
///
/// # Errors
/// No such message here, or not theirs to delete.
pub fn delete_message(
    tx: &mut Tx<'_>,
    channel: &ChannelBrief,
    id: MessageId,
    by: UserId,
    may_moderate: bool,
) -> Result<Message, Failure> {
    let message = tx.message(id)?.filter(|m| m.channel_id == channel.id);
    let message = message.ok_or(Refusal::MessageNotFound)?;
    if message.user_id != by && !may_moderate {
        return Err(Refusal::NoAccess.into());
    }
    if message.deletion.is_some() {
        return Ok(message);
    }
    let message = tx.delete_message(id, by)?;
    let author = Arc::new(tx.user(message.user_id)?.ok_or(Refusal::UserNotFound)?);
    let written = Written {
        message: message.clone(),
        author,
        channel: channel.clone(),
    };
    tx.announce(Payload::MessageDeleted {
        written: Box::new(written),
    });
    Ok(message)
}

/// Makes a message sticky, or no longer so. No event: clients would take it for a new message.
///
/// # Errors
/// No such message here, or a deleted one.
pub fn set_sticky(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    id: MessageId,
    sticky: bool,
) -> Result<Message, Failure> {
    Fault::WriteJob.panics_once();
    let message = tx.message(id)?.filter(|m| m.channel_id == channel);
    let message = message.ok_or(Refusal::MessageNotFound)?;
    if sticky && message.deletion.is_some() {
        return Err(Refusal::MessageDeleted.into());
    }
    tx.set_sticky(id, sticky)
}

/// Saves ACL, raw or owner. Who loses read access leaves the inbox first, then the change is told, then
/// those who are subscribed by it.
///
/// # Errors
/// The database is in trouble.
pub fn save(
    tx: &mut Tx<'_>,
    channel: &Channel,
    actor: UserId,
    auto: bool,
) -> Result<Arc<Channel>, Failure> {
    let mut losing = tx.subscribers(channel.id)?;
    losing.retain(|user| channel.access(Some(*user)) < Access::Read);
    if losing.is_empty() {
        tx.save_channel(channel)?;
    } else {
        // They see the channel as it was when they still could.
        let before = Box::new(news(tx, channel.id)?);
        tx.save_channel(channel)?;
        for user in losing {
            let left = tx.unsubscribe(channel.id, user)?;
            if let Some(user) = tx.user(user)?.map(Arc::new).filter(|_| left) {
                let news = before.clone();
                tx.announce(Payload::Unsubscribed { news, user });
            }
        }
    }
    let news = news(tx, channel.id)?;
    let saved = news.channel.clone();
    tx.announce(Payload::ChannelChanged {
        news: Box::new(news),
    });
    if auto {
        auto_subscribe(tx, channel, actor)?;
    }
    Ok(saved)
}

/// Deactivates: the change is told while its subscribers still are, then they go.
///
/// # Errors
/// The database is in trouble.
pub fn deactivate(tx: &mut Tx<'_>, channel: &Channel) -> Result<Arc<Channel>, Failure> {
    tx.save_channel(&Channel {
        is_active: false,
        ..channel.clone()
    })?;
    let news = news(tx, channel.id)?;
    tx.announce(Payload::ChannelChanged {
        news: Box::new(news),
    });
    for user in tx.subscribers(channel.id)? {
        if tx.unsubscribe(channel.id, user)? {
            announce_subscription(tx, channel.id, user, false)?;
        }
    }
    Ok(Arc::new(
        tx.channel(channel.id)?.ok_or(Refusal::ChannelNotFound)?,
    ))
}

/// Subscribes, mutes, or takes either back.
///
/// # Errors
/// The database is in trouble.
pub fn change_subscription(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    user: UserId,
    how: SubscriptionChange,
) -> Result<Arc<Channel>, Failure> {
    let changed = match how {
        SubscriptionChange::Subscribe => {
            tx.unmute_channel(channel, user)?;
            let changed = tx.subscribe(channel, user)?;
            if changed {
                announce_subscription(tx, channel, user, true)?;
            }
            changed
        }
        SubscriptionChange::Unsubscribe | SubscriptionChange::Mute => {
            let changed = tx.unsubscribe(channel, user)?;
            if changed {
                announce_subscription(tx, channel, user, false)?;
            }
            if how == SubscriptionChange::Mute {
                tx.mute_channel(channel, user)?;
            }
            changed
        }
        SubscriptionChange::Unmute => tx.unmute_channel(channel, user)?,
    };
    let after = tx.channel(channel)?.ok_or(Refusal::ChannelNotFound)?;
    // Who had nothing to leave is told nothing of a channel that they may not read.
    if !changed && after.access(Some(user)) < Access::Read {
        return Err(Refusal::NoAccess.into());
    }
    Ok(Arc::new(after))
}

/// Finds the private channel of exactly these people, or makes it; who is not in its inbox comes back.
///
/// # Errors
/// The database is in trouble.
pub fn open_pm(tx: &mut Tx<'_>, people: &HashSet<UserId>) -> Result<ChannelId, Failure> {
    let mut write: Vec<UserId> = people.iter().copied().collect();
    write.sort_unstable();
    if let Some(id) = tx.existing_pm(&write)? {
        return Ok(id);
    }
    let acl = crate::model::Acl {
        full_immutable: true,
        write_immutable: true,
        read_immutable: true,
        write: write.clone(),
        ..Default::default()
    };
    let new = crate::model::NewChannel {
        kind: crate::model::PM.to_owned(),
        owner: None,
        acl,
        raw: Default::default(),
    };
    let id = tx.create_channel(new)?.id;
    let news = news(tx, id)?;
    tx.announce(Payload::ChannelCreated {
        news: Box::new(news),
    });
    subscribe_all(tx, id, &write)?;
    Ok(id)
}

/// Creates a channel.
///
/// # Errors
/// The database is in trouble.
pub fn create(
    tx: &mut Tx<'_>,
    new: crate::model::NewChannel,
    actor: UserId,
    auto: bool,
) -> Result<Arc<Channel>, Failure> {
    let id = tx.create_channel(new)?.id;
    let news = news(tx, id)?;
    let channel = news.channel.clone();
    tx.announce(Payload::ChannelCreated {
        news: Box::new(news),
    });
    if auto {
        auto_subscribe(tx, &channel, actor)?;
    }
    Ok(Arc::new(tx.channel(id)?.ok_or(Refusal::ChannelNotFound)?))
}
