//! What a channel's actor puts into the write lane: rows and events, in one transaction. Rules are asked here, with the
//! channel as the transaction reads it: another process may have changed what the actor knows.

mod channels;
mod messages;

use std::collections::{HashMap, HashSet};
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
    let muted: HashSet<UserId> = tx.muted_by(id, users)?.into_iter().collect();
    let mut seen = HashSet::new();
    let listed = users.iter().copied();
    let wanted: Vec<UserId> = listed
        .filter(|user| !muted.contains(user) && seen.insert(*user))
        .collect();
    let joined = tx.subscribe_all(id, &wanted)?;
    announce_subscriptions(tx, id, &joined, true)
}

/// Announces the users with one state of the channel, the one after all of them: two hundred users shall not write two
/// hundred copies of it into the log.
fn announce_subscriptions(
    tx: &mut Tx<'_>,
    id: ChannelId,
    users: &[UserId],
    on: bool,
) -> Result<(), Failure> {
    if users.is_empty() {
        return Ok(());
    }
    let news = Arc::new(news(tx, id)?);
    announce_with(tx, &news, users, on)
}

fn announce_with(
    tx: &mut Tx<'_>,
    news: &Arc<ChannelNews>,
    users: &[UserId],
    on: bool,
) -> Result<(), Failure> {
    let known = tx.users(users)?;
    let mut known: HashMap<UserId, Arc<User>> = known
        .into_iter()
        .map(|(id, user)| (id, Arc::new(user)))
        .collect();
    for user in users.iter().filter_map(|id| known.remove(id)) {
        let news = Arc::clone(news);
        tx.announce(if on {
            Payload::Subscribed { news, user }
        } else {
            Payload::Unsubscribed { news, user }
        });
    }
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
