//! Writes of messages that are more than a row, deletions, sticky messages.

use std::sync::Arc;

use super::super::rules;
use super::subscribe_all;
use crate::actors::markers::announce_marker;
use crate::event::{Payload, Written};
use crate::fault::Fault;
use crate::model::{
    Channel, Failure, MarkerName, Message, MessageId, NewMessage, Refusal, User, UserId,
    UserPrincipal,
};
use crate::store::Tx;

/// Writes a message that is more than a row: private, an answer, or with a marker. `known`: the channel as its actor
/// knows it.
///
/// # Errors
/// Access; `reply_to` is elsewhere; in a private channel of two: one blocks the other.
pub fn message(
    tx: &mut Tx<'_>,
    known: &Arc<Channel>,
    principal: &UserPrincipal,
    author: Arc<User>,
    new: NewMessage,
) -> Result<Message, Failure> {
    let channel = tx.current(known)?;
    rules::may_write(&channel, principal)?;
    allowed_message(tx, &channel, author, new)
}

/// Writes a message that the caller has allowed.
///
/// # Errors
/// As [`message`], but for access.
pub fn allowed_message(
    tx: &mut Tx<'_>,
    channel: &Channel,
    author: Arc<User>,
    new: NewMessage,
) -> Result<Message, Failure> {
    if channel.is_pm() {
        private_rules(tx, channel, author.id)?;
    }
    let reader = new.update_marker.then(|| author.clone());
    let message = tx.insert_message(channel.id, new)?;
    let written = Written {
        message: message.clone(),
        author,
        channel: channel.brief(),
    };
    tx.announce(Payload::MessageCreated {
        written: Box::new(written),
        read_by_author: reader.is_some(),
    });
    if let Some(reader) = reader {
        let name = MarkerName::Channel(channel.id);
        if let Some(marker) = tx.marker(reader.id, name)? {
            announce_marker(tx, &reader, Some(channel.brief()), name, marker);
        }
    }
    Ok(message)
}

/// A private message reaches all members that have not muted the channel: unsubscribed members are subscribed again.
fn private_rules(tx: &mut Tx<'_>, channel: &Channel, author: UserId) -> Result<(), Failure> {
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
    let subscribed = tx.subscribers(channel.id)?;
    let members = channel.acl.members();
    let absent: Vec<UserId> = members
        .filter(|user| subscribed.binary_search(user).is_err())
        .collect();
    subscribe_all(tx, channel.id, &absent)
}

/// Deletes a message: by its author always, by others only as moderators.
///
/// # Errors
/// No such message here, or not theirs to delete.
pub fn delete_message(
    tx: &mut Tx<'_>,
    known: &Arc<Channel>,
    principal: &UserPrincipal,
    id: MessageId,
) -> Result<Message, Failure> {
    let channel = tx.current(known)?;
    principal.opens(&channel).demand()?;
    let message = tx.message(id)?.filter(|m| m.channel_id == channel.id);
    let message = message.ok_or(Refusal::MessageNotFound)?;
    if message.user_id != principal.user && !rules::may_moderate(&channel, principal.user) {
        return Err(Refusal::NoAccess.into());
    }
    if message.deletion.is_some() {
        return Ok(message);
    }
    let message = tx.delete_message(id, principal.user)?;
    let author = Arc::new(tx.user(message.user_id)?.ok_or(Refusal::UserNotFound)?);
    let written = Written {
        message: message.clone(),
        author,
        channel: channel.brief(),
    };
    tx.announce(Payload::MessageDeleted {
        written: Box::new(written),
    });
    Ok(message)
}

/// Makes a message sticky, or no longer so. No event: clients would take it for a new message.
///
/// # Errors
/// Access; no such message here, or a deleted one.
pub fn set_sticky(
    tx: &mut Tx<'_>,
    known: &Arc<Channel>,
    principal: &UserPrincipal,
    id: MessageId,
    sticky: bool,
) -> Result<Message, Failure> {
    Fault::WriteJob.panics_once();
    rules::may_stick(&*tx.current(known)?, principal)?;
    let message = tx.message(id)?.filter(|m| m.channel_id == known.id);
    let message = message.ok_or(Refusal::MessageNotFound)?;
    if sticky && message.deletion.is_some() {
        return Err(Refusal::MessageDeleted.into());
    }
    tx.set_sticky(id, sticky)
}
