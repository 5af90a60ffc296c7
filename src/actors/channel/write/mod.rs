//! What a channel's actor puts into the write lane: rows and events, in one transaction. Rules are asked here, with the
//! channel as the transaction reads it: another process may have changed what the actor knows.

mod channels;
mod messages;

use std::sync::Arc;

use crate::event::{ChannelNews, Payload};
use crate::model::{Channel, ChannelId, Failure, Message, MessageId, Refusal, User, UserId};
use crate::store::Tx;

pub use channels::{change, change_subscription, create, deactivate, hand_over, open_pm};
pub use messages::{allowed_message, delete_message, message, set_sticky};

/// A channel with everything that is shown around it.
///
/// # Errors
/// The channel does not exist, or the database is in trouble.
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

/// Subscribes those of these users that have not muted the channel.
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

/// The users that `auto_subscribe` subscribes: the owner and all members, except users in a block with
/// the acting user.
///
/// # Errors
/// The database is in trouble.
pub fn auto_subscribe(tx: &mut Tx<'_>, channel: &Channel, actor: UserId) -> Result<(), Failure> {
    let blocked = tx.mutes_and_blocks(actor)?.blocked;
    let listed = channel.owner.into_iter().chain(channel.acl.members());
    let users: Vec<UserId> = listed.filter(|user| !blocked.contains(user)).collect();
    subscribe_all(tx, channel.id, &users)
}

fn read(tx: &mut Tx<'_>, id: ChannelId) -> Result<Arc<Channel>, Failure> {
    let channel = tx.channel(id)?.ok_or(Refusal::ChannelNotFound)?;
    Ok(Arc::new(channel))
}
